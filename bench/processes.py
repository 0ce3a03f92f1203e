"""Child processes of a benchmark: started, waited for, watched, ended. Linux only: /proc says what they use."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60.0
SETTINGS = ("BREADMAKER_", "DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE")
END_SECONDS = 20.0


class ChildError(Exception):
    """A child process did not do what it was started for; the message says which, and shows its last words."""


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**added: str) -> dict[str, str]:
    """Ours without the shop's settings, so that a developer's own servers have no part in what is measured."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    return ours | {"PYTHONPATH": str(ROOT)} | added


def python(module: str, *words: str) -> list[str]:
    """The command line that runs a module in this very environment."""
    return [sys.executable, "-m", module, *words]


def uvicorn(factory: str, port: int) -> list[str]:
    """The command line of an ordinary app behind one worker, as fast as uvicorn goes by its own options."""
    options = ["--factory", "--no-access-log", "--log-level", "warning", "--backlog", "4096"]
    return python("uvicorn", factory, "--port", str(port), *options)


@contextmanager
def child(
    command: Sequence[str], log: Path, environment: Mapping[str, str], is_ready: Callable[[], bool]
) -> Iterator[int]:
    """A child that is ready; its process id. Ended with SIGTERM. Raises ChildError where it does not get ready."""
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, cwd=log.parent, stdout=file, stderr=file, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ChildError(f"{' '.join(command)} does not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield process.pid
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a child to end, and where it does not, make it and its own children."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody takes connections on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def family(*pids: int) -> list[int]:
    """These processes and all that descend from them."""
    parents = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found = [*pids]
    for pid in found:  # grows meanwhile
        found += [other for other, stat in parents.items() if stat and int(stat[1]) == pid]
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """What these processes have used so far, in user and kernel mode; exact, where the kernel's ticks only sample."""
    used = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                used += int(thread.read_text().split()[0])
    return used / 1e9


def machine_cpu_seconds() -> float:
    """What everything on the machine has used since it started; time stolen by other machines included."""
    user, nice, system, _, _, irq, softirq, steal, *_ = (
        Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICKS_A_SECOND


def resident_bytes(pids: Sequence[int]) -> int:
    """Memory of these processes, what they share counted in proportion."""
    total = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024


def _stat(process: Path) -> list[str]:
    """The fields of /proc/PID/stat from the third on; empty where the process is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
