"""When a deal will be gone, if it goes on as it does. Nothing here reads or acts.

The last minute alone jumps: a lull of some seconds would double the forecast. So the last five minutes count, a sale
half as much for each minute that it lies back.
"""

from collections.abc import Iterable
from math import log

LOOK_BACK_SECONDS = 300
HALF_LIFE_SECONDS = 60
YOUNGEST_SECONDS = 10  # a deal's first sale, in its first second, is no pace of sixty a minute


def steady_pace(sales: Iterable[tuple[float, int]], age: float) -> float:
    """Units a minute, from sales as (seconds ago, units). `age` is the deal's in seconds: before it nothing sold."""
    seen = min(LOOK_BACK_SECONDS, max(age, YOUNGEST_SECONDS))
    weighed = sum(units * _weight(max(0.0, ago)) for ago, units in sales if ago <= LOOK_BACK_SECONDS)
    seconds = (1 - _weight(seen)) * HALF_LIFE_SECONDS / log(2)
    return weighed / seconds * 60


def seconds_to_go(left: int, pace: float) -> int | None:
    """Seconds until `left` units are gone at `pace` units a minute: 0 if none is left, None while nothing sells."""
    if left <= 0:
        return 0
    return round(left / pace * 60) if pace > 0 else None


def _weight(seconds_ago: float) -> float:
    return float(0.5 ** (seconds_ago / HALF_LIFE_SECONDS))
