"""Keeps the embedded servers running until the last app has let go of them.

A program of its own, run by path and with the standard library alone (`python -I -S embedded_supervisor.py
DATA`, its servers as JSON on standard input): it starts in a blink, and outlives the app that started it, for
others may share the servers. It knows nothing of PostgreSQL or Valkey; `embedded_servers` says what to run.

Every claim is a file lock, which the kernel releases whatever way its holder dies; nothing is believed for
being written in a file. DATA/apps.lock is shared by the apps, DATA/supervisor.lock is ours, and each server
with all its children holds the lock named in its `Server`.
"""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

TICK = 0.1
PAUSE_BETWEEN_STARTS = 0.25
STEADY_AFTER = 5.0
STARTS_BEFORE_GIVING_UP = 5
PATIENCE_WITH_ORPHANS = 3.0
PATIENCE_AT_THE_END = 30.0


class Server(NamedTuple):
    """One server to keep running; every path is absolute."""

    name: str
    command: list[str]
    folder: str
    """Its own; where root runs the shop, the folder's owner runs the server."""
    lock: str
    socket: str
    leftovers: list[str]
    """Files that a killed server leaves and that would keep the next one from starting."""
    end_signal: int
    """Ends it cleanly."""


class Keeper:
    """Keeps one server running: starts it, starts it again when it dies, ends it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self._started = float("-inf")
        self._starts = 0
        self._has_stood = False
        self._lock: int | None = None
        self._blocked_since: float | None = None

    def claim(self, now: float) -> bool:
        """Whether no process of an earlier run is left; one that is, is asked to end, and later made to.

        `now` in monotonic seconds.
        """
        if self._lock is None:
            self._lock = try_lock(Path(self._server.lock), fcntl.LOCK_EX)
        if self._lock is None:
            self._end_the_orphan(now)
        return self._lock is not None

    def tend(self, now: float) -> None:
        """Starts the server unless it runs; `now` in monotonic seconds."""
        if self._process is not None and self._process.poll() is None:
            self._has_stood = self._has_stood or now - self._started > STEADY_AFTER
            return
        if now - self._started < PAUSE_BETWEEN_STARTS:
            return
        if self.claim(now):
            self._start(now)

    @property
    def is_hopeless(self) -> bool:
        """It died at every try; one that has ever stood is tried for ever (a full disk may be emptied)."""
        return not self._has_stood and self._starts > STARTS_BEFORE_GIVING_UP

    def ask_to_end(self) -> None:
        if self._process is not None:
            self._process.send_signal(self._server.end_signal)

    def see_it_end(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(PATIENCE_AT_THE_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _end_the_orphan(self, now: float) -> None:
        if self._blocked_since is None:
            self._blocked_since = now
            note(f"an earlier {self._server.name} is not gone yet; ending it")
        patient = now - self._blocked_since < PATIENCE_WITH_ORPHANS
        if pid := listener(self._server.socket):
            with suppress(ProcessLookupError):
                os.kill(pid, self._server.end_signal if patient else signal.SIGKILL)

    def _start(self, now: float) -> None:
        assert self._lock is not None
        if self._process is not None:
            note(f"{self._server.name} ended ({self._process.returncode}); starting it again")
        # The lock is ours, so no process of this server lives: whatever its pid files say is of the past.
        for path in self._server.leftovers:
            Path(path).unlink(missing_ok=True)
        command = as_child(self._server.command, self._server.folder, self._server.end_signal)
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd="/", stdin=subprocess.DEVNULL, pass_fds=[self._lock]
        )
        os.close(self._lock)
        self._lock = self._blocked_since = None
        self._started = now
        self._starts += 1


def as_child(command: list[str], folder: str, end_signal: int) -> list[str]:
    """The command line under which `command` never runs as root and gets `end_signal` when we die."""
    wrapper = Path(__file__).resolve().with_name("embedded_exec.py")
    return [
        sys.executable,
        "-I",
        "-S",
        str(wrapper),
        str(int(end_signal)),
        str(os.getpid()),
        folder,
        *command,
    ]


def try_lock(path: Path, how: int) -> int | None:
    """A file descriptor that holds the lock until it is closed, or None where others hold it.

    Raises OSError where the file cannot be made.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def listener(path: str) -> int | None:
    """The process that listens on a unix socket, by the kernel's word; None where there is none."""
    if sys.platform != "linux":
        return None
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(path)
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid: int = struct.unpack("3i", credentials)[0]
        return pid if pid > 0 else None  # 0 is a process of another container
    return None


def note(what: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S"), "supervisor:", what, flush=True)


def main() -> None:
    data = Path(sys.argv[1])
    keepers = [Keeper(Server(**facts)) for facts in json.load(sys.stdin)]
    if try_lock(data / "supervisor.lock", fcntl.LOCK_EX) is None:
        sys.exit("Another supervisor is at work here.")
    blocked = keepers
    while blocked := [keeper for keeper in blocked if not keeper.claim(time.monotonic())]:
        time.sleep(TICK / 5)
    if os.fork():
        os._exit(0)  # tells the app: from now on, whoever answers is ours; and no app has to reap us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        supervise(data, keepers)
    finally:
        for keeper in keepers:
            keeper.ask_to_end()
        for keeper in keepers:
            keeper.see_it_end()


def supervise(data: Path, keepers: list[Keeper]) -> None:
    # An app that comes while we end the servers waits for this lock, which is ours until we are gone.
    while try_lock(data / "apps.lock", fcntl.LOCK_EX) is None:
        for keeper in keepers:
            keeper.tend(time.monotonic())
        if any(keeper.is_hopeless for keeper in keepers):
            note("a server cannot be started; giving up")
            return
        time.sleep(TICK)


if __name__ == "__main__":
    main()
