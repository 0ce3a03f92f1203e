"""How long a start takes: from the command to the first page, beside what FastAPI and Python take to serve nothing.

The shop is started as a newcomer starts it, with `./run`, on a data folder that is there already: a warm start.
"""

import http.client
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from bench.ground import FOLDER
from bench.processes import ROOT, child, clean_environment, cpu_seconds, free_port, python, uvicorn


class StartPlan(Struct, frozen=True):
    """How often each is started. `against`: another checkout of ours whose environment is made, or None."""

    rounds: int = 10
    against: Path | None = None


class Starts(Struct, frozen=True):
    """One program's starts in their order: seconds until its first answer, and until then its own processor time.

    What others do for it meanwhile, the shop's PostgreSQL and Valkey above all, is in the seconds alone.
    """

    name: str
    seconds: list[float]
    cpu: list[float]

    @property
    def median(self) -> float:
        """The start in the middle, in seconds."""
        return statistics.median(self.seconds)


class _Program(Struct, frozen=True):
    name: str
    command: Callable[[int], list[str]]  # of a port
    settings: dict[str, str]


def bench_starts(plan: StartPlan, say: Callable[[str], None]) -> dict[str, Starts]:
    """All in turn, so that the machine's moods meet each of them; ours cold at first, uncounted. Raises ChildError."""
    with tempfile.TemporaryDirectory(prefix="breadmaker-bench-", dir=FOLDER) as folder:
        programs = _programs(plan, Path(folder))
        found = {key: Starts(program.name, [], []) for key, program in programs.items()}
        for count in range(plan.rounds + 1):
            say(f"round {count} of {plan.rounds}" if count else "cold")
            for key, program in programs.items():
                seconds, cpu = _start(program, Path(folder))
                if count:
                    found[key].seconds.append(seconds)
                    found[key].cpu.append(cpu)
    return found


def _programs(plan: StartPlan, folder: Path) -> dict[str, _Program]:
    here = {"PYTHONPATH": str(ROOT)}
    programs = {
        "limit": _Program(
            "Python's own server of a folder",
            lambda port: python("http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)),
            {},
        ),
        "hello": _Program("FastAPI hello", lambda port: uvicorn("bench.hello:create_app", port), here),
        "ours": _shop("ours", ROOT, folder / "ours"),
    }
    if plan.against is not None:
        programs["against"] = _shop("the other checkout", plan.against.resolve(), folder / "against")
    return programs


def _shop(name: str, tree: Path, data: Path) -> _Program:
    def command(port: int) -> list[str]:
        return [str(tree / "run"), "up", "--port", str(port)]

    return _Program(name, command, {"BREADMAKER_DATA": str(data)})


def _start(program: _Program, folder: Path) -> tuple[float, float]:
    """Start it, wait for its first answer, end it."""
    port = free_port()
    environment = {key: value for key, value in clean_environment().items() if key != "PYTHONPATH"}
    began = time.monotonic()
    with child(
        program.command(port), folder / "log", environment | program.settings, lambda: _answers(port)
    ) as pid:
        return time.monotonic() - began, cpu_seconds([pid])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
