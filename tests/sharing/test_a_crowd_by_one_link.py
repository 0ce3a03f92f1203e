"""A crowd that comes by one link costs what one visitor costs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from redis.asyncio import Redis
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.signing import Signer
from app.sharing import Sharing
from app.sharing.links import Link, Maker, add_visits, claim_links, make_link
from tests.conftest import FrozenClock
from tests.factories.sales import eventually, people

DEAL = 37
AT_ONCE = 64
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
LOCK = text("SELECT FROM share_links WHERE code = :code FOR UPDATE NOWAIT")


@pytest.fixture
async def sharing(engine: AsyncEngine, redis: Redis, clock: FrozenClock) -> AsyncIterator[Sharing]:
    sharing = Sharing(engine, redis, clock, Signer("s" * 40), secure=False)
    await sharing.start()
    yield sharing
    await sharing.stop()


@contextmanager
def read_from(engine: AsyncEngine, table: str) -> Iterator[list[str]]:
    """The statements that read a table from now on."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if f"FROM {table}" in statement:
            seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.sync_engine, "before_cursor_execute", note)


async def two_links(engine: AsyncEngine, clock: FrozenClock) -> list[Link]:
    """Of one browser, by their codes."""
    async with engine.begin() as connection:
        made = [
            await make_link(connection, Maker(None, "d"), deal, 70, clock.now()) for deal in (DEAL, DEAL + 1)
        ]
    return sorted((link for link, _ in made), key=lambda link: link.code)


async def test_a_crowd_that_asks_for_a_link_at_once_waits_for_one_reading(
    engine: AsyncEngine, clock: FrozenClock, sharing: Sharing
) -> None:
    (ada,) = await people(engine, 1)
    link, _ = await sharing.make(Maker(ada, "d"), DEAL, 70)
    with read_from(engine, "share_links") as alone:
        assert await sharing.read(link.code) is not None
    with read_from(engine, "share_links") as together:
        found = await asyncio.gather(*(sharing.look_up(link.code) for _ in range(AT_ONCE)))
    assert {one and one.link.code for one in found} == {link.code}
    assert len(together) == len(alone) > 0


async def test_a_code_of_nobodys_is_asked_for_once(engine: AsyncEngine, sharing: Sharing) -> None:
    with read_from(engine, "share_links") as seen:
        for _ in range(AT_ONCE):
            assert await sharing.look_up("zzzzzzzzzz") is None
            assert await sharing.look_up("no code") is None
    assert len(seen) == 1


async def test_a_reading_that_fails_is_nobodys_for_long(
    engine: AsyncEngine, sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = await people(engine, 1)
    link, _ = await sharing.make(Maker(ada, "d"), DEAL, 70)

    async def away(_: str) -> None:
        raise OSError("away")

    with monkeypatch.context() as broken:
        broken.setattr(sharing, "read", away)
        answers = await asyncio.gather(
            *(sharing.look_up(link.code) for _ in range(3)), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [OSError] * 3
    assert await sharing.look_up(link.code) is not None


async def test_a_link_that_is_claimed_while_it_is_read_is_read_again(
    engine: AsyncEngine, clock: FrozenClock, sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = await people(engine, 1)
    link, _ = await sharing.make(Maker(None, "d"), DEAL, 70)
    has_read, go_on, read = asyncio.Event(), asyncio.Event(), sharing.read

    async def slowly(code: str) -> object:
        found = await read(code)
        has_read.set()
        await go_on.wait()
        return found

    with monkeypatch.context() as slow:
        slow.setattr(sharing, "read", slowly)
        early = asyncio.create_task(sharing.look_up(link.code))
        await has_read.wait()
        await sharing.claim("d", ada)
        go_on.set()
        seen = await early
        assert seen is not None
        assert seen.link.shopper_id is None
    again = await sharing.look_up(link.code)
    assert again is not None
    assert again.link.shopper_id == ada


@pytest.mark.parametrize("who", ["visits", "claim"])
async def test_who_changes_many_links_locks_them_in_one_order(
    engine: AsyncEngine, clock: FrozenClock, who: str
) -> None:
    """Who waits for the first holds no other: so the two never wait for each other."""
    (ada,) = await people(engine, 1)
    first, last = await two_links(engine, clock)

    async def change(connection: AsyncConnection) -> None:
        if who == "visits":
            await add_visits(connection, {last.code: 1, first.code: 1})
        else:
            await claim_links(connection, "d", ada, clock.now())

    async with engine.connect() as holder, engine.connect() as other, engine.connect() as looking:
        await holder.execute(LOCK, {"code": first.code})
        waiting = asyncio.create_task(change(other))
        await eventually(lambda: _somebody_waits(engine))
        await looking.execute(LOCK, {"code": last.code})
        with pytest.raises(DBAPIError, match="could not obtain lock"):  # the control: what is held is refused
            await looking.execute(LOCK, {"code": first.code})
        await looking.rollback()
        await holder.rollback()
        await waiting
        await other.commit()


async def _somebody_waits(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return bool(await connection.scalar(WAITING))


async def test_a_purchase_asks_nobody_about_a_link_that_is_known_to_be_somebodys(
    engine: AsyncEngine, clock: FrozenClock, sharing: Sharing
) -> None:
    """Who made it never changes again. Whose link is nobody's yet is asked for: it may have been claimed."""
    (bea,) = await people(engine, 1)
    unclaimed, _ = await two_links(engine, clock)
    async with engine.begin() as connection:
        beas, _ = await make_link(connection, Maker(bea, None), DEAL, 70, clock.now())
    assert sharing.owned(beas.code) is None, "nothing is known of it yet"

    await sharing.look_up(beas.code)
    await sharing.look_up(unclaimed.code)
    with read_from(engine, "share_links") as seen:
        known = sharing.owned(beas.code)
        assert known is not None
        assert known.link.shopper_id == bea
        assert sharing.owned(unclaimed.code) is None
        assert sharing.owned("nobodysone") is None
    assert seen == []
