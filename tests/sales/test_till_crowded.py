"""Too many connections, heads that fill memory, and bodies that drip: what the ordinary way in bears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.identity import Identity
from app.platform import crowding as room
from app.platform import silence
from app.platform.crowding import Crowding
from app.sales import till
from tests.factories.sales import Process
from tests.factories.storefront import WHO, Line, guarded, listening

NOT_OURSELVES = "127.0.0.2"  # an address of this machine that counts as anybody's


@pytest.fixture
def crowding() -> Crowding:
    """A rule that lets two in."""
    made = Crowding(by_address=True)
    made.most = 2
    return made


@pytest.fixture
async def port(here: Process, identity: Identity, crowding: Crowding) -> AsyncIterator[int]:
    """Where a till listens."""
    async with listening(guarded(identity, here.checkout, crowding=crowding)) as port:
        yield port


@asynccontextmanager
async def connected(port: int, host: str = NOT_OURSELVES) -> AsyncIterator[Line]:
    """A connection from this address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    yield Line(reader, writer)
    writer.close()


async def test_one_connection_too_many_is_refused_in_words_and_the_next_comes_in(
    port: int, crowding: Crowding
) -> None:
    async with connected(port) as first, connected(port) as second, connected(port) as third:
        for line in (first, second):
            line.say(WHO)
            assert (await line.hear())[0] == 401
        async with asyncio.timeout(10):
            refused = await third.reader.read()
        assert refused.startswith(b"HTTP/1.1 429")
        assert b"retry-after: 5" in refused
        async with connected(port, "127.0.0.3") as other:
            other.say(WHO)
            assert (await other.hear())[0] == 401
        async with connected(port, "127.0.0.1") as ourselves:
            ourselves.say(WHO)
            assert (await ourselves.hear())[0] == 401
    async with asyncio.timeout(10):
        while crowding.open:
            await asyncio.sleep(0.01)
    async with connected(port) as again:
        again.say(WHO)
        assert (await again.hear())[0] == 401


async def test_only_few_may_have_a_long_head_at_the_same_time(
    port: int, crowding: Crowding, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowding.most = 100
    monkeypatch.setattr(till, "LONG_HEAD", 5000)
    monkeypatch.setattr(till, "LONG_HEADS", 1)
    long = b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 9000
    async with connected(port) as first, connected(port) as second:
        first.say(long)
        async with asyncio.timeout(10):
            while not crowding.long_heads:
                await asyncio.sleep(0.01)
        second.say(long)
        async with asyncio.timeout(10):
            assert (await second.reader.read()).startswith(b"HTTP/1.1 431")
        first.say(b"\r\n\r\n")
        assert (await first.hear())[0] == 401, "the first one's is borne"
        assert crowding.long_heads == 0
        first.say(long)
        async with asyncio.timeout(10):
            while not crowding.long_heads:
                await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        while crowding.long_heads:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("bytes_a_step", "is_borne"), [(1, False), (till.STEP, True)])
async def test_a_body_that_drips_is_cut_off_and_one_that_flows_is_not(
    port: int, monkeypatch: pytest.MonkeyPatch, bytes_a_step: int, is_borne: bool
) -> None:
    """By a clock of the test's own: no machine is too slow for it."""
    ended: list[object] = []
    begun: list[object] = []
    monkeypatch.setattr(silence.Silence, "end", lambda _, connection: ended.append(connection))
    monkeypatch.setattr(silence.Silence, "begin", lambda _, connection, __: begun.append(connection))
    async with connected(port) as line:
        line.say(b"POST /api/v1/shoppers HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n")
        async with asyncio.timeout(10):
            while len(begun) < 2:  # the connection, and its request's head
                await asyncio.sleep(0.01)
        before, steps = len(ended), len(begun)
        line.say(b"x" * bytes_a_step)
        async with asyncio.timeout(10):
            while len(begun) == steps:
                await asyncio.sleep(0.01)
        assert (len(ended) > before) == is_borne, "whose silence is not ended is closed when its time is up"


def test_the_cap_is_far_above_what_a_campus_needs() -> None:
    assert room.CONNECTIONS_OF_ADDRESS >= 500
