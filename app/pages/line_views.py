"""What the line's card says: places in line and offers in, ready words out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct
from msgspec.structs import asdict

from app.pages.order_views import ordinal
from app.sales import PlaceInLine

# By state: the heading, and what is said below it.
_WORDS: Mapping[str, tuple[str, str]] = {
    "offered": ("It is your turn", "One {title} is kept for you until {until}: {price}."),
    "waiting": (
        "You stand in line",
        "You are {place} in line for {title}. When it is your turn, one is kept for you for five minutes: "
        "we say so here, and by mail.",
    ),
    "missed": ("Your turn has gone by", "The {title} that was kept for you went to the next in line."),
    "over": ("The line is over", "Every {title} has found a home for good. None can come back."),
}
# The way in. static/js/standing.js puts a title into the same words.
WAY_IN = (
    "Not quick enough?",
    "Now and then one comes back. Those in line for {title} get it, one each, in order.",
)


class LineEntry(Struct, frozen=True):
    """One deal's line as a shopper sees it. `state` is as the API has it, or `open` where they can get in.

    `offer` and `until` (RFC 3339) are empty where nothing is offered.
    """

    deal_id: int
    state: str
    headline: str
    words: str
    offer: str = ""
    until: str = ""

    def document(self) -> dict[str, object]:
        """For the page's script."""
        return asdict(self)


def line_entries(
    places: Sequence[PlaceInLine], sold_out: tuple[int, str] | None, *, zone: tzinfo
) -> tuple[LineEntry, ...]:
    """What is said of these places, and of the line of a sold-out deal (id and title) that one could get into."""
    entries = [_entry(place, zone) for place in places]
    stands_in = {place.deal_id for place in places if place.state in ("waiting", "offered")}
    if sold_out is not None and sold_out[0] not in stands_in:
        headline, words = WAY_IN
        entries = [entry for entry in entries if entry.deal_id != sold_out[0]]
        entries.append(LineEntry(sold_out[0], "open", headline, words.replace("{title}", sold_out[1])))
    return tuple(entries)


def _entry(place: PlaceInLine, zone: tzinfo) -> LineEntry:
    headline, words = _WORDS[place.state]
    offer = place.offer
    said = words.format(
        title=place.title,
        until="" if offer is None else _hour(offer.expires_at, zone),
        price=_price(place),
        place="" if place.place is None else ordinal(place.place),
    )
    if offer is None:
        return LineEntry(place.deal_id, place.state, headline, said)
    return LineEntry(place.deal_id, place.state, headline, said, offer.id, offer.expires_at.isoformat())


def _price(place: PlaceInLine) -> str:
    """Such as: $49.99 and $5.00 shipping"""
    if place.shipping.amount == 0:
        return f"{place.price}, shipping is on us"
    return f"{place.price} and {place.shipping} shipping"


def _hour(at: datetime, zone: tzinfo) -> str:
    """Such as: 7:04 PM CST"""
    local = at.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M %p %Z}".strip()
