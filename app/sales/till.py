"""The short way of `POST /orders`: a plain, whole request goes from the socket to `Buying`, and back in one write.

`Till` is uvicorn's own protocol, which still takes everything else: other addresses, and requests that come in pieces
or say anything unusual. What it spares (a scope, a task, two writes) is more than half of what a purchase costs the
process: see docs/decisions/0007-buying-has-its-own-way-in.md.
"""

import asyncio
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.platform.address import network_of
from app.platform.callers import callers_of
from app.platform.crowding import LONG_HEAD, LONG_HEADS, crowding_of, refusal
from app.platform.guards import stated_length
from app.platform.plain_request import plain_fields
from app.platform.silence import silence_of
from app.sales.buying import Answer, Buying
from app.sales.verdict import Verdict

STATE = "buying"  # under which name the app's lifespan hands its Buying on
FIRST_LINE = b"POST /api/v1/orders HTTP/1.1\r\n"
LONGEST = 16 * 1024  # bytes of a request that is looked at here
LONGEST_HEAD = (
    16 * 1024 * 1024
)  # bytes of a request line and header fields; a Last-Event-ID of 10 MB is borne
STEP = 4 * 1024  # bytes of a body by which it makes progress; less in the time of a silence is none
STATUS = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}

Fields = dict[bytes, bytes]


class Till(HttpToolsProtocol):
    """uvicorn's `http=` class. Its keyword arguments are uvicorn's."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._buying: Buying = given["app_state"][STATE]
        self._silence = silence_of(given["app_state"])
        self._callers, self._crowding = callers_of(given), crowding_of(given["app_state"])
        self._party: str | None = None  # as whom it counts among connections
        self._between_requests, self._in_head, self._head_bytes, self._body_bytes = True, False, 0, 0
        self._head_is_long = False
        self._busy, self._closing = False, False
        self._answered_at = 0.0  # by the loop's clock
        self._held = b""  # what came while an order is under way

    def data_received(self, data: bytes) -> None:
        """Some bytes: an order that can be taken here, or uvicorn's."""
        if self._busy:
            self._held += data
            self.flow.pause_reading()
            return
        order = read_order(data) if self._between_requests and self._is_idle() else None
        if order is None:
            self._take_the_long_way(data)
            return
        self._silence.end(self)
        self._busy = True
        try:
            fields, body = order
            found = self._buying.begin(fields, body, self._address(fields))
        except Exception as error:  # noqa: BLE001 - as the framework's own outermost handler
            found = self._buying.failed(error)
        if isinstance(found, Answer):
            self._reply(found)
        else:
            found.add_done_callback(self._told)
            self.tasks.add(cast("asyncio.Task[None]", found))  # uvicorn waits for these when it stops

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Somebody is here, and has said nothing yet."""
        super().connection_made(transport)
        party = self._crowding.party(self.client[0] if self.client else None, self._callers)
        if not self._crowding.enter(party):
            transport.write(refusal())
            transport.close()
            return
        self._party = party
        self._silence.begin(self, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._silence.end(self)
        self._crowding.leave(self._party)
        self._party = None
        self._end_head()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """uvicorn's parser has begun with a request, which may not be whole."""
        self._between_requests, self._in_head, self._head_bytes, self._body_bytes = False, True, 0, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It knows all header fields."""
        self._end_head()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """uvicorn's parser has a whole request."""
        self._between_requests = True
        super().on_message_complete()

    def _take_the_long_way(self, data: bytes) -> None:
        """uvicorn's parser knows no end of header fields, and copies all of a field with each piece of it."""
        super().data_received(data)
        if self._between_requests and not self._is_idle():
            self._silence.end(self)  # a request is whole, and under way
            return
        if not self._between_requests and not self._in_head:
            self._body_bytes += len(data)
            if self._body_bytes >= STEP:
                self._silence.end(self)  # a body makes progress
                self._body_bytes = 0
        self._silence.begin(self, self.transport.abort)
        self._head_bytes += len(data)
        if self._in_head and not self._may_go_on():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _may_go_on(self) -> bool:
        """Whether a head that has no end yet is borne. Long ones are held in memory, so few are, however many ask."""
        if self._head_bytes > LONG_HEAD and not self._head_is_long:
            if self._crowding.long_heads >= LONG_HEADS:
                return False
            self._head_is_long = True
            self._crowding.long_heads += 1
        return self._head_bytes <= LONGEST_HEAD

    def _end_head(self) -> None:
        self._in_head = False
        if self._head_is_long:
            self._head_is_long = False
            self._crowding.long_heads -= 1

    def _address(self, fields: Fields) -> str | None:
        """Whose request it is, as limits count: the network of the client that trusted proxies have told."""
        if self.client is None:
            return None
        told = fields.get(b"x-forwarded-for")
        host = self.client[0] if told is None else self._callers.host(self.client[0], told.decode("latin-1"))
        return network_of(host)

    def shutdown(self) -> None:
        """uvicorn stops: what is under way is answered first."""
        if self._busy:
            self._closing = True
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        if self.flow.write_paused:
            return False  # it does not read what it is told; uvicorn's way waits for that
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _told(self, outcome: "asyncio.Future[Verdict]") -> None:
        self.tasks.discard(cast("asyncio.Task[None]", outcome))
        if outcome.cancelled():
            self.transport.close()
            return
        try:
            answer = self._buying.told(outcome.result())
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            answer = self._buying.failed(error)
        self._reply(answer)

    def _reply(self, answer: Answer) -> None:
        if self.transport.is_closing():
            return
        fields = [*self.server_state.default_headers, *answer.fields]
        if self._closing:
            fields.append((b"connection", b"close"))
        head = b"".join([b"%b: %b\r\n" % field for field in fields])
        self.transport.write(b"%b%b\r\n%b" % (STATUS[answer.status], head, answer.body))
        if self._closing:
            self.transport.close()
            return
        self.server_state.total_requests += 1
        self._answered_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_in(self.timeout_keep_alive)
        if self._held:
            self.loop.call_soon(self._go_on)  # busy until then: what comes meanwhile comes after it
        else:
            self._busy = False
            self.flow.resume_reading()

    def _go_on(self) -> None:
        held, self._held = self._held, b""
        self._busy = False
        if self._closing or self.transport.is_closing():
            self.transport.close()
            return
        self.data_received(held)
        if not self._busy:
            self.flow.resume_reading()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nobody has asked for anything. One timer serves many orders: making one anew
        for each costs as much as the look at the request."""
        if self.transport.is_closing():
            return
        quiet = self.loop.time() - self._answered_at
        if self._busy or quiet < self.timeout_keep_alive:
            self._look_again_in(self.timeout_keep_alive if self._busy else self.timeout_keep_alive - quiet)
        else:
            super().timeout_keep_alive_handler()

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)


def read_order(data: bytes) -> tuple[Fields, bytes] | None:
    """Header fields and body of an order that is whole and alone and wants nothing unusual; else None."""
    if not data.startswith(FIRST_LINE) or len(data) > LONGEST:
        return None
    end = data.find(b"\r\n\r\n")
    fields = None if end < 0 else plain_fields(data, len(FIRST_LINE), end)
    if fields is None or b"connection" in fields or stated_length(fields) != len(data) - end - 4:
        return None
    return fields, data[end + 4 :]
