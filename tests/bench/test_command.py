"""`breadmaker bench`, from end to end; how fast anything is does not matter here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from app.cli.bench import needs_checkout, purchases
from app.cli.opening import CannotError
from bench.processes import clean_environment
from tests.factories.running_shop import BREADMAKER

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks need Linux")


def bench(*words: str) -> "subprocess.CompletedProcess[str]":
    """`breadmaker bench` with these words, to its end."""
    return subprocess.run(
        [BREADMAKER, "bench", *words],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_purchases_leave_consistent_books_also_when_redis_is_killed() -> None:
    only = [word for run in ("usual", "killed") for word in ("--only", run)]
    ended = bench("purchases", "--quick", "--json", *only)
    assert ended.returncode == 0, ended.stderr
    runs = json.loads(ended.stdout)["runs"]
    assert list(runs) == ["usual", "killed"]
    for run in runs.values():
        assert run["books"]["are_right"], run
        assert run["books"]["orders"] == run["statuses"]["201"] > 0
    assert len(runs["killed"]["outages"]) == 1
    assert runs["killed"]["outages"][0]["seconds"] > 0


def test_a_crowd_watches_the_real_stream_and_comes_back() -> None:
    ended = bench("stream", "--quick", "--json", "--only", "ours")
    assert ended.returncode == 0, ended.stderr
    ours = json.loads(ended.stdout)["servers"]["ours"]
    assert ours["arrived"] == 100
    assert ours["calm"]["deliveries"] == 100 * 2
    assert ours["calm"]["incomplete"] == 0


def test_the_shop_is_started_as_a_newcomer_starts_it() -> None:
    ended = bench("start", "--quick", "--json")
    assert ended.returncode == 0, ended.stderr
    starts = json.loads(ended.stdout)["starts"]
    assert list(starts) == ["limit", "hello", "ours"]
    for one in starts.values():
        assert len(one["seconds"]) == len(one["cpu"]) == 1


def test_an_unknown_run_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="everything"):
        purchases(only=["one", "everything"])


def test_outside_of_a_source_checkout_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.cli.bench.ROOT", tmp_path)
    with pytest.raises(CannotError, match="source checkout"):
        needs_checkout()
