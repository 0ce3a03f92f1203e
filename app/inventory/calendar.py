"""When the shop's day ends."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, of the shop's next calendar day.

    Where midnight is skipped (clocks go forward at 24:00) the day begins at the first moment that exists; where it
    comes twice, with the first. PEP 495's `fold=0` means just that in both cases.
    """
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
