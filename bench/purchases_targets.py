"""The targets of buying, worked out from the figures of one run."""

from collections.abc import Mapping

from bench.purchases import Run
from bench.target import Target

RECOUNT = "recount (gap less outage), × the time it took to sell"


def hello_per_second(runs: Mapping[str, Run]) -> float | None:
    """What FastAPI does at most on this machine now, the mean of its runs; None where it did not run."""
    found = [runs[key].measured.report.per_second for key in ("hello", "hello-last") if key in runs]
    return sum(found) / len(found) if found else None


def noise(runs: Mapping[str, Run]) -> float | None:
    """How far the same work, first and last, was apart: a share of its mean."""
    hello = hello_per_second(runs)
    if hello is None or not {"hello", "hello-last"} <= runs.keys():
        return None
    first, last = (runs[key].measured.report.per_second for key in ("hello", "hello-last"))
    return abs(first - last) / hello


def targets(runs: Mapping[str, Run]) -> list[Target]:
    """As far as the runs of `bench_purchases` that were made can tell."""
    rates = {key: run.measured.report.per_second for key, run in runs.items()}
    p99 = {key: run.measured.report.p99_ms for key, run in runs.items()}
    hello = hello_per_second(runs)
    found = []
    if {"one", "usual"} <= runs.keys():
        found += [
            Target("one worker, × the usual way", rates["one"] / rates["usual"], 45, 100),
            Target("p99 of the usual way, × one worker's", p99["usual"] / p99["one"], 40, 120),
        ]
    if "one" in runs and hello is not None:
        found.append(Target("one worker, × FastAPI hello", rates["one"] / hello, 1.3, 3))
    if "sold-out" in runs and hello is not None:
        found.append(Target("sold-out answers, × FastAPI hello", rates["sold-out"] / hello, 1.4, 4))
    if {"one", "two"} <= runs.keys():
        found.append(Target("two workers, × one worker", rates["two"] / rates["one"], 1.3, None))
    if "killed" in runs:
        found += _recovery(runs["killed"])
    return found


def _recovery(killed: Run) -> list[Target]:
    report, books = killed.measured.report, killed.books
    assert books is not None
    worst = max(outage.gap(report.gaps) / outage.seconds for outage in killed.outages)
    recount = max(outage.gap(report.gaps) - outage.seconds for outage in killed.outages)
    return [
        Target("longest gap after a kill of Valkey, × its own outage", worst, 2, 1.1, is_most=True),
        Target("503s meanwhile", report.statuses.get("503", 0), None, 0, is_most=True),
        Target(RECOUNT, max(0.0, recount) * report.per_second / books.orders, 0.1, None, is_most=True),
    ]
