"""A process full of viewers: plain sockets under epoll, told by its parent what to do, a line of JSON each way.

`{"do": "open", "at_once": 256}` connects everybody, `report` says what was received since the last one, `stall`
lets a share of them stop reading, `close` hangs up. Between commands it reads whatever comes.
"""

import errno
import json
import os
import re
import resource
import select
import socket
import sys
import time
from collections import defaultdict
from typing import Any

from msgspec import Struct, field

HOST = "127.0.0.1"
SOURCES = 8  # addresses that viewers come from, since one has too few ports for a crowd that comes twice
IP_BIND_ADDRESS_NO_PORT = 24  # Linux's number; Python has no name for it
NUMBER = re.compile(rb'"q":(\d{10})')  # each event carries one, of always ten digits, that grows
CUT_OFF = re.compile(rb'"(?:q(?:"(?::\d{0,9})?)?)?\Z')
UNFINISHED = 13  # bytes at the end of a piece that a number which was cut off can have
AGAIN_SECONDS = 0.02
CONNECTS_A_TURN = 64  # before it looks who has been answered


class Viewer(Struct):
    """One of them. `seen` is the newest number; `rest` the end of a piece that may hold half of one."""

    wire: socket.socket
    asked: bool = False
    answered: bool = False
    stalled: bool = False
    seen: int = 0
    rest: bytes = b""


class Received(Struct):
    """What came since the last report. `last[q]`: when the last of `reached[q]` viewers had event q or a later."""

    deliveries: int = 0
    skipped: int = 0
    lost: int = 0
    reached: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    last: dict[int, float] = field(default_factory=dict)


