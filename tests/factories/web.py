"""Web servers that answer as they are told: 127.0.0.1 stands for the Internet, 127.0.0.2 for the shop's own network."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import Struct, field

from app.inventory.photos.fetching import Reach, fetch_photo, look_up
from app.inventory.photos.keeping import NotAPhotoError

PUBLIC, PRIVATE = "127.0.0.1", "127.0.0.2"
Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Server(Struct):
    """A web server that answers as it is told, and notes what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list)

    def reach(self, names: Mapping[str, Sequence[str]] | None = None, **chosen: Any) -> Reach:
        """A fetch may come here on this port and nowhere else; `names` are known besides addresses."""

        async def resolve(host: str, port: int) -> list[str]:
            return list((names or {}).get(host) or await look_up(host, port))

        chosen.setdefault("resolve", resolve)
        return Reach(may_connect=lambda at, port: (at, port) == (PUBLIC, self.port), **chosen)


@asynccontextmanager
async def serving(
    answer: Answer, *, at: str = PUBLIC, port: int = 0, trust: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Serve on a port; each connection is answered once, and closed."""
    server = Server(port)

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            server.asked.append(head)
            await answer(head, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has heard enough
        finally:
            writer.close()

    listening = await asyncio.start_server(on_connection, at, port, ssl=trust)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


def saying(body: bytes = b"a picture", status: str = "200 OK", **headers: str) -> Answer:
    """Always the same answer."""
    fields = {"Content-Length": str(len(body))} | {k.replace("_", "-"): v for k, v in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    return answer


def sending_on(location: str, status: str = "302 Found") -> Answer:
    """A redirect; {port} in the location is the server's own."""

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        port = head.lower().partition("host: ")[2].partition("\r\n")[0].rpartition(":")[2]
        where = location.replace("{port}", port)
        writer.write(f"HTTP/1.1 {status}\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


async def refused(url: str, reach: Reach) -> str:
    """Why there is no photo at this address."""
    with pytest.raises(NotAPhotoError) as caught:
        await fetch_photo(url, reach)
    return str(caught.value)
