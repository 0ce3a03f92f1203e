"""Says what `bench_stream` found: targets, a table for people, facts for a program."""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from bench.machine import crowded, machine_words
from bench.streams import StreamPlan, Watched
from bench.table import short, table
from bench.target import Target, target_table

HEAD = (
    "server",
    "deliveries a CPU-second",
    "× nchan",
    "× C",
    "last viewer ms",
    "worst ms",
    "others' p99 ms",
    "bytes a viewer",
    "connect s",
    "reconnect s",
    "5 % stalled: last ms",
    "more bytes",
    "cores: server",
    "loader",
    "others",
)


def facts(plan: StreamPlan, found: Mapping[str, Watched]) -> dict[str, Any]:
    """Everything, for a program."""
    met = [to_builtins(target) | {"is_met": target.is_met} for target in targets(found)]
    return {
        "plan": to_builtins(plan),
        "servers": {key: to_builtins(one) for key, one in found.items()},
        "targets": met,
    }


def words(plan: StreamPlan, found: Mapping[str, Watched]) -> str:
    """Two tables and what belongs to them; ready for BENCHMARKS.md."""
    plan_words = (
        f"{plan.viewers:,} viewers, {plan.rate:g} events of 300 bytes a second, {plan.seconds:g} s a part"
    )
    parts = [f"{machine_words()}; {plan_words}.", table(HEAD, [_row(one, found) for one in found.values()])]
    if met := targets(found):
        parts.append(target_table(met))
    notes = [
        f"- {one.name}: {one.arrived:,} of {plan.viewers:,} came back, {one.retries:,} of them at a later try; "
        f"{one.calm.incomplete + one.stalled.incomplete} events did not reach everybody in time."
        for one in found.values()
    ]
    if crowd := crowded(max(one.calm.others_cores for one in found.values())):
        notes.append(crowd)
    if "nchan" not in found and not plan.only:
        notes.append("- nchan is not installed here (on Debian: nginx and libnginx-mod-nchan).")
    return "\n\n".join([*parts, "\n".join(notes)])


def targets(found: Mapping[str, Watched]) -> list[Target]:
    """The stream's targets, as far as the servers that were measured can tell."""
    ours, bare, nchan, asgi = (found.get(key) for key in ("ours", "bare", "nchan", "asgi"))
    if ours is None:
        return []
    rate, last = ours.calm.per_cpu_second, ours.calm.last_ms
    met = []
    if nchan is not None:
        met.append(Target("deliveries a CPU-second, × nchan", rate / nchan.calm.per_cpu_second, 1.5, 2))
    if asgi is not None:
        ratio = rate / asgi.calm.per_cpu_second
        met.append(Target("deliveries a CPU-second, × sse-starlette", ratio, None, None))
    if bare is not None:
        met += [
            Target("deliveries a CPU-second, × bare C", rate / bare.calm.per_cpu_second, 0.65, 1),
            Target("last viewer, × bare C", last / bare.calm.last_ms, 1.3, 1, is_most=True),
            Target(
                "reconnect, × bare C",
                ours.reconnect_seconds / bare.reconnect_seconds,
                None,
                1.2,
                is_most=True,
            ),
        ]
    met += [
        Target("all reconnect, seconds", ours.reconnect_seconds, 1, None, is_most=True),
        Target("bytes a viewer", ours.bytes_a_viewer, 2048, 1024, is_most=True),
        Target("5 % stalled: more bytes", ours.stalled_bytes, 10_000_000, None, is_most=True),
        Target("5 % stalled: last viewer, × without", ours.stalled.last_ms / last, None, 1, is_most=True),
    ]
    if (p99 := ours.asked_meanwhile.probe_p99_ms) is not None:
        met.append(Target("others' requests, p99 ms", p99, 20, 10, is_most=True))
    return met


def _row(one: Watched, found: Mapping[str, Watched]) -> list[str]:
    calm, p99 = one.calm, one.asked_meanwhile.probe_p99_ms
    ratios = [
        short(calm.per_cpu_second / found[key].calm.per_cpu_second) if key in found else "–"
        for key in ("nchan", "bare")
    ]
    return [
        one.name,
        short(calm.per_cpu_second),
        *ratios,
        short(calm.last_ms),
        short(calm.worst_ms),
        "–" if p99 is None else short(p99),
        short(one.bytes_a_viewer),
        short(one.connect_seconds),
        short(one.reconnect_seconds),
        short(one.stalled.last_ms),
        f"{one.stalled_bytes:,}",
        short(calm.server_cores),
        short(calm.loader_cores),
        short(calm.others_cores),
    ]
