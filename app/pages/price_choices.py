"""What the buy form offers to whoever looks at it: their coupons, and the price for those whom somebody brought."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from app.identity import SignedIn, identity_of
from app.pages.price_views import CouponOption, FriendPrice, coupon_options, friend_price
from app.payments import Money
from app.platform.settings import settings_of
from app.sales import Wish, among_friends, checkout_of, discount_for, friendship_counts
from app.sharing import Referral, usable_coupons

MOST_COUPONS = 20  # to choose from
LONGEST_COUPON = 100  # characters, as over HTTP


def may_be_coupon(typed: str) -> bool:
    """Whether it is worth looking for; empty, where none was chosen, is."""
    return len(typed) <= LONGEST_COUPON and typed.isprintable()


async def coupons_for(
    request: Request, asking: SignedIn | None, deal: Mapping[str, Any] | None
) -> tuple[CouponOption, ...]:
    """The coupons that whoever asks may use for the live deal, which is as the snapshot has it.

    Without a deal the words fit any price: they say that it is at most so much.
    """
    if asking is None:
        return ()
    identity = identity_of(request)
    price: Mapping[str, Any] = (
        {"currency": settings_of(request).currency, "amount": 0} if deal is None else deal["price"]
    )
    async with identity.engine.connect() as connection:
        found = await usable_coupons(
            connection, asking.shopper_id, price["currency"], identity.clock.now(), most=MOST_COUPONS
        )
    return coupon_options(found, price["amount"])


async def price_by(
    request: Request, asking: SignedIn | None, deal_id: int | None, referral: Referral | None
) -> FriendPrice | None:
    """A unit's price for whoever comes by a link; None where it is everybody's.

    PostgreSQL is asked only where friends pay less, and whoever looks has signed in.
    """
    if referral is None or deal_id is None:
        return None
    if asking is None and referral.own_browser:
        return None  # it is the link's owner, as far as anybody can tell
    terms = checkout_of(request).terms_of(deal_id)
    if terms is None:
        return None
    nobody = 0  # is no shopper's id
    wish = Wish(nobody if asking is None else asking.shopper_id, "", deal_id, 1, referral=referral)
    if asking is not None and friendship_counts(terms, wish):
        wish = await among_friends(identity_of(request).engine, wish)
    return friend_price(Money(terms.unit_price, terms.currency), discount_for(terms, wish))
