"""Says what `bench_purchases` found: in words and tables for people, as facts for a program."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import to_builtins

from bench.machine import crowded, machine_words
from bench.purchases import Plan, Run
from bench.purchases_targets import hello_per_second, noise, targets
from bench.table import short, table
from bench.target import target_table

RUNS = (
    "run",
    "a second",
    "a server core",
    "× usual",
    "× hello",
    "p50 ms",
    "p99 ms",
    "max ms",
    "cores: server",
    "databases",
    "loader",
    "others",
    "answers",
)


def facts(plan: Plan, runs: Mapping[str, Run]) -> dict[str, Any]:
    """Everything, for a program."""
    return {
        "plan": to_builtins(plan),
        "runs": {name: _run_facts(run) for name, run in runs.items()},
        "targets": [to_builtins(target) | {"is_met": target.is_met} for target in targets(runs)],
        "noise": noise(runs),
    }


def words(plan: Plan, runs: Mapping[str, Run]) -> str:
    """Two tables and what belongs to them; ready for BENCHMARKS.md."""
    plan_words = f"{plan.connections} connections, {plan.seconds:g} s a run"
    parts = [f"{machine_words()}; {plan_words}.", table(RUNS, [_row(run, runs) for run in runs.values()])]
    if met := targets(runs):
        parts.append(target_table(met))
    return "\n\n".join([*parts, "\n".join(_notes(runs))])


def _notes(runs: Mapping[str, Run]) -> Iterator[str]:
    if (spread := noise(runs)) is not None:
        yield f"- Noise: FastAPI hello, first and last, differ by {spread:.0%}."
    if warning := crowded(max(run.measured.cores["others"] for run in runs.values())):
        yield warning
    if "limit" in runs and (fastest := [runs[key] for key in ("one", "two") if key in runs]):
        limit = runs["limit"].measured.report.per_second
        most = max(run.measured.report.per_second for run in fastest)
        yield f"- The load generator's limit is {limit / most:.1f} × the most that it measured of ours."
    for run in runs.values():
        if run.books is not None:
            yield f"- {run.name}: {run.books.words()}."
        for outage in run.outages:
            away, gap = outage.seconds * 1000, outage.gap(run.measured.report.gaps) * 1000
            yield f"- {run.name}: away for {away:.0f} ms, no sale for {gap:.0f} ms."


def _row(run: Run, runs: Mapping[str, Run]) -> list[str]:
    report, cores = run.measured.report, run.measured.cores
    usual = runs["usual"].measured.report.per_second if "usual" in runs else None
    hello = hello_per_second(runs)
    return [
        run.name,
        short(report.per_second),
        short(report.per_second / max(cores["server"], 0.01)),
        short(report.per_second / usual) if usual else "–",
        short(report.per_second / hello) if hello else "–",
        short(report.p50_ms),
        short(report.p99_ms),
        short(report.max_ms),
        *(
            short(cores[part]) if part in cores else "–"
            for part in ("server", "databases", "loader", "others")
        ),
        ", ".join(f"{status}: {count:,}" for status, count in report.statuses.items()),
    ]


def _run_facts(run: Run) -> dict[str, Any]:
    report: dict[str, Any] = to_builtins(run.measured.report) | {"per_second": run.measured.report.per_second}
    books = None if run.books is None else to_builtins(run.books) | {"are_right": run.books.are_right}
    gaps = run.measured.report.gaps
    outages = [{"seconds": outage.seconds, "gap_seconds": outage.gap(gaps)} for outage in run.outages]
    return report | {"cores": run.measured.cores, "books": books, "outages": outages}
