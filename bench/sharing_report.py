"""Says what `bench_sharing` found: tables for people, facts for a program."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import to_builtins

from bench.machine import crowded, machine_words
from bench.sharing import Selling, SharingPlan, Visiting
from bench.table import short, table

HEAD = (
    "run",
    "a second",
    "a server core",
    "× alone",
    "p50 ms",
    "p99 ms",
    "cores: server",
    "databases",
    "others",
    "helped",
)


def alone(sold: Mapping[str, Selling]) -> tuple[float, float]:
    """Purchases a second of server time where nobody helped: the mean, and how far apart they were as a share of it."""
    found = [_a_core(run) for key, run in sold.items() if key.startswith("alone")]
    mean = sum(found) / len(found)
    return mean, (max(found) - min(found)) / mean


def facts(plan: SharingPlan, sold: Mapping[str, Selling], visits: Visiting) -> dict[str, Any]:
    """Everything, for a program."""
    return {
        "plan": to_builtins(plan),
        "runs": {key: _facts(run) for key, run in sold.items()},
        "visits": to_builtins(visits),
        "noise": alone(sold)[1],
    }


def words(plan: SharingPlan, sold: Mapping[str, Selling], visits: Visiting) -> str:
    """Two tables and what belongs to them; ready for BENCHMARKS.md."""
    mean, _ = alone(sold)
    head = f"{machine_words()}; {plan.connections} connections, {plan.seconds:g} s a run."
    rows = [_row(run, mean) for run in sold.values()]
    return "\n\n".join([head, table(HEAD, rows), "\n".join(_notes(plan, sold, visits))])


def _row(run: Selling, mean: float) -> list[str]:
    report, cores = run.measured.report, run.measured.cores
    parts = (short(cores[part]) for part in ("server", "databases", "others"))
    ratio = short(_a_core(run) / mean)
    times = (short(report.p50_ms), short(report.p99_ms))
    return [run.name, short(report.per_second), short(_a_core(run)), ratio, *times, *parts, f"{run.helped:,}"]


def _notes(plan: SharingPlan, sold: Mapping[str, Selling], visits: Visiting) -> Iterator[str]:
    yield f"- Noise: a server core's purchases where nobody helps are {alone(sold)[1]:.0%} apart."
    measured = [*(run.measured for run in sold.values()), visits.measured]
    if warning := crowded(max(one.cores["others"] for one in measured)):
        yield warning
    report = visits.measured.report
    yield (
        f"- Visits of one link, {plan.visitors} connections: {short(report.per_second)} a second on one worker"
        f" ({short(visits.measured.cores['server'])} cores), p99 {short(report.p99_ms)} ms."
    )
    yield (
        f"- PostgreSQL meanwhile: {short(visits.transactions)} transactions and {short(visits.rows)} rows written a"
        f" second; without visits {short(visits.idle_transactions)} and {short(visits.idle_rows)}."
    )
    answered = sum(report.statuses.values())
    yield f"- {visits.counted:,} of {answered:,} visits counted in PostgreSQL after the shop was closed."
    for run in sold.values():
        yield f"- {run.name}: {run.books.words()}; {run.helped} of them by a link."


def _a_core(run: Selling) -> float:
    return run.measured.report.per_second / max(run.measured.cores["server"], 0.01)


def _facts(run: Selling) -> dict[str, Any]:
    report: dict[str, Any] = to_builtins(run.measured.report) | {"per_second": run.measured.report.per_second}
    books = to_builtins(run.books) | {"are_right": run.books.are_right}
    return report | {"cores": run.measured.cores, "books": books, "helped": run.helped}
