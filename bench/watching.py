"""The parent's side of an audience: starts its processes, publishes to it, and asks other things meanwhile."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from msgspec import Struct

from bench.processes import ROOT, ChildError, clean_environment, python

PER_PROCESS = 10_000
FIRST_NUMBER = 1_000_000_000
BODY_BYTES = 300
PATIENCE = 60.0
DEAL = {"id": 1, "title": "The Loaf Admiral 2-lb Bread Maker", "price": {"amount": 4999, "currency": "USD"}}


class Crowd:
    """Viewers in processes of their own. Commands go to all of them, answers are added up or listed."""

    def __init__(self, port: int, path: str, size: int) -> None:
        sizes = [PER_PROCESS] * (size // PER_PROCESS) + ([size % PER_PROCESS] if size % PER_PROCESS else [])
        self._processes = [
            subprocess.Popen(  # noqa: S603
                python("bench.audience", str(port), path, str(part)),
                env=clean_environment(),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
            for part in sizes
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    def do(self, command: str, **details: object) -> list[dict[str, Any]]:
        """Have every process do it at once; their answers. Raises ChildError."""
        line = json.dumps({"do": command, **details}) + "\n"
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(line)
        return [self._answer(process) for process in self._processes]

    def _answer(self, process: "subprocess.Popen[str]") -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise ChildError("viewers ended before their time; what they wrote above says why")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Published(Struct, frozen=True):
    """Which events were published, and when each was due (monotonic seconds)."""

    due: dict[int, float]


class Publisher:
    """Publishes numbered events by POST /pub."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._next = FIRST_NUMBER

    def publish(self, rate: float, seconds: float) -> Published:
        """So many events a second, each at its time. One that was due while the last was under way follows at once."""
        due: dict[int, float] = {}
        begin = time.monotonic()
        with connected(self._port) as wire:
            for number in range(max(1, round(rate * seconds))):
                at = begin + number / rate
                time.sleep(max(0.0, at - time.monotonic()))
                due[self._next] = at
                ask(wire, self._request(self._next))
                self._next += 1
        return Published(due)

    def _request(self, number: int) -> bytes:
        body = {"deal": DEAL, "pad": "", "q": number}
        body["pad"] = "x" * max(0, BODY_BYTES - len(json.dumps(body, separators=(",", ":"))))
        text = json.dumps(body, separators=(",", ":")).encode()
        head = f"POST /pub HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(text)}"
        return head.encode() + b"\r\n\r\n" + text


@contextmanager
def probed(port: int, path: str | None, latencies: list[float]) -> Iterator[None]:
    """Ask for `path` about 150 times a second meanwhile; adds how many seconds each answer took."""
    over = threading.Event()

    def probe() -> None:
        with connected(port) as wire:
            request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
            while not over.wait(0.005):
                begin = time.monotonic()
                ask(wire, request)
                latencies.append(time.monotonic() - begin)

    thread = threading.Thread(target=probe, daemon=True)
    if path is not None:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if path is not None:
            thread.join(PATIENCE)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection to the server at `port`."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield wire


def ask(wire: socket.socket, request: bytes) -> None:
    """Send it, and wait for the whole answer. Raises ChildError where that is a refusal."""
    wire.sendall(request)
    answer = wire.recv(65536)
    while not _is_whole(answer):
        more = wire.recv(65536)
        if not more:
            break
        answer += more
    if not answer.startswith(b"HTTP/1.1 2"):
        raise ChildError(f"the server refused: {answer[:200]!r}")


def delays(published: Published, reports: Sequence[dict[str, Any]]) -> tuple[list[float], int]:
    """Seconds from when each event was due until the last viewer had it; and how many never came to everybody."""
    readers = sum(report["reading"] for report in reports)
    found = []
    for number, due in published.due.items():
        if sum(report["reached"].get(str(number), 0) for report in reports) >= readers:
            found.append(max(report["last"][str(number)] for report in reports) - due)
    return sorted(found), len(published.due) - len(found)


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    _, _, rest = head.lower().partition(b"content-length: ")
    return len(body) >= int(rest.partition(b"\r\n")[0] or 0)
