"""Times as people at the desk write and read them: in the shop's zone, also where its clocks go forward or back.

The frame of each page names the zone once, so that no moment has to.
"""

from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s"))  # each with the next

Which = Literal["", "first", "second"]


class NotATimeError(ValueError):
    """What was written is no time of the shop's day; the words say why, and what would be right."""


class TwiceError(NotATimeError):
    """The clocks go back, so that this time comes twice, and somebody has to say which is meant."""


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """`moment` as a datetime-local field takes it."""
    local = moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def is_second(moment: datetime, zone: ZoneInfo) -> Which:
    """Which of two it is, where its time of day comes twice."""
    local = moment.astimezone(zone)
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    if first == second or not _happens(local.replace(tzinfo=None), zone):
        return ""
    return "second" if local.fold else "first"


def read_local(text: str, zone: ZoneInfo, which: Which = "") -> datetime:
    """The moment, in UTC, that a datetime-local field means. Raises NotATimeError, and TwiceError."""
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotATimeError("not a day and a time, such as 2026-11-27T06:00") from None
    if naive.tzinfo is not None or not 2000 <= naive.year < 2999:
        raise NotATimeError("not a day and a time of the shop's, such as 2026-11-27T06:00")
    if not _happens(naive, zone):
        raise NotATimeError(_gap_words(naive, zone))
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset() and not which:
        names = f"{naive:%H:%M} ({first.tzname()}) and an hour later again ({second.tzname()})"
        raise TwiceError(f"the clocks go back that night, and it comes twice: {names}; say which")
    return (second if which == "second" else first).astimezone(UTC)


def moment_words(moment: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """Fri 27 Nov 2026, 06:00; or 06:00 where `now` is given and of the same day.

    Where that time of day comes twice, the zone's short name tells which it is: Sun 1 Nov 2026, 01:30 CDT.
    """
    local = moment.astimezone(zone)
    time = f"{local:%H:%M} {local.tzname()}" if is_second(moment, zone) else f"{local:%H:%M}"
    if now is not None and now.astimezone(zone).date() == local.date():
        return time
    return f"{local:%a} {day_words(moment, zone)}, {time}"


def day_words(moment: datetime, zone: ZoneInfo) -> str:
    """27 Nov 2026, by the shop's calendar."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def span_words(seconds: float) -> str:
    """What was measured: 8.2 s, 4 min 10 s, 2 h 5 min or 1 d 3 h."""
    tenths = max(0.0, round(seconds, 1))
    if tenths < MINUTE:
        return f"{tenths:.1f}".removesuffix(".0") + " s"
    return _in_units(round(seconds))


def rough_words(seconds: float) -> str:
    """What is estimated or still grows, without the seconds of minutes: 45 s, 19 min, 2 h 5 min or 1 d 3 h."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < MINUTE else _in_units(round(whole / MINUTE) * MINUTE)


def _in_units(whole: int) -> str:
    """At least a minute, in seconds; the two greatest units, without one that is 0."""
    size, name, lesser, lesser_name = next(unit for unit in UNITS if whole >= unit[0])
    rest = whole % size // lesser
    return f"{whole // size} {name}" + (f" {rest} {lesser_name}" if rest else "")


def _happens(naive: datetime, zone: ZoneInfo) -> bool:
    there = naive.replace(tzinfo=zone).astimezone(UTC)
    return there.astimezone(zone).replace(tzinfo=None) == naive


def _gap_words(naive: datetime, zone: ZoneInfo) -> str:
    """Where clocks go forward, reading by the old clock lands behind the gap, and by the new one ahead of it."""
    behind = naive.replace(tzinfo=zone, fold=0).astimezone(UTC).astimezone(zone)
    return f"the clocks go forward then, and {naive:%H:%M} does not happen; the same moment is {behind:%H:%M}"
