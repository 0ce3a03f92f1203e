"""When the shop's day ends."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, of the shop's next calendar day: of one that has not begun yet.

    Where midnight is skipped (clocks go forward at 24:00) the day begins at the first moment that exists; where it
    comes twice, with the first. PEP 495's `fold=0` means just that in both cases. Where clocks go back over midnight,
    the hour that comes again has yesterday's date, and the day has begun all the same.
    """
    day = now.astimezone(zone).date()
    while True:
        day += timedelta(days=1)
        begin = datetime.combine(day, time(), zone).astimezone(UTC)
        if begin > now:
            return begin
