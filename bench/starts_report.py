"""Says what `bench_starts` found: a target, a table for people, facts for a program."""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from bench.machine import machine_words
from bench.starts import StartPlan, Starts
from bench.table import short, table
from bench.target import Target, target_table

HEAD = ("started", "× hello", "median s", "least s", "most s", "processor s")


def facts(plan: StartPlan, found: Mapping[str, Starts]) -> dict[str, Any]:
    """Everything, for a program."""
    target = _target(found)
    return {
        "rounds": plan.rounds,
        "starts": {key: to_builtins(starts) for key, starts in found.items()},
        "targets": [to_builtins(target) | {"is_met": target.is_met}],
        "noise": _noise(found),
    }


def words(plan: StartPlan, found: Mapping[str, Starts]) -> str:
    """Tables, ready for BENCHMARKS.md."""
    rows = [_row(starts, found["hello"]) for starts in found.values()]
    noise = (
        f"- Noise: the slowest of FastAPI hello's starts took {_noise(found):.0%} longer than its quickest."
    )
    head = f"{machine_words()}; {plan.rounds} starts of each, in turn."
    return "\n\n".join([head, table(HEAD, rows), target_table([_target(found)]), noise])


def _target(found: Mapping[str, Starts]) -> Target:
    return Target(
        "from `./run` to the first page, warm, median s", found["ours"].median, 2, None, is_most=True
    )


def _row(starts: Starts, hello: Starts) -> list[str]:
    times = (
        starts.median,
        min(starts.seconds),
        max(starts.seconds),
        sorted(starts.cpu)[len(starts.cpu) // 2],
    )
    return [starts.name, short(starts.median / hello.median), *map(short, times)]


def _noise(found: Mapping[str, Starts]) -> float:
    times = found["hello"].seconds
    return max(times) / min(times) - 1
