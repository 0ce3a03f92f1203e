"""What an order's page says that may change while somebody looks at it: its story in, words out.

The page shows these words, and fetches them anew when it hears that the order has changed.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Literal

from msgspec import Struct

from app.platform.clock import rfc3339
from app.sales import OrderStory, RefundMade


class StepView(Struct, frozen=True):
    label: str
    words: str
    state: Literal["done", "now", "ahead"]


class OrderNow(Struct, frozen=True):
    """Ready words; an empty one is not shown, and neither is what stands around it."""

    now: str  # the server's time, from which the page counts down
    status: str
    headline: str
    meaning: str
    steps: tuple[StepView, ...]  # what happens next; none when nothing will
    needs_card: str  # why
    needs_step: str
    mend_until: str  # a moment, and the same in words
    mend_words: str
    needs_address: str
    address_until: str
    address_words: str
    goes_to: str  # the address that the parcel has
    can_move: str  # "yes" while another address may be given
    parcel: str
    refunds: str
    cancel_until: str
    cancel_words: str


_MEANINGS: Mapping[str, tuple[str, str]] = {
    "placed": ("Thank you", "It is yours. The payment comes next, and there is nothing to do for you."),
    "declined": ("Your card said no", "Nothing was charged, and it is still yours: another card can pay."),
    "paid": ("Thank you", "Paid, and on the packing table."),
    "shipped": ("Thank you", "It is on its way to you."),
    "refunded": ("Refunded", "You have your money back, or it is on its way."),
}
_MISSING: Mapping[str, str] = {  # the first that is missing is said
    "step": "It is yours. One thing is missing: your bank wants to hear from you.",
    "card": "It is yours. One thing is missing: a card that pays.",
    "address": "It is yours. One thing is missing: where it goes.",
}
_CANCELLED: Mapping[str, str] = {
    "": "This order was cancelled. Nothing will be sent.",
    "shopper": "You cancelled this order. Nothing will be sent.",
    "card": "No card paid for it in time, so it was cancelled. Nothing will be sent.",
    "step": "Your bank did not hear from you in time, so it was cancelled. Nothing will be sent.",
    "address": "We were not told in time where it goes, so it was cancelled. Nothing will be sent.",
}
_ENDINGS: Mapping[str, tuple[str, str]] = {
    "cancelling": ("One moment", "We are cancelling this order. Whatever was charged goes back."),
    "refunding": ("One moment", "We are cancelling this order, and your money goes back."),
}
_STEPS_DONE: Mapping[str, int] = {"placed": 1, "declined": 1, "paid": 2, "shipped": 3}
_LAST_STEP: Mapping[int, Literal["done", "now", "ahead"]] = {1: "ahead", 2: "now", 3: "done"}
_REFUNDS: Mapping[str, str] = {
    "due": "{amount} goes back to your card in a moment.",
    "made": "{amount} went back to your card on {day}. Your bank may take some days to show it.",
    "refused": "{amount} could not go back to your card by itself. We are looking into it.",
    "failed": "{amount} was sent back to us by your bank. We are looking into it.",
}


def order_now(story: OrderStory, now: datetime, zone: tzinfo) -> OrderNow:
    """What is said at this moment, with hours in the shop's time zone."""
    needs = () if story.ending else story.needs
    headline, meaning = _headline(story)
    mends = story.mend_until if {"card", "step"} & set(needs) else None
    unaddressed = story.address_until if "address" in needs else None
    cancel_until = _if_ahead(story.cancel_until, now)
    return OrderNow(
        now=rfc3339(now),
        status=story.order.status.capitalize(),
        headline=headline,
        meaning=meaning,
        steps=_steps(story),
        needs_card=_why_a_card(story) if "card" in needs else "",
        needs_step="Before it pays, your bank wants to see that it is you." if "step" in needs else "",
        mend_until=_moment(mends),
        mend_words=_hour(mends, zone),
        needs_address="We keep the address for next time." if "address" in needs else "",
        address_until=_moment(unaddressed),
        address_words=_hour(unaddressed, zone),
        goes_to=", ".join(story.address.lines()) if story.address and _is_going(story) else "",
        can_move="yes" if story.address and _is_going(story) and story.order.status != "shipped" else "",
        parcel=_parcel(story, zone),
        refunds=" ".join(_refund(refund, zone) for refund in story.refunds),
        cancel_until=_moment(cancel_until),
        cancel_words=_hour(cancel_until, zone),
    )


def _headline(story: OrderStory) -> tuple[str, str]:
    status = story.order.status
    if story.ending:
        return _ENDINGS[story.ending]
    if status == "cancelled":
        return "Cancelled", _CANCELLED[story.why_cancelled]
    missing = next((words for need, words in _MISSING.items() if need in story.needs), "")
    if status == "declined" and "card" not in story.needs:
        return "One moment", missing if "step" in story.needs else "We are trying your card."
    if status == "paid" and missing:
        return "Thank you", "Paid. One thing is missing: where it goes."
    if status == "placed" and missing:
        return "Thank you", missing
    return _MEANINGS[status]


def _is_going(story: OrderStory) -> bool:
    """Whether a parcel goes out, or has."""
    return story.order.status in _STEPS_DONE and not story.ending


def _steps(story: OrderStory) -> tuple[StepView, ...]:
    if not _is_going(story):
        return ()
    paying = "We charge your card once. Nothing for you to do."
    if story.needs & {"card", "step"}:
        paying = "It waits for you: see above."
    elif story.order.status not in ("placed", "declined"):
        paying = "Charged once."
    done = _STEPS_DONE[story.order.status]
    return (
        StepView("Yours", "Taken off the shelf and written down.", "done"),
        StepView("Paid", paying, "now" if done == 1 else "done"),
        StepView("Shipped", "We pack it and hand it to the carrier.", _LAST_STEP[done]),
    )


def _why_a_card(story: OrderStory) -> str:
    return story.decline_words or "There is no card on file that we could charge."


def _parcel(story: OrderStory, zone: tzinfo) -> str:
    if story.shipped_at is None:
        return ""
    local = story.shipped_at.astimezone(zone)
    by = f" to {story.carrier}" if story.carrier else ""
    number = f" Its tracking number is {story.tracking}." if story.tracking else ""
    return f"Handed over{by} on {local:%B} {local.day}.{number}"


def _refund(refund: RefundMade, zone: tzinfo) -> str:
    local = refund.at.astimezone(zone)
    return _REFUNDS[refund.state].format(amount=refund.amount, day=f"{local:%B} {local.day}")


def _if_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def _moment(at: datetime | None) -> str:
    return "" if at is None else rfc3339(at)


def _hour(at: datetime | None, zone: tzinfo) -> str:
    """Such as: 7:04 PM CST"""
    if at is None:
        return ""
    local = at.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M %p %Z}".strip()
