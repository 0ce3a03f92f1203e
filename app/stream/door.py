"""The fast way in: a whole request for the stream becomes a viewer at once, everything else goes to uvicorn's own way.

A `Door` is what uvicorn makes for each connection. It sees the first bytes and is gone. The way that it spares a stream
(parser, ASGI app, middleware, a task) costs ten times the viewer itself; what those decide is decided here too, by
the same functions.
"""

import asyncio
import re
from typing import Any, ClassVar, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.platform.callers import Callers, callers_of
from app.platform.crowding import crowding_of, refusal
from app.platform.plain_request import plain_fields
from app.platform.silence import silence_of
from app.stream.admission import Guest
from app.stream.event import greeting
from app.stream.room import Stream
from app.stream.viewer import Viewer

PATH = b"/api/v1/stream"
STATE = "stream"  # under which name the app's lifespan hands its Stream on
ENTRANCE = "stream_entrance"
FIRST_LINE = re.compile(rb"GET /api/v1/stream(?:\?[!-~]*)? HTTP/1\.[01]\r\n")
LONGEST = 16 * 1024  # bytes of a request that is looked at here


class Door(asyncio.Protocol):
    """uvicorn's `http=` class. Its keyword arguments are uvicorn's."""

    __slots__ = ("_crowding", "_given", "_party", "_silence", "_transport")

    ordinary: ClassVar[type[HttpToolsProtocol]] = HttpToolsProtocol  # takes everything else

    def __init__(self, **given: Any) -> None:
        self._given = given
        self._silence = silence_of(given["app_state"])
        self._crowding = crowding_of(given["app_state"])
        self._party: str | None = None  # as whom it counts
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is here, and has said nothing yet."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        peer = transport.get_extra_info("peername")
        party = self._crowding.party(peer[0] if peer else None, callers_of(self._given))
        if not self._crowding.enter(party):
            self._transport.write(refusal())
            self._transport.close()
            return
        self._party = party
        self._given["server_state"].connections.add(self)
        self._silence.begin(self, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """The first bytes: in by the fast way, or by the ordinary."""
        transport, given = self._transport, self._given
        assert transport is not None
        if transport.is_closing():
            return
        self._leave()
        if not _wants_stream(data) or given["config"].is_ssl or not _entrance(given).let_in(transport, data):
            self._hand_over(transport, data)

    def _hand_over(self, transport: asyncio.Transport, data: bytes) -> None:
        protocol = self.ordinary(**self._given)
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        protocol.data_received(data)

    def eof_received(self) -> bool:
        """It left without a word."""
        return False

    def connection_lost(self, _: Exception | None) -> None:
        """It is gone."""
        self._leave()

    def _leave(self) -> None:
        self._silence.end(self)
        self._given["server_state"].connections.discard(self)
        self._crowding.leave(self._party)
        self._party = None

    def shutdown(self) -> None:
        """uvicorn stops."""
        if self._transport is not None:
            self._transport.close()


class Entrance:
    """What all doors of a process share."""

    def __init__(self, stream: Stream, callers: Callers, state: ServerState) -> None:
        self._stream, self._callers, self._state = stream, callers, state
        self._dated: object = None
        self._head = b""

    def let_in(self, transport: asyncio.Transport, data: bytes) -> bool:
        """Whether the sender of this request is a viewer now. Where not, nothing was done."""
        fields = _read(data)
        if fields is None:
            return False
        guest = self._stream.admission.decide(self._scope(fields, transport))
        if not isinstance(guest, Guest):
            return False  # the ordinary way decides the same, and says so in full
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn asks of it a `shutdown`, no more
        Viewer(self._stream.hub, guest, transport).begin(self._response_head() + greeting(), guest)
        return True

    def shutdown(self) -> None:
        """uvicorn stops, and would wait for every stream to end."""
        self._state.connections.discard(self)
        self._stream.hub.close()

    def _scope(self, fields: list[tuple[bytes, bytes]], transport: asyncio.Transport) -> Scope:
        client = transport.get_extra_info("peername") or None
        if client is not None:
            told = next(
                (value.decode("latin-1") for name, value in fields if name == b"x-forwarded-for"), None
            )
            client = (self._callers.host(client[0], told), 0)
        return {"type": "http", "method": "GET", "client": client, "headers": fields}

    def _response_head(self) -> bytes:
        """As the ordinary way has it, but for the length: this one ends with the connection."""
        if self._dated is not self._state.default_headers:
            self._dated = self._state.default_headers  # made anew each second
            fields = [
                (b"content-type", b"text/event-stream; charset=utf-8"),
                (b"cache-control", b"no-store"),
                (b"x-accel-buffering", b"no"),
                *((name.lower().encode(), value.encode()) for name, value in self._stream.fields.items()),
                *self._state.default_headers,
                (b"connection", b"close"),
            ]
            self._head = b"HTTP/1.1 200 OK\r\n%s\r\n" % b"".join(b"%s: %s\r\n" % field for field in fields)
        return self._head


def _wants_stream(data: bytes) -> bool:
    after = 4 + len(PATH)
    return data[:4] == b"GET " and data[4:after] == PATH and data[after : after + 1] in (b" ", b"?")


def _read(data: bytes) -> list[tuple[bytes, bytes]] | None:
    """The header fields of a request that is whole and plain, and that nothing follows."""
    end = len(data) - 4
    if len(data) > LONGEST or data.find(b"\r\n\r\n") != end:
        return None
    line = FIRST_LINE.match(data)
    fields = None if line is None else plain_fields(data, line.end(), end)
    return None if fields is None or b"content-length" in fields else list(fields.items())


def _entrance(given: dict[str, Any]) -> Entrance:
    """One for each server; kept where its Stream is."""
    found: Entrance | None = given["app_state"].get(ENTRANCE)
    if found is None:
        stream: Stream = given["app_state"][STATE]
        found = given["app_state"][ENTRANCE] = Entrance(stream, callers_of(given), given["server_state"])
    return found
