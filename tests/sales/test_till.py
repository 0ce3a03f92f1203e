"""The short way of an order: which requests take it, and what becomes of a connection that carries others, too."""

import asyncio
import json

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.sales.till import read_order
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, assert_the_books_balance, halted, on_offer
from tests.factories.storefront import BODY, WHO, Line, guarded, listening, order_of, request


def test_a_plain_whole_order_is_read() -> None:
    fields, body = read_order(request(b"Idempotency-Key:  a b ", b"X-Empty:")) or ({}, b"")
    assert fields[b"idempotency-key"] == b"a b"
    assert fields[b"x-empty"] == b""
    assert body == BODY


@pytest.mark.parametrize(
    "data",
    [
        request(line=b"POST /api/v1/orders?x HTTP/1.1"),
        request(line=b"GET /api/v1/orders HTTP/1.1"),
        request(line=b"POST /api/v1/orders HTTP/1.0"),
        request()[:-1],  # not whole
        request() + b"GET",  # something follows
        request()[:40],
        request(b"Transfer-Encoding: chunked"),
        request(b"Expect: 100-continue"),
        request(b"Connection: close"),
        request(b"Upgrade: websocket"),
        request(b"Content-Length: 15"),  # twice
        request(b"X-Same: 1", b"x-same: 2"),
        request(b"X-Folded: a", b" b"),
        request(b"X Space: a"),
        request(b"X-Space : a"),
        request(b"X-Nul: \0"),
        request(b"no colon"),
        request(b": no name"),
        request(b"X-Cr: a\rb"),
        request(body=b"x" * 20_000),
        request().replace(b"Content-Length: 15", b"Content-Length: +15"),
        request().replace(b"Content-Length: 15", b"Content-Length: -1"),
        request().replace(b"Content-Length: 15", b"Content-Length:"),
        request().replace(b"Content-Length: 15", b"Content-Length: " + b"0" * 5000 + b"15"),
        request().replace(b"\r\n", b"\n"),
    ],
)
def test_whatever_is_unusual_is_left_to_the_parser(data: bytes) -> None:
    assert read_order(data) is None


async def test_one_connection_carries_orders_and_everything_else(
    line: Line, identity: Identity, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    order = await order_of(identity, engine)
    for _ in range(2):
        line.say(order)
        assert (await line.hear())[0] == 201
        line.say(WHO)
        assert (await line.hear())[0] == 401
        line.say(order[:50])  # in pieces
        await asyncio.sleep(0)
        line.say(order[50:])
        assert (await line.hear())[0] == 201
    line.say(b"GARBAGE\r\n\r\n")
    assert (await line.reader.read()).startswith(b"HTTP/1.1 400")
    await assert_the_books_balance(engine, sold=1)


async def test_requests_that_come_at_once_are_answered_in_their_order(
    line: Line, identity: Identity, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    order = await order_of(identity, engine)
    line.say(WHO + order + WHO + order)
    assert [(await line.hear())[0] for _ in range(4)] == [401, 201, 401, 201]
    line.say(order)
    line.say(WHO)
    line.say(order + WHO)
    assert [(await line.hear())[0] for _ in range(4)] == [201, 401, 201, 401]
    await assert_the_books_balance(engine, sold=1)


async def test_what_comes_while_an_order_is_under_way_waits_its_turn(
    line: Line, identity: Identity, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    order = await order_of(identity, engine)
    with halted("after-admit") as halt:
        line.say(order)
        await halt.arrival()
        line.say(WHO)
        line.say(WHO[:20])
        halt.let_go()
        assert (await line.hear())[0] == 201
    assert (await line.hear())[0] == 401
    line.say(WHO[20:])
    assert (await line.hear())[0] == 401


async def test_an_order_that_is_under_way_when_the_shop_stops_is_still_answered(
    here: Process, identity: Identity, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    order = await order_of(identity, engine)
    with halted("before-answer") as halt:
        async with listening(guarded(identity, here.checkout)) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(order)
            await halt.arrival()
            asyncio.get_running_loop().call_later(0.2, halt.let_go)  # the server is stopping by then
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 201")
    assert b"connection: close" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["deal_id"] == DEAL
    writer.close()


async def test_a_client_that_hangs_up_is_not_answered_and_its_order_stands(
    line: Line, identity: Identity, engine: AsyncEngine, clock: MovableClock, here: Process
) -> None:
    await on_offer(engine, clock)
    order = await order_of(identity, engine)
    with halted("after-admit") as halt:
        line.say(order)
        await halt.arrival()
        line.writer.transport.abort()
        halt.let_go()
        async with asyncio.timeout(60):
            await here.checkout.changed.wait()
    await assert_the_books_balance(engine, sold=1)
