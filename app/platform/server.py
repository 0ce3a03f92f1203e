"""uvicorn as the shop runs it: on sockets of its own, and with streams that end before it waits for requests."""

import asyncio
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.platform.listening import BACKLOG, beside
from app.platform.metrics import gathered_over_processes

GRACE_SECONDS = 10
# For a worker to answer its parent, its first word included. On a busy machine uvicorn's own five go by in imports
# alone, and the parent would kill each one before it has begun.
ANSWER_SECONDS = 30


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


def serve(
    app: str,
    listener: socket.socket,
    *,
    workers: int,
    trusted_proxies: str | None,
    http: type[asyncio.Protocol] | None = None,
) -> None:
    """Serve the factory `app` on `listener` until told to stop. `http` sees each connection first, if there is one."""
    _open_many_files()
    config = uvicorn.Config(
        app,
        factory=True,
        http=http or "httptools",
        workers=workers,
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies or "",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=ANSWER_SECONDS,
        ws="none",
        lifespan="on",
    )
    listeners = [listener, *beside(listener)]
    if workers == 1:
        uvicorn.Server(config).run(sockets=listeners)
    else:
        with gathered_over_processes():
            Multiprocess(config, sockets=listeners).run()


def _open_many_files() -> None:
    """Every viewer is an open file, and what a process gets by default is often 1,024."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
