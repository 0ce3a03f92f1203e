"""What somebody's links have done, and what they have earned by it, in words. Nobody is ranked here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from app.pages.account_views import day
from app.payments import Money
from app.sales import Terms
from app.sharing import Coupon, CouponState, Earned, Link

NOTHING = Earned(0, 0, 0)
FIRST: tuple[CouponState, ...] = ("ready", "pending", "used", "void")
HEADINGS: Mapping[CouponState, str] = {
    "ready": "Ready",
    "pending": "Pending",
    "used": "Used",
    "void": "Gone",
}


class ShareView(Struct, frozen=True):
    """A link of one's own, and what came of it. Amounts are texts, empty where there is nothing."""

    code: str
    title: str
    visits: str
    units: str
    pending: str
    earned: str


class CouponView(Struct, frozen=True):
    """A coupon of one's own. `order_id` is the order that used it, or empty."""

    amount: str
    state: CouponState
    heading: str
    why: str
    words: str
    order_id: str


class SharesView(Struct, frozen=True):
    """`seeds` is how many units one's links sold and how many one has bought, such as "helped 3, took 1"."""

    seeds: str
    pending: str
    ready: str
    links: tuple[ShareView, ...]
    coupons: tuple[CouponView, ...]
    older: str  # the address of the next page; empty where there is none


def seeds_words(helped: int, took: int) -> str:
    """The seed ratio: what one's links sold, and what one has taken off the shelf oneself."""
    return f"helped {helped:,}, took {took:,}"


def shares_view(
    links: Sequence[Link],
    earned: Mapping[int, Earned],
    terms: Mapping[int, Terms],
    coupons: Sequence[Coupon],
    worth: Mapping[CouponState, Sequence[Money]],
    *,
    took: int,
    now: datetime,
    zone: tzinfo,
    older: str = "",
) -> SharesView:
    """The page. `earned` and `terms` by deal; days in the shop's time zone."""
    return SharesView(
        seeds=seeds_words(sum(one.units for one in earned.values()), took),
        pending=_sum(worth.get("pending", ())),
        ready=_sum(worth.get("ready", ())),
        links=tuple(
            _share(link, earned.get(link.deal_id, NOTHING), terms.get(link.deal_id)) for link in links
        ),
        coupons=tuple(
            _coupon(one, now, zone) for one in sorted(coupons, key=lambda one: FIRST.index(one.state))
        ),
        older=older,
    )


def _share(link: Link, earned: Earned, terms: Terms | None) -> ShareView:
    def text(amount: int) -> str:
        return str(Money(amount, terms.currency)) if terms is not None and amount else ""

    return ShareView(
        code=link.code,
        title=f"Deal {link.deal_id}" if terms is None else terms.title,
        visits=_count(link.visits, "visit"),
        units=f"{earned.units:,} sold",
        pending=text(earned.pending),
        earned=text(earned.earned),
    )


def _coupon(coupon: Coupon, now: datetime, zone: tzinfo) -> CouponView:
    return CouponView(
        amount=str(coupon.amount),
        state=coupon.state,
        heading=HEADINGS[coupon.state],
        why=coupon.why,
        words=_how_it_stands(coupon, now, zone),
        order_id=coupon.order_id or "",
    )


def _how_it_stands(coupon: Coupon, now: datetime, zone: tzinfo) -> str:
    match coupon.state:
        case "ready":
            return f"You can use it until {day(coupon.expires_at, zone)}."
        case "pending":
            return "It waits until the order that earned it can not be sent back any more."
        case "used":
            return "You have used it."
        case "void":
            return f"It was good until {day(coupon.expires_at, zone)}." if coupon.expires_at <= now else ""


def _sum(amounts: Sequence[Money]) -> str:
    return " + ".join(str(amount) for amount in amounts)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
