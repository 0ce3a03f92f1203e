"""What a load generator is asked for, and what it reports."""

from collections.abc import Sequence

from msgspec import Struct

GAP_SECONDS = 0.02  # a shorter silence between two sales is not worth a line


class Load(Struct, frozen=True):
    """Every connection asks, waits for the answer and asks again. Seconds throughout.

    `tokens` is a file with a bearer token a line, `cookies` one with a Cookie header a line, which may be empty: each
    request shows the next one. With a `body` the request is a POST under a fresh Idempotency-Key, without one a GET.
    """

    port: int
    path: str
    connections: int
    seconds: float
    warm_up: float = 0.5
    tokens: str | None = None
    cookies: str | None = None
    body: str | None = None


class Gap(Struct, frozen=True):
    """A time without a single 201; both ends on the machine's monotonic clock, in seconds."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.begin


class Report(Struct, frozen=True):
    """What came of a load.

    `statuses` counts every answer, also those before and after the measuring; `answers` and the latencies only
    those within it that were final (neither 202 nor 503, which are asked again under the same key).
    """

    statuses: dict[str, int]
    unanswered: int
    reconnects: int
    answers: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    gaps: list[Gap]
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second while it was measured."""
        return self.answers / self.seconds

    @property
    def created(self) -> int:
        """Answers that promise an order."""
        return self.statuses.get("201", 0)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0…1) of an ordered sample lies; 0 of an empty one."""
    return ordered[round((len(ordered) - 1) * share)] if ordered else 0.0
