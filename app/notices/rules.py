"""What may be sent to a shopper, and for what reason. What is not in this list is not sent.

The page /promises is made from it, so its words are for shoppers.
"""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

SOON = timedelta(hours=1)


class Cause(StrEnum):
    """Why any mail may go out at all."""

    ASKED = "You asked for it"
    SECURITY = "Somebody changed how your account is entered"
    ORDER = "You have an order here"
    LINE = "You stand in line"
    HELP = "You have helped to sell something"
    NEWSLETTER = "You signed up for the newsletter"
    FRIENDS = "Somebody who has your address invites you"


class Rule(Struct, frozen=True):
    """One kind of mail. `worth` is how long after the happening it is still worth sending."""

    name: str  # as kept with each mail; never used for anything else again
    title: str
    cause: Cause
    reason: str  # goes on from "You get this mail because …"
    worth: timedelta

    @property
    def turn(self) -> int:
        """Which of two that wait goes first, the lower one: what is soon of no use, then what is not, then issues."""
        if self.cause is Cause.NEWSLETTER:
            return 2
        return 0 if self.worth <= SOON else 1


SIGN_IN_LINK = Rule(
    "sign-in-link",
    "A link to sign in",
    Cause.ASKED,
    "somebody, probably you, asked for it on our sign-in page",
    timedelta(minutes=15),
)
EMAIL_TO_CONFIRM = Rule(
    "email-to-confirm",
    "A link that proves a new e-mail address",
    Cause.ASKED,
    "somebody, probably you, gave this as the new address of an account",
    timedelta(hours=1),
)
NEWSLETTER_TO_CONFIRM = Rule(
    "newsletter-to-confirm",
    "A link that signs you up for the newsletter",
    Cause.ASKED,
    "somebody, probably you, asked for the newsletter to be sent here",
    timedelta(hours=12),
)
EMAIL_CHANGED = Rule(
    "email-changed",
    "Word to the old e-mail address that there is a new one",
    Cause.SECURITY,
    "this was the address of your account until now",
    timedelta(days=3),
)
NEW_PASSWORD = Rule(
    "new-password",
    "Word of a new password",
    Cause.SECURITY,
    "your account was given a new password",
    timedelta(days=3),
)
NEW_PASSKEY = Rule(
    "new-passkey",
    "Word of a new passkey",
    Cause.SECURITY,
    "your account can be entered with a new passkey",
    timedelta(days=3),
)
ACCOUNT_DELETED = Rule(
    "account-deleted",
    "Word that your account is gone",
    Cause.SECURITY,
    "your account was deleted. It is the last mail that you get from us",
    timedelta(days=3),
)

RECEIPT = Rule(
    "receipt",
    "A receipt",
    Cause.ORDER,
    "your order is paid",
    timedelta(days=7),
)
CARD_DECLINED = Rule(
    "card-declined",
    "Word that your card was declined",
    Cause.ORDER,
    "an order of yours could not be charged, and there are ten minutes to mend that",
    timedelta(minutes=10),
)
STEP_WANTED = Rule(
    "step-wanted",
    "Word that your bank wants to hear from you before it pays",
    Cause.ORDER,
    "your bank wants you to confirm an order of yours, and there are ten minutes to do so",
    timedelta(minutes=10),
)
CARD_MISSING = Rule(
    "card-missing",
    "Word that an order has no card to be charged to",
    Cause.ORDER,
    "an order of yours waits for a card, and it does so for ten minutes",
    timedelta(minutes=10),
)
ADDRESS_MISSING = Rule(
    "address-missing",
    "Word that an order has no address to go to",
    Cause.ORDER,
    "an order of yours waits for an address, and it does so for ten minutes",
    timedelta(minutes=10),
)
ORDER_CANCELLED = Rule(
    "order-cancelled",
    "Word that an order is cancelled",
    Cause.ORDER,
    "an order of yours is cancelled",
    timedelta(days=7),
)
REFUND_SENT = Rule(
    "refund-sent",
    "Word that money is on its way back",
    Cause.ORDER,
    "you get money back for an order",
    timedelta(days=7),
)
SHIPPED = Rule(
    "shipped",
    "Word that an order has left us",
    Cause.ORDER,
    "an order of yours is on its way",
    timedelta(days=7),
)
LINE_OFFER = Rule(
    "line-offer",
    "Word that it is your turn",
    Cause.LINE,
    "you stood in line, and what you wanted is kept for you for five minutes",
    timedelta(minutes=5),
)
COUPON_READY = Rule(
    "coupon-ready",
    "Word of a coupon that you have earned",
    Cause.HELP,
    "a link of yours has sold something, and what it earned can be used from now on. It comes once a day at most",
    timedelta(days=7),
)
NEWSLETTER = Rule(
    "newsletter",
    "The newsletter, once a month at most",
    Cause.NEWSLETTER,
    "you signed up for it, and said so once more from this mailbox",
    timedelta(days=3),
)
FRIEND_INVITATION = Rule(
    "friend-invitation",
    "An invitation to somebody's friends list",
    Cause.FRIENDS,
    "somebody typed this address to invite you. It is kept for two weeks at most, and a link ends all of these",
    timedelta(days=3),
)

RULES: tuple[Rule, ...] = (
    SIGN_IN_LINK,
    EMAIL_TO_CONFIRM,
    NEWSLETTER_TO_CONFIRM,
    EMAIL_CHANGED,
    NEW_PASSWORD,
    NEW_PASSKEY,
    ACCOUNT_DELETED,
    RECEIPT,
    CARD_DECLINED,
    STEP_WANTED,
    CARD_MISSING,
    ADDRESS_MISSING,
    ORDER_CANCELLED,
    REFUND_SENT,
    SHIPPED,
    LINE_OFFER,
    COUPON_READY,
    NEWSLETTER,
    FRIEND_INVITATION,
)
BY_NAME = {rule.name: rule for rule in RULES}
