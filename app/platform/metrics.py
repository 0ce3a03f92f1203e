"""Metrics for Prometheus at /metrics, for whoever has the token.

Each process counts for itself. Where several workers share a port, each keeps its numbers in files of one folder, and
whichever is asked answers for all of them.
"""

import asyncio
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import ClassVar

from fastapi import APIRouter, Request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.responses import Response

from app.platform.ending import end_tasks
from app.platform.errors import NotFound, Problem
from app.platform.openapi import problems

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own name; it reads it when the first metric is made
BEAT_SECONDS = 0.5

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each was made: twice the lines, and nobody asks

LAG = Histogram(
    "breadmaker_loop_lag_seconds",
    "How late the event loop of a process comes to what is due, looked at twice a second.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)


class MetricsTokenRequired(Problem):
    """The metrics are for whoever sends `Authorization: Bearer` with the token that the shop was set up with."""

    status = 401
    title = "Metrics token required"
    challenge = 'Bearer realm="metrics"'


class Tally:
    """A counter for the hot path: plain numbers by the value of its one label, added to the metric at each beat."""

    every: ClassVar[list["Tally"]] = []

    def __init__(self, name: str, words: str, label: str) -> None:
        self._counter = Counter(name, words, [label])
        self._fresh: dict[str, int] = {}
        Tally.every.append(self)

    def add(self, label: str, times: int = 1) -> None:
        """So many more of this."""
        self._fresh[label] = self._fresh.get(label, 0) + times

    def flush(self) -> None:
        """Hand over what has come since the last time."""
        fresh, self._fresh = self._fresh, {}
        for label, times in fresh.items():
            self._counter.labels(label).inc(times)


class Pulse:
    """Measures the loop, and brings up to date what is only looked at now and then."""

    def __init__(self) -> None:
        self._gauges: list[tuple[Gauge, Callable[[], float]]] = []
        self._task: asyncio.Task[None] | None = None

    def follow(self, name: str, words: str, read: Callable[[], float]) -> None:
        """Show what `read` says under this name, as of the last beat; over processes, the sum."""
        self._gauges.append((_gauge(name, words), read))

    async def start(self) -> None:
        """Begin to beat."""
        self._task = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Stop. Nobody watches or waits in this process any more."""
        if self._task is not None:
            await end_tasks([self._task])
        for gauge, _ in self._gauges:
            gauge.set(0)

    def refresh(self) -> None:
        """Bring the metrics of this process up to date."""
        for tally in Tally.every:
            tally.flush()
        for gauge, read in self._gauges:
            gauge.set(read())

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            LAG.observe(max(0.0, loop.time() - due))
            self.refresh()


@cache  # a process has one of each name, however many apps it makes
def _gauge(name: str, words: str) -> Gauge:
    return Gauge(name, words, multiprocess_mode="livesum")


def metrics_router(token: str | None) -> APIRouter:
    """/metrics, for whoever sends `token`. Without one there is no such address."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        operation_id="metrics",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {}}, "description": "Prometheus's text format."},
            **problems(MetricsTokenRequired, NotFound),
        },
    )
    async def metrics(request: Request) -> Response:
        """This shop in numbers, for Prometheus. There is no such address unless a token is set."""
        if token is None:
            raise NotFound
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise MetricsTokenRequired
        pulse: Pulse = request.app.state.pulse
        pulse.refresh()
        headers = {"Cache-Control": "no-store"}
        return Response(generate_latest(_gathered()), headers=headers, media_type=CONTENT_TYPE_LATEST)

    return router


@contextmanager
def gathered_over_processes() -> Iterator[None]:
    """Workers that are started while this lasts keep their metrics in one folder, which it makes and removes."""
    with tempfile.TemporaryDirectory(prefix="breadmaker-metrics-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def _gathered() -> CollectorRegistry:
    folder = os.environ.get(FOLDER)
    if folder is None:
        return REGISTRY
    _forget_the_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _forget_the_dead(folder: Path) -> None:
    """What a process that is no more has counted stays; what it had waiting does not."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker was quicker
                mark_process_dead(pid)  # type: ignore[no-untyped-call]
