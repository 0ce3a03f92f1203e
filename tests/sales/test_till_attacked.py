"""What a client may do to the short way that it should not."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
import uvicorn
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Receive, Scope, Send

from app.identity import Identity
from app.platform import silence
from app.sales import till
from app.sales.buying import Answer
from app.sales.till import Till
from tests.factories.identity import MovableClock
from tests.factories.sales import Process, halted, on_offer
from tests.factories.storefront import WHO, Line, guarded, listening, order_of, request


@pytest.mark.parametrize("length", [b"9" * 5000, b"0" * 5000 + b"15", b"99999999999999999999"])
async def test_a_length_of_thousands_of_digits_is_refused_in_words(
    line: Line, identity: Identity, engine: AsyncEngine, clock: MovableClock, length: bytes
) -> None:
    order = await order_of(identity, engine)
    line.say(order.replace(b"Content-Length: 15", b"Content-Length: " + length))
    async with asyncio.timeout(60):
        head = await line.reader.readuntil(b"\r\n")
    assert head.split(b" ")[1] in (b"400", b"413")


async def test_a_head_without_end_is_cut_off(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(till, "LONGEST_HEAD", 10_000)
    line.say(b"GET / HTTP/1.1\r\nX: " + b"a" * 4000)
    await asyncio.sleep(0)
    line.say(b"a" * 8000)
    async with asyncio.timeout(60):
        assert (await line.reader.read()).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n",
        b"GET / HT",
        b"POST /api/v1/orders HTTP/1.1\r\nHost: a",
        b"POST /api/v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{",
    ],
)
async def test_a_connection_that_says_nothing_or_half_a_request_is_closed(
    here: Process, identity: Identity, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 0.02)
    async with listening(guarded(identity, here.checkout)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        async with asyncio.timeout(60):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


class SlowBuying:
    """Answers when it is let go. The order of bytes on a connection is all that is looked at here."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[object] | None = None

    def begin(self, *_: object) -> "asyncio.Future[object]":
        self.outcome = asyncio.get_running_loop().create_future()
        return self.outcome

    def told(self, _: object) -> Answer:
        return Answer(201, [(b"content-length", b"0")], b"")


async def a_request_in_two_pieces_behind_an_order() -> list[int]:
    """Its first piece is held while the order is under way, its second waits in the kernel. The answers' statuses."""
    buying = SlowBuying()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["buying"] = buying
            for stage in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{stage}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, http=Till, ws="none", lifespan="on", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        line = Line(*await asyncio.open_connection(*listener.getsockname()))
        line.say(request())
        await held(server, lambda _: buying.outcome is not None)
        line.say(WHO[:20])
        await held(server, lambda one: one._held == WHO[:20])
        line.say(WHO[20:])
        await asyncio.sleep(0.05)  # let it come as far as the kernel; it can go no further, reading is paused
        assert buying.outcome is not None
        buying.outcome.set_result(None)
        answers = [(await line.hear())[0] for _ in range(2)]
        line.writer.close()
        server.should_exit = True
        await serving
    return answers


async def held(server: uvicorn.Server, condition: Callable[[Till], bool]) -> list[Till]:
    """The one connection, once it is so."""
    async with asyncio.timeout(60):
        while True:
            found = [one for one in server.server_state.connections if isinstance(one, Till)]
            if found and condition(found[0]):
                return found
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
async def test_bytes_that_waited_come_after_those_that_were_held(run: Callable[..., list[int]]) -> None:
    """uvloop, which serves the shop, reads in the very turn in which reading goes on."""
    assert await asyncio.to_thread(run, a_request_in_two_pieces_behind_an_order()) == [201, 200]


async def test_a_connection_that_is_cut_while_an_order_is_under_way_leaves_nothing_behind(
    here: Process,
    identity: Identity,
    engine: AsyncEngine,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await on_offer(engine, clock)
    order = await order_of(identity, engine)
    made: list[Till] = []
    begin = Till.connection_made

    def remembered(self: Till, transport: asyncio.Transport) -> None:
        made.append(self)
        begin(self, transport)

    monkeypatch.setattr(Till, "connection_made", remembered)

    async with listening(guarded(identity, here.checkout)) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        line = Line(_, writer)
        line.say(order)
        assert (await line.hear())[0] == 201  # its timer runs from here on
        with halted("after-admit") as halt:
            line.say(await order_of(identity, engine, key="b"))
            await halt.arrival()
            reset = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            writer.transport.abort()
            halt.let_go()
            async with asyncio.timeout(60):
                while here.checkout.waiting:
                    await asyncio.sleep(0.01)
    assert made[0].timeout_keep_alive_task is None
