"""How a deal sold as it grew older, beside the median of others at the same age. Nothing here reads or acts.

Age is the time since the deal opened by the clock on the wall; it runs on through a pause, in which nothing sells.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from statistics import median

from msgspec import Struct

MOST_BUCKETS = 60
SIZES = (10, 60, 300, 900, 1800, 3600, 14_400, 86_400)  # seconds
FEWEST_DEALS = 3  # of fewer a median says nothing


class PastDeal(Struct, frozen=True):
    """A deal that has ended: units by bucket from its opening on, and for how many seconds it could be bought."""

    units: tuple[int, ...]
    seconds: float
    quantity: int


class Curve(Struct, frozen=True):
    """One value for each of `ages`, which are seconds since the opening: 0, the ends of the buckets, and the present.

    Velocity in units a minute, over the bucket that ends there; none at 0. Sell-through in percent of what was loaded.
    A median is None where it is of fewer than three deals.
    """

    bucket_seconds: int
    ages: tuple[int, ...]
    velocity: tuple[float | None, ...]
    median_velocity: tuple[float | None, ...]
    sell_through: tuple[float, ...]
    median_sell_through: tuple[float | None, ...]


def bucket_for(age: float) -> int:
    """The seconds of a bucket for a deal of this age in seconds: fine while it is young, and never many."""
    for size in SIZES:
        if age <= size * MOST_BUCKETS:
            return size
    days = -(-age // (MOST_BUCKETS * SIZES[-1]))
    return int(days) * SIZES[-1]


def draw(units: Mapping[int, int], lately: int, age: float, quantity: int, past: Sequence[PastDeal]) -> Curve:
    """The curve of a deal. `units` by bucket; those of a clock that was ahead or behind are put to the nearest one.

    `lately` is the units of the last `bucket_for(age)` seconds: the last bucket is seldom whole, and would jump.
    """
    size = bucket_for(age)
    whole = int(age // size)
    ages = [bucket * size for bucket in range(whole + 1)]
    sold = [0] * (whole + 1)
    for bucket, number in units.items():
        sold[min(max(bucket, 0), whole)] += number
    velocity: list[float | None] = [None, *(number * 60 / size for number in sold[:whole])]
    through = [0, *accumulate(sold[:whole])]
    if age > ages[-1]:
        ages.append(int(age))
        velocity.append(lately * 60 / size)
        through.append(sum(sold))
    else:
        through[-1] = sum(sold)
    return Curve(
        size,
        tuple(ages),
        tuple(velocity),
        (None, *(median_velocity(past, bucket, size) for bucket in range(len(ages) - 1))),
        tuple(round(number * 100 / quantity, 2) for number in through),
        tuple(median_sell_through(past, moment / size) for moment in ages),
    )


def median_velocity(past: Sequence[PastDeal], bucket: int, size: int) -> float | None:
    """Units a minute in this bucket, of those deals that could still be bought at that age.

    Those that were gone by then are left out: the question is how a deal of this age sells, not how many get so old.
    One that went within the bucket counts with the part of it in which it was there, with half of it at least.
    """
    rates = [
        deal.units[bucket] * 60 / min(size, max(deal.seconds - bucket * size, size / 2))
        if bucket < len(deal.units)
        else 0.0
        for deal in past
        if deal.seconds > bucket * size
    ]
    return round(median(rates), 2) if len(rates) >= FEWEST_DEALS else None


def median_sell_through(past: Sequence[PastDeal], buckets: float) -> float | None:
    """Percent sold at the age of so many buckets, of all past deals; one that had ended counts with what it came to."""
    if len(past) < FEWEST_DEALS:
        return None
    whole, part = int(buckets), buckets % 1
    percents = []
    for deal in past:
        sold: float = sum(deal.units[:whole])
        if part and whole < len(deal.units):
            sold += deal.units[whole] * part
        percents.append(sold * 100 / deal.quantity)
    return round(median(percents), 2)
