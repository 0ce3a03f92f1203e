"""What help brings: the terms of each deal, the reward for each order that was helped, and pots."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from app.platform.database import metadata

# What help with a deal brings from a moment on. Rows are added and never changed: an order has the terms of the moment
# at which it was placed. A cap that is null is none.
reward_terms = Table(
    "reward_terms",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("since", DateTime(timezone=True), primary_key=True),
    Column("currency", Text, nullable=False),
    Column("reward", Integer, nullable=False),
    Column("friend_discount", Integer, nullable=False),
    Column("cap_per_helper", BigInteger),
    Column("cap_per_deal", BigInteger),
    CheckConstraint("reward >= 0 AND friend_discount >= 0", name="not_below_zero"),
    CheckConstraint("cap_per_helper >= 0 AND cap_per_deal >= 0", name="caps_not_below_zero"),
)

ORDER_STATES = ("placed", "paid", "over")
VERDICTS = ("", "earns", "held", "refused")

# One row for an order that was helped, begun with its settling. `amount` is what its coupon is worth; 0 where none was
# granted, or it was taken back: the sum of a deal's is what its caps are about. `due_at` is when somebody has to look
# at it next; none: nothing happens by itself any more.
rewards = Table(
    "rewards",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("helper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False),
    Column("shopper_id", BigInteger, nullable=False),  # who bought
    Column("link", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("order_state", Text, nullable=False, server_default=text("'placed'")),
    Column("paid_at", DateTime(timezone=True)),
    Column("verdict", Text, nullable=False, server_default=text("''")),
    Column("why", Text, nullable=False, server_default=text("''")),  # signs, with commas between
    Column("judged_at", DateTime(timezone=True)),  # by the rules, the last time
    Column("judged_by", BigInteger),  # of the staff
    Column("amount", Integer, nullable=False, server_default=text("0")),
    Column("granted_at", DateTime(timezone=True)),
    Column("coupon", Text, ForeignKey("coupons.code"), unique=True),
    Column("due_at", DateTime(timezone=True)),
    CheckConstraint("units > 0", name="some"),
    CheckConstraint("amount >= 0", name="not_below_zero"),
    CheckConstraint(f"order_state IN {ORDER_STATES}", name="known_order_state"),
    CheckConstraint(f"verdict IN {VERDICTS}", name="known_verdict"),
    CheckConstraint("amount = 0 OR coupon IS NOT NULL", name="by_coupon"),
    Index(None, "deal_id", "helper_id"),
    Index(None, "helper_id", "shopper_id"),
)
Index("ix_rewards_due", rewards.c.due_at, postgresql_where=rewards.c.due_at.is_not(None))
# What caps are about: far fewer than there are rewards, where caps are reached.
Index(
    "ix_rewards_given",
    rewards.c.deal_id,
    rewards.c.helper_id,
    postgresql_include=["amount"],
    postgresql_where=rewards.c.amount > 0,
)
Index("ix_rewards_held", rewards.c.placed_at, postgresql_where=rewards.c.verdict == "held")

# How much each helper's link has sold of a deal: the sum of the rewards' rows whose orders stand, kept with each of
# them, so that what everybody sees of the crowd can be read many times a second.
help_given = Table(
    "help_given",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("helper_id", BigInteger, primary_key=True, autoincrement=False),
    Column("orders", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    CheckConstraint("orders >= 0 AND units >= orders", name="some"),
)

# A coupon that was given back because its order was cancelled or refunded: that order keeps what it has off.
coupon_returns = Table(
    "coupon_returns",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("code", Text, ForeignKey("coupons.code"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# What the helpers of a deal share that the crowd has cleared in time. It is split once, when no order of the deal can
# be sent back any more; `due_at` is none from then on, and `split_amount` what of it was split.
pots = Table(
    "pots",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("currency", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("won_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("split_amount", Integer),
    CheckConstraint("amount > 0", name="some"),
    CheckConstraint("split_amount >= 0 AND split_amount <= amount", name="split"),
)
Index("ix_pots_due", pots.c.due_at, postgresql_where=pots.c.due_at.is_not(None))

pot_shares = Table(
    "pot_shares",
    metadata,
    Column("deal_id", BigInteger, ForeignKey("pots.deal_id"), primary_key=True, autoincrement=False),
    Column("helper_id", BigInteger, ForeignKey("shoppers.id"), primary_key=True, autoincrement=False),
    Column("units", Integer, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("coupon", Text, ForeignKey("coupons.code"), unique=True),  # none: not a cent was left for this one
    CheckConstraint("units > 0 AND amount >= 0", name="some"),
    CheckConstraint("(amount > 0) = (coupon IS NOT NULL)", name="by_coupon"),
)
