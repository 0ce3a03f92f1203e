"""Dates as shops export them, and what a sale price with dates means for a deal."""

from datetime import datetime, tzinfo

from msgspec import Struct


class Sale(Struct, frozen=True):
    """Which price counts, and from when on; `not_before` is empty where it counts at once."""

    is_on: bool
    not_before: str = ""


def read_moment(text: str, zone: tzinfo) -> datetime | None:
    """`2026-11-27`, `2026-11-27 06:00:00` or with an offset, as a time; without an offset in `zone`. None where it is
    no such date."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def read_sale(starts: str, ends: str, *, zone: tzinfo, now: datetime) -> Sale:
    """A sale that is over does not count; one that has yet to begin holds the deal back until it does.

    Raises ValueError, naming the text that is no date.
    """
    for text in (starts, ends):
        if text and read_moment(text, zone) is None:
            raise ValueError(f'"{text[:40]}" is no date such as 2026-11-27')
    end = read_moment(ends, zone) if ends else None
    if end is not None and len(ends.strip()) == 10:  # a day: the whole of it
        end = end.replace(hour=23, minute=59, second=59)
    if end is not None and end < now:
        return Sale(is_on=False)
    start = read_moment(starts, zone) if starts else None
    return Sale(is_on=True, not_before=start.isoformat() if start is not None and start > now else "")
