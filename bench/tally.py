"""Counts answers, latencies and silences, for the load generator."""

from array import array
from collections import Counter

from bench.load import GAP_SECONDS, Gap, Report, percentile

CREATED = 201
ASK_AGAIN = frozenset((202, 503))  # what the contract wants repeated under the same key


class Tally:
    """Filled answer by answer. All times are monotonic seconds."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.reconnects = 0
        self._latencies = array("d")
        self._gaps: list[Gap] = []
        self._last_sale: float | None = None
        self._begin = self._end = float("inf")

    def begin(self, now: float) -> None:
        """From here on it is measured."""
        self._begin = now

    def end(self, now: float) -> None:
        """Up to here it was measured."""
        self._end = now

    def take(self, status: int, asked: float, now: float) -> None:
        """One answer, to a request that was first sent at `asked`."""
        self.statuses[status] += 1
        if status == CREATED:
            if self._last_sale is not None and now - self._last_sale >= GAP_SECONDS:
                self._gaps.append(Gap(self._last_sale, now))
            self._last_sale = now
        if self._begin <= now < self._end and status not in ASK_AGAIN:
            self._latencies.append(now - asked)

    def report(self, *, unanswered: int, cpu_seconds: float) -> Report:
        """What it comes to. Silences that began before the measuring or ended after it are left out."""
        ordered = sorted(self._latencies)
        return Report(
            statuses={str(status): count for status, count in sorted(self.statuses.items())},
            unanswered=unanswered,
            reconnects=self.reconnects,
            answers=len(ordered),
            seconds=self._end - self._begin,
            p50_ms=percentile(ordered, 0.5) * 1000,
            p99_ms=percentile(ordered, 0.99) * 1000,
            max_ms=percentile(ordered, 1) * 1000,
            gaps=[gap for gap in self._gaps if self._begin <= gap.begin and gap.end <= self._end],
            cpu_seconds=cpu_seconds,
        )