class Audience:
    """All viewers of this process. Opened, each waits for the response and for the present."""

    def __init__(self, port: int, path: str, size: int) -> None:
        self._port, self._size = port, size
        self._request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r\n\r\n".encode()
        self._epoll = select.epoll()
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._viewers: dict[int, Viewer] = {}
        self._connecting = self._open = self._informed = 0
        self._received = Received()
        self._buffer = bytearray(1 << 18)

    def serve(self) -> None:
        """Do as the parent says until it hangs up."""
        while line := sys.stdin.buffer.readline():
            command = json.loads(line)
            answer = getattr(self, f"do_{command.pop('do')}")(**command)
            print(json.dumps(answer), flush=True)
            while not self._turn(1.0):
                pass

    def do_open(self, at_once: int, patience: float) -> dict[str, Any]:
        """Connect everybody, `at_once` at a time; done when each has the present, or patience is at its end.

        Sockets are made before the clock starts: what a browser does before it comes is not the server's time.
        """
        ready = [self._socket(number) for number in range(self._size)]
        begin = time.monotonic()
        failed = 0
        while self._informed < self._size and time.monotonic() < begin + patience:
            for _ in range(min(len(ready), at_once - self._connecting, CONNECTS_A_TURN)):
                self._connect(ready.pop())
            self._turn(0 if ready else AGAIN_SECONDS, commands=False)
            if lost := self._received.lost:
                ready += [self._socket(number) for number in range(lost)]
                self._received.lost, failed = 0, failed + lost
        return {
            "opened": self._open,
            "informed": self._informed,
            "seconds": time.monotonic() - begin,
            "retries": failed,
        }

    def do_stall(self, share: float) -> dict[str, Any]:
        """Let a share of the viewers stop reading."""
        chosen = list(self._viewers)[: int(self._size * share)]
        for fd in chosen:
            self._viewers[fd].stalled = True
            self._epoll.modify(fd, 0)
        return {"stalled": len(chosen)}

    def do_report(self) -> dict[str, Any]:
        """What was received since the last report, and the processor time used so far."""
        received, self._received = self._received, Received()
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "deliveries": received.deliveries,
            "skipped": received.skipped,
            "lost": received.lost,
            "reading": sum(not viewer.stalled for viewer in self._viewers.values()),
            "reached": dict(received.reached),
            "last": received.last,
            "cpu_seconds": used.ru_utime + used.ru_stime,
        }

    def do_close(self) -> dict[str, Any]:
        """Hang up, all at once."""
        for viewer in self._viewers.values():
            viewer.wire.close()
        self._viewers.clear()
        self._connecting = self._open = self._informed = 0
        self._received = Received()
        return {}

    def _socket(self, number: int) -> socket.socket:
        wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        wire.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        wire.bind((f"127.0.1.{1 + number % SOURCES}", 0))
        return wire

    def _connect(self, wire: socket.socket) -> None:
        reason = wire.connect_ex((HOST, self._port))
        if reason not in (0, errno.EINPROGRESS):
            raise OSError(reason, os.strerror(reason))
        self._viewers[wire.fileno()] = Viewer(wire)
        self._connecting += 1
        self._epoll.register(wire.fileno(), select.EPOLLOUT)

    def _turn(self, patience: float, *, commands: bool = True) -> bool:
        """Handle what is ready. Whether the parent has said something."""
        told = False
        for fd, event in self._epoll.poll(patience, 4096):
            viewer = self._viewers.get(fd)
            if viewer is None:
                told = True
            elif event & select.EPOLLOUT and not viewer.asked:
                self._ask(fd, viewer)
            elif not viewer.stalled:
                self._read(fd, viewer)
            elif event & (select.EPOLLHUP | select.EPOLLERR):
                self._lose(fd, viewer)  # it was dropped, as it may be
        return told and commands

    def _ask(self, fd: int, viewer: Viewer) -> None:
        try:
            viewer.wire.send(self._request)
        except OSError:
            self._lose(fd, viewer)
        else:
            viewer.asked = True
            self._epoll.modify(fd, select.EPOLLIN)

    def _read(self, fd: int, viewer: Viewer) -> None:
        """The hot path: one call of the kernel, one search."""
        buffer = self._buffer
        try:
            length = viewer.wire.recv_into(buffer)
        except BlockingIOError:
            return
        except OSError:
            length = 0
        if not length:
            self._lose(fd, viewer)
            return
        now = time.monotonic()
        if not viewer.answered:
            self._begin(viewer, bytes(buffer[:20]))
        piece: bytes | bytearray = buffer
        if viewer.rest:
            piece = viewer.rest + buffer[:length]
            length = len(piece)
        for found in NUMBER.finditer(piece, 0, length):
            self._take(viewer, int(found[1]), now)
        ends_well = piece[length - 1 : length] == b"\n"
        viewer.rest = b"" if ends_well else _tail(piece, length)

    def _begin(self, viewer: Viewer, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"no stream but {head!r}")
        viewer.answered = True
        self._connecting -= 1
        self._open += 1

    def _take(self, viewer: Viewer, number: int, now: float) -> None:
        before, received = viewer.seen, self._received
        if number <= before:
            return
        viewer.seen = number
        if not before:
            self._informed += 1  # the present, on connecting
            return
        received.deliveries += 1
        received.skipped += number - before - 1
        for reached in range(before + 1, number + 1):
            received.reached[reached] += 1
            received.last[reached] = now

    def _lose(self, fd: int, viewer: Viewer) -> None:
        self._epoll.unregister(fd)
        viewer.wire.close()
        del self._viewers[fd]
        self._received.lost += 1
        self._open -= viewer.answered
        self._connecting -= not viewer.answered
        self._informed -= bool(viewer.seen)


def _tail(piece: bytes | bytearray, length: int) -> bytes:
    """The end of a piece, from the begin of a number on that was cut off."""
    found = CUT_OFF.search(bytes(piece[max(0, length - UNFINISHED) : length]))
    return found[0] if found else b""


def main(port: str, path: str, size: str) -> None:
    """Open as many files as the machine allows, then do as the parent says."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Audience(int(port), path, int(size)).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
