"""uvicorn as the shop runs it: on a socket of its own, and with streams that end before it waits for requests."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from uvicorn.supervisors import Multiprocess

BACKLOG = 4096
GRACE_SECONDS = 10


class PortTakenError(Exception):
    """Something else listens on the address that was asked for."""


@contextmanager
def at_stop_signal(end_streams: Callable[[], None]) -> Iterator[None]:
    """Call `end_streams` when uvicorn is told to stop: it waits for every answer to end, and a stream never would."""
    loop = asyncio.get_running_loop()
    replaced = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        uvicorns = signal.getsignal(number)
        if not isinstance(getattr(uvicorns, "__self__", None), uvicorn.Server):
            continue  # somebody else runs the app and stops it in another way

        def stop(number: int, frame: FrameType | None, uvicorns: Callable[..., None] = uvicorns) -> None:  # type: ignore[assignment]
            loop.call_soon_threadsafe(end_streams)
            uvicorns(number, frame)

        replaced[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)


def listen(host: str, port: int | None, *, default_port: int = 8000) -> socket.socket:
    """A listening socket on `port`; without one on `default_port` or the next that is free. Raises PortTakenError."""
    candidates = [port] if port is not None else list(range(default_port, default_port + 100))
    for candidate in candidates:
        try:
            return _bound(host, candidate)
        except OSError as error:
            if candidate == candidates[-1]:
                reason = error.strerror or error
                raise PortTakenError(f"Cannot listen on {host}:{candidates[0]}: {reason}.") from error
    raise AssertionError("there is at least one candidate")


def _bound(host: str, port: int) -> socket.socket:
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def serve(app: str, listener: socket.socket, *, workers: int, trusted_proxies: str | None) -> None:
    """Serve the factory `app` on `listener` until told to stop."""
    config = uvicorn.Config(
        app,
        factory=True,
        workers=workers,
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies or "",
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="none",
        lifespan="on",
    )
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()
