"""What sells fast: past deals grouped by what a merchandiser chooses when planning the queue."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from statistics import median
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.inventory.records.record import NEVER, Record
from app.payments import Money, minor_digits

TOO_FEW = 5  # deals; below this a median says little
MOST_CATEGORIES = 20
BY_THE_HOUR = 240  # deals from which on single hours hold enough; until then blocks of three
PRICES = (10, 25, 50, 100, 250)  # in dollars, and in what is about one of another currency
DEPTHS = (20, 40, 60)  # percent below the list price
QUANTITIES = (25, 100, 250, 1000)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Group(Struct, frozen=True):
    """Deals that are alike in one way. Medians; `sell_through` is of all their units together, from 0 to 1.

    `minutes_to_sell_out` counts a deal that did not sell out as one that takes for ever, and is None where half of
    them or more did not: a median of those alone that did would praise the lucky.
    """

    name: str
    deals: int
    sold_out: int
    minutes_to_sell_out: float | None
    units_per_minute: float
    sell_through: float

    @property
    def too_few(self) -> bool:
        """Whether there are too few of them to say anything."""
        return self.deals < TOO_FEW


class Pattern(Struct, frozen=True):
    """The groups that past deals fall into `by` something, in the order of that."""

    by: str
    groups: tuple[Group, ...]


Place = tuple[int, str]  # where a group stands among the others, and its name
Placing = Callable[[Record], Place | None]


def find_patterns(records: Sequence[Record], zone: ZoneInfo, currency: str) -> list[Pattern]:
    """Every pattern over these records; times are the shop's, and prices only those in its currency."""
    hours = 1 if len(records) >= BY_THE_HOUR else 3
    ways: list[tuple[str, Placing]] = [
        ("price", lambda record: _price(record, currency)),
        ("hour", lambda record: _hour(record, zone, hours)),
        ("weekday", lambda record: _weekday(record, zone)),
        ("category", _by_category(records)),
        ("condition", lambda record: (0, record.condition)),
        ("discount", _depth),
        ("quantity", lambda record: _band(record.quantity, QUANTITIES, str)),
    ]
    return [Pattern(by, _groups(records, placing)) for by, placing in ways]


def _groups(records: Sequence[Record], placing: Placing) -> tuple[Group, ...]:
    found: dict[Place, list[Record]] = {}
    for record in records:
        if (place := placing(record)) is not None:
            found.setdefault(place, []).append(record)
    return tuple(_group(place[1], found[place]) for place in sorted(found))


def _group(name: str, records: Sequence[Record]) -> Group:
    minutes = _median_time([record.minutes_to_sell_out for record in records])
    return Group(
        name=name,
        deals=len(records),
        sold_out=sum(record.minutes_to_sell_out < NEVER for record in records),
        minutes_to_sell_out=minutes,
        units_per_minute=median(record.first_pace for record in records),
        sell_through=sum(record.sold.units for record in records)
        / sum(record.quantity for record in records),
    )


def _median_time(minutes: Sequence[float]) -> float | None:
    middle = median(minutes)
    return None if middle == NEVER else middle


def _price(record: Record, currency: str) -> Place | None:
    if record.currency != currency:
        return None
    digits = minor_digits(currency)
    one = 10**digits if digits else 100  # a yen is about a cent

    def written(dollars: str) -> str:
        text = str(Money(int(dollars) * one, currency))
        return text.removesuffix("." + "0" * digits) if digits else text

    return _band(record.price / one, PRICES, written)


def _hour(record: Record, zone: ZoneInfo, wide: int) -> Place:
    hour = record.opened_at.astimezone(zone).hour // wide * wide
    return hour, f"{hour:02}:00 to {(hour + wide) % 24:02}:00"


def _weekday(record: Record, zone: ZoneInfo) -> Place:
    day = record.opened_at.astimezone(zone).weekday()
    return day, WEEKDAYS[day]


def _by_category(records: Sequence[Record]) -> Placing:
    counts: dict[str, int] = {}
    for record in records:
        if record.category:
            counts[record.category] = counts.get(record.category, 0) + 1
    ranked = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_CATEGORIES]

    def placing(record: Record) -> Place:
        if record.category in ranked:
            return ranked.index(record.category), record.category
        return (len(ranked), "other categories") if record.category else (len(ranked) + 1, "no category")

    return placing


def _depth(record: Record) -> Place:
    if record.percent_off is None:
        return len(DEPTHS) + 1, "no list price"
    return _band(record.percent_off, DEPTHS, lambda edge: f"{edge}%")


def _band(amount: float, edges: Sequence[int], written: Callable[[str], str]) -> Place:
    """Into which of the bands between `edges` an amount falls; an edge belongs to the band above it."""
    at = bisect_right(edges, amount)
    if at == 0:
        return 0, f"under {written(str(edges[0]))}"
    if at == len(edges):
        return at, f"{written(str(edges[-1]))} and more"
    return at, f"{written(str(edges[at - 1]))} to under {written(str(edges[at]))}"
