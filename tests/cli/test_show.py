"""The show from a terminal."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.show_words import show_words
from app.platform.clock import SystemClock
from app.platform.embedded import EmbeddedServers
from tests.factories.inventory import history, new_deal, queue_deals
from tests.factories.running_shop import BREADMAKER, environment

STAGE: dict[str, Any] = {
    "deal_id": 37,
    "title": "The Crumb Baron",
    "sold": 6,
    "quantity": 40,
    "left": 34,
    "per_minute": 12.0,
    "sells_out_in_seconds": 170,
    "started_at": "2026-11-22T18:00:00.000Z",
    "ends_at": "2026-11-23T06:00:00.000Z",
    "seconds_left": None,
    "stall": None,
}
SHOW: dict[str, Any] = {
    "mode": "daily",
    "phase": "live",
    "queued": 2,
    "stopping": False,
    "time_zone": "America/Chicago",
    "on_stage": STAGE,
    "next": {"deal_id": 38, "title": "Umbrellas", "not_before": None},
}


def test_the_words_say_what_is_on_stage_how_it_sells_what_is_next_and_when_it_ends() -> None:
    assert show_words(SHOW) == [
        "daily, live, 2 wait",
        "on stage  37  The Crumb Baron",
        "sold      6 of 40, 12 in the last minute, gone in 3 min at this pace",
        "ends      2026-11-23 00:00:00 CST",
        "next      38  Umbrellas",
    ]


# What runs in the background, as tests may, ignores Ctrl-C, and so does everything that it starts.
LISTENING_TO_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"on_stage": None}, "on stage  nothing"),
        ({"on_stage": STAGE | {"per_minute": 0.0}}, "sold      6 of 40, none in the last minute"),
        ({"on_stage": STAGE | {"ends_at": None}}, "ends      when it is sold out"),
        (
            {"on_stage": STAGE | {"ends_at": None, "seconds_left": 600}},
            "ends      10 min after the show goes on",
        ),
        (
            {"on_stage": STAGE | {"stall": {"since": "2026-11-22T18:30:00.000Z", "to_go": 34}}},
            "stalled   since 2026-11-22 12:30:00 CST, 34 to go",
        ),
        ({"next": None}, "next      nothing waits"),
        ({"stopping": True}, "next      the show stops when this deal is over"),
        (
            {"next": {"deal_id": 38, "title": "Umbrellas", "not_before": "2026-11-23T15:00:00.000Z"}},
            "next      38  Umbrellas, not before 2026-11-23 09:00:00 CST",
        ),
    ],
)
def test_each_line_says_how_it_is(changes: dict[str, Any], line: str) -> None:
    assert line in show_words(SHOW | changes)


async def test_a_show_is_started_stopped_and_watched_from_a_terminal(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> None:
    first, second = await queue_deals(engine, SystemClock(), new_deal(), new_deal())
    here = environment(servers, tmp_path)

    async def say(*words: str) -> str:
        done = await asyncio.to_thread(run, words, here)
        assert done.returncode == 0, done.stderr
        return str(done.stdout + done.stderr)

    assert f"on stage  {first}" in await say("start", "--mode", "daily")
    assert "the show stops when this deal is over" in await say("stop", str(first))
    assert '"phase": "closed"' in await say("stop", "--now", "--json")
    assert await history(engine) == [(first, "ended", "stopped")]
    await asyncio.to_thread(watch_for, f"next      {second}", here)


def run(words: tuple[str, ...], here: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run `breadmaker show` with these words to its end."""
    command = [str(BREADMAKER), "show", *words]
    return subprocess.run(command, env=here, capture_output=True, text=True, check=False, timeout=60)


def watch_for(words: str, here: dict[str, str]) -> None:
    """Watch the show until these words are drawn, then press Ctrl-C."""
    watching = subprocess.Popen(
        [sys.executable, "-c", LISTENING_TO_CTRL_C, str(BREADMAKER), "show", "status", "--watch"],
        env=here | {"FORCE_COLOR": "1", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert watching.stdout is not None
        assert any(words in line for line in watching.stdout), "it ended before"
    finally:
        watching.send_signal(signal.SIGINT)
        try:
            watching.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            watching.kill()
            watching.communicate()
            raise
