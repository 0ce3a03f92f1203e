"""queue and show, as a merchandiser runs them in a terminal."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.inventory import history
from tests.factories.running_shop import BREADMAKER, environment

HEADER = "title,price,quantity\n"


class Terminal:
    """Runs breadmaker on the tests' servers."""

    def __init__(self, servers: EmbeddedServers, folder: Path) -> None:
        self.folder = folder
        self._environment = environment(servers, folder)

    async def run(self, *words: str, exit_code: int = 0) -> str:
        """What it says, on both ways."""
        done = await asyncio.to_thread(self._run, words)
        assert done.returncode == exit_code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if exit_code == 0 or done.stdout else done.stderr

    def _run(self, words: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [BREADMAKER, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    async def facts(self, *words: str, exit_code: int = 0) -> dict[str, Any]:
        """What it says to a program."""
        found: dict[str, Any] = json.loads(await self.run(*words, "--json", exit_code=exit_code))
        return found


@pytest.fixture
def terminal(servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path) -> Terminal:
    """A terminal on an empty shop."""
    return Terminal(servers, tmp_path)


async def test_a_queue_is_loaded_and_its_show_run_from_a_terminal(
    terminal: Terminal, engine: AsyncEngine
) -> None:
    broken, good = terminal.folder / "broken.csv", terminal.folder / "good.csv"
    broken.write_text(f"{HEADER}Loaf,1.00,1\n,free,0\n")
    good.write_text(f"{HEADER}Loaf,1.00,5\nCrumb,2.50,6\n")
    said, tried, refused = await asyncio.gather(
        terminal.run("queue", "import", str(broken), exit_code=1),
        terminal.facts("queue", "import", str(good), "--dry-run"),
        terminal.run("show", "pause", exit_code=1),
    )
    assert "line 3, price: not an amount in USD, such as 49.99" in said
    assert "line 3, title: must not be empty" in said
    assert "line 3, quantity: should be greater than or equal to 1" in said
    assert "1 of 2 rows are good, 3 problems." in said
    assert "Nothing was queued." in said
    assert tried == {"format": "simple-csv", "rows": 2, "good": 2, "problems": [], "deals": []}
    assert "the show has not been started" in refused

    first, second = (await terminal.facts("queue", "import", str(good)))["deals"]
    assert (first, second) == (1, 2), "nothing was queued before"
    listed, status = await asyncio.gather(terminal.run("queue", "list"), terminal.facts("show", "status"))
    assert listed.splitlines() == ["     1       5 × $1.00      Loaf", "     2       6 × $2.50      Crumb"]
    assert (status["phase"], status["started"], status["queued"]) == ("closed", False, 2)

    started = await terminal.facts("show", "start", "--mode", "woot-off")
    assert (started["phase"], started["live"], started["queued"]) == ("live", first, 1)
    assert (await terminal.facts("show", "pause"))["phase"] == "paused"
    said = await terminal.run("show", "resume")
    assert said == f"woot-off, live: deal {first} is on stage, 1 wait.\n"
    skipped, refused = await asyncio.gather(
        terminal.facts("show", "skip", str(first)), terminal.run("show", "skip", "999", exit_code=1)
    )
    assert (skipped["phase"], skipped["live"]) == ("live", second)
    assert refused == "breadmaker: There is no such deal.\n"
    assert await history(engine) == [(first, "ended", "skipped"), (second, "live", None)]
