"""A wire to Redis on which a subscription can fall silent without an end, as with a half-open connection."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class DeafWire:
    """A unix socket that leads to a Redis. `url` is its near end."""

    def __init__(self, server: Path, path: Path) -> None:
        self.url = f"unix://{path}"
        self.subscriptions = 0
        self._server, self._path = server, path
        self._silent: set[asyncio.StreamWriter] = set()
        self._subscribed: set[asyncio.StreamWriter] = set()
        self._all_silent = False
        self._tasks: set[asyncio.Task[None]] = set()

    def silence_subscriptions(self) -> None:
        """From now on nothing comes over the subscriptions that there are; new ones work."""
        self._silent |= self._subscribed

    def silence_everything(self) -> None:
        """From now on nothing comes over any connection that there is or will be."""
        self._all_silent = True

    def speak(self) -> None:
        """New connections work again; the silent ones stay so."""
        self._all_silent = False

    async def listen(self) -> asyncio.Server:
        """Begin."""
        return await asyncio.start_unix_server(self._accept, self._path)

    async def end(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())  # also where it was cancelled before it began

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self._server)

        async def requests() -> None:
            while chunk := await reader.read(65536):
                if b"SUBSCRIBE" in chunk:
                    self._subscribed.add(writer)
                    self.subscriptions += 1
                server_writer.write(chunk)

        async def replies() -> None:
            while chunk := await server_reader.read(65536):
                if self._all_silent:
                    self._silent.add(writer)
                if writer not in self._silent:
                    writer.write(chunk)

        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(lambda _: server_writer.close())
        directions = [asyncio.create_task(requests()), asyncio.create_task(replies())]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)


@asynccontextmanager
async def deaf_wire(redis_url: str) -> AsyncIterator[DeafWire]:
    """A wire to this Redis."""
    with tempfile.TemporaryDirectory(prefix="bm-") as name:  # a socket's path has to be short
        wire = DeafWire(Path(redis_url.removeprefix("unix://")), Path(name) / "redis.sock")
        server = await wire.listen()
        yield wire
        server.close()
        await wire.end()
