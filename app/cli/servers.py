"""The servers that a command needs: those that were given, else the embedded ones.

Loads little, because the servers of `up` start while the rest of the shop is still being loaded.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from app.platform.embedded import EmbeddedServers, EmbeddedServersError
from app.platform.settings import Settings

HEAL_SECONDS = 2.0


@contextmanager
def with_servers(settings: Settings, meanwhile: Callable[[], object] | None = None) -> Iterator[Settings]:
    """The settings with a database and a Redis in them. `meanwhile` is called while they start.

    Raises EmbeddedServersError.
    """
    if settings.database_url is not None:
        if meanwhile is not None:
            meanwhile()
        yield settings
        return
    servers = _start(EmbeddedServers(settings.data), meanwhile)
    over = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(servers, over), name="servers", daemon=True)
    keeper.start()
    try:
        urls = {"database_url": servers.database_url, "redis_url": servers.redis_url}
        yield settings.model_copy(update=urls)
    finally:
        over.set()
        keeper.join()
        servers.stop()


def _start(servers: EmbeddedServers, meanwhile: Callable[[], object] | None) -> EmbeddedServers:
    if meanwhile is None:
        return servers.start()
    with ThreadPoolExecutor(1, "servers") as beside:
        starting: Future[EmbeddedServers] = beside.submit(servers.start)
        try:
            meanwhile()
        except BaseException:
            with suppress(EmbeddedServersError):
                starting.result().stop()
            raise
        return starting.result()


def _keep_up(servers: EmbeddedServers, over: threading.Event) -> None:
    """A killed server is healed by its supervisor; a killed supervisor, with which both servers end, by this."""
    from app.platform.logging import get_logger

    while not over.wait(HEAL_SECONDS):
        try:
            servers.start()
        except EmbeddedServersError as error:
            get_logger(__name__).warning("the embedded servers are down", error=str(error))
