"""Kills Valkey while the shop sells, and times how long it is away."""

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from app.platform.embedded_supervisor import listener
from bench.load import Gap
from bench.processes import ChildError

LONGEST_SECONDS = 15.0
POLL_SECONDS = 0.002


class Outage(Struct, frozen=True):
    """Valkey was killed at `begin` and answered again at `end`; monotonic seconds."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long Valkey itself was away."""
        return self.end - self.begin

    def gap(self, gaps: list[Gap]) -> float:
        """The longest time without a sale that touches this outage, in seconds."""
        return max(
            (gap.seconds for gap in gaps if gap.begin < self.end and gap.end > self.begin), default=0.0
        )


def kill_valkey(path: str) -> Outage:
    """SIGKILL whoever listens on the unix socket, and wait until somebody answers PING there again."""
    pid = listener(path)
    if pid is None:
        raise ChildError("no Valkey listens where it should")
    begin = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while time.monotonic() < begin + LONGEST_SECONDS:
        if _answers(path):
            return Outage(begin, time.monotonic())
        time.sleep(POLL_SECONDS)
    raise ChildError("Valkey did not come back")


def _answers(path: str) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        if not Path(path).exists():
            return False
        connection.settimeout(1)
        connection.connect(path)
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False
