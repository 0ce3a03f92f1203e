"""A crowd at a stream: ours beside a bare loop in C, nchan, and our own ordinary route, in one run."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from bench.ground import FOLDER
from bench.load import percentile
from bench.processes import ChildError, cpu_seconds, machine_cpu_seconds, resident_bytes
from bench.stream_servers import PATH, StreamServer, found_servers
from bench.watching import Crowd, Published, Publisher, delays, probed

KEYS = ("ours", "bare", "nchan", "asgi")
STALLED = 0.05
AT_ONCE = 256  # who connect at the same time, unless everybody does
OPEN_SECONDS = 90.0


class StreamPlan(Struct, frozen=True):
    """How many watch, how long each part is measured, and which servers; all that are found where `only` is empty.

    `settle` seconds of quiet follow each part.
    """

    viewers: int = 10_000
    seconds: float = 5.0
    rate: float = 5.0
    settle: float = 1.0
    only: Sequence[str] = ()


class Casting(Struct, frozen=True):
    """A part of a run in which events went out. Milliseconds from when an event was due; cores as in `Measured`."""

    deliveries: int
    per_cpu_second: float
    last_ms: float
    worst_ms: float
    incomplete: int
    probe_p99_ms: float | None
    server_cores: float
    loader_cores: float
    others_cores: float


class Watched(Struct, frozen=True):
    """What one server did. Bytes, seconds; `stalled` with a twentieth of the viewers not reading.

    `asked_meanwhile` with other requests in between, where it answers any.
    """

    name: str
    connect_seconds: float
    bytes_a_viewer: float
    calm: Casting
    asked_meanwhile: Casting
    stalled: Casting
    stalled_bytes: int
    reconnect_seconds: float
    retries: int
    arrived: int


def bench_stream(plan: StreamPlan, say: Callable[[str], None]) -> dict[str, Watched]:
    """Every server by its key. Raises ChildError."""
    found: dict[str, Watched] = {}
    with tempfile.TemporaryDirectory(prefix="breadmaker-bench-", dir=FOLDER) as name:
        folder = Path(name)
        for key, (title, serving) in found_servers(folder).items():
            if not plan.only or key in plan.only:
                say(title)
                with serving(folder) as server:
                    found[key] = _watch(title, server, plan)
    return found


def _watch(title: str, server: StreamServer, plan: StreamPlan) -> Watched:
    publisher = Publisher(server.port)
    publisher.publish(10, 0.1)  # so that there is a present
    with Crowd(server.port, PATH, plan.viewers) as crowd:
        empty = resident_bytes(server.pids())
        opened = crowd.do("open", at_once=AT_ONCE, patience=OPEN_SECONDS)
        if not any(answer["informed"] for answer in opened):
            raise ChildError(f"{title}: no viewer was shown anything: {opened}")
        time.sleep(plan.settle)
        full = resident_bytes(server.pids())
        calm = _cast(server, crowd, publisher, plan)
        asked = _cast(server, crowd, publisher, plan, server.probe) if server.probe else calm
        before = resident_bytes(server.pids())
        crowd.do("stall", share=STALLED)
        stalled = _cast(server, crowd, publisher, plan)
        after = resident_bytes(server.pids())
        crowd.do("close")
        time.sleep(plan.settle)
        again = crowd.do("open", at_once=plan.viewers, patience=OPEN_SECONDS)
    return Watched(
        title,
        connect_seconds=max(answer["seconds"] for answer in opened),
        bytes_a_viewer=(full - empty) / plan.viewers,
        calm=calm,
        asked_meanwhile=asked,
        stalled=stalled,
        stalled_bytes=after - before,
        reconnect_seconds=max(answer["seconds"] for answer in again),
        retries=sum(answer["retries"] for answer in again),
        arrived=sum(answer["informed"] for answer in again),
    )


def _cast(
    server: StreamServer, crowd: Crowd, publisher: Publisher, plan: StreamPlan, probe: str | None = None
) -> Casting:
    """Events at the plan's rate; done when all of them had time to arrive. `probe` is asked for meanwhile."""
    pids, probes = server.pids(), list[float]()
    first = crowd.do("report")
    begin, used, machine = time.monotonic(), cpu_seconds(pids), machine_cpu_seconds()
    with probed(server.port, probe, probes):
        published = publisher.publish(plan.rate, plan.seconds)
        time.sleep(plan.settle)
    used, machine = cpu_seconds(pids) - used, machine_cpu_seconds() - machine
    seconds, reports = time.monotonic() - begin, crowd.do("report")
    loader = sum(
        after["cpu_seconds"] - before["cpu_seconds"] for before, after in zip(first, reports, strict=True)
    )
    return _casting(published, reports, used, loader, machine, seconds, probes)


def _casting(
    published: Published,
    reports: Sequence[dict[str, object]],
    used: float,
    loader: float,
    machine: float,
    seconds: float,
    probes: list[float],
) -> Casting:
    ordered, incomplete = delays(published, reports)
    deliveries = sum(int(str(report["deliveries"])) for report in reports)
    return Casting(
        deliveries=deliveries,
        per_cpu_second=deliveries / max(used, 0.01),
        last_ms=percentile(ordered, 0.5) * 1000,
        worst_ms=percentile(ordered, 1) * 1000,
        incomplete=incomplete,
        probe_p99_ms=percentile(sorted(probes), 0.99) * 1000 if probes else None,
        server_cores=used / seconds,
        loader_cores=loader / seconds,
        others_cores=max(0.0, machine - used - loader) / seconds,
    )
