"""Links: one for each shopper and deal, also when many ask at once, and one that is claimed at sign-in."""

import asyncio

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing import links
from app.sharing.link_tables import share_links
from app.sharing.links import (
    UNCLAIMED_LIVES,
    UNUSED_LIVES,
    Link,
    Maker,
    add_visits,
    claim_links,
    find_link,
    forget_unclaimed,
    is_code,
    link_of,
    links_of,
    make_link,
    name_link,
)
from tests.conftest import FrozenClock
from tests.factories.sales import people

DEAL = 37
PHONE, LAPTOP = "a digest", "another digest"
AT_ONCE = 64


async def made(engine: AsyncEngine, clock: FrozenClock, maker: Maker, deal: int = DEAL) -> Link:
    async with engine.begin() as connection:
        return (await make_link(connection, maker, deal, 70, clock.now()))[0]


async def found(engine: AsyncEngine, code: str) -> Link | None:
    async with engine.connect() as connection:
        return await find_link(connection, code)


async def claim(engine: AsyncEngine, clock: FrozenClock, shopper_id: int, device: str = PHONE) -> int:
    async with engine.begin() as connection:
        return await claim_links(connection, device, shopper_id, clock.now())


async def how_many(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(share_links)) or 0


async def test_a_shopper_has_one_link_a_deal(engine: AsyncEngine, clock: FrozenClock) -> None:
    (ada,) = await people(engine, 1)
    first = await made(engine, clock, Maker(ada, PHONE))
    assert is_code(first.code)
    assert (first.deal_id, first.shopper_id, first.left_percent, first.visits) == (DEAL, ada, 70, 0)
    assert await made(engine, clock, Maker(ada, LAPTOP)) == first, "in whichever browser"
    other = await made(engine, clock, Maker(ada, PHONE), deal=38)
    assert other.code != first.code
    async with engine.connect() as connection:
        assert await link_of(connection, ada, DEAL) == first
        assert await link_of(connection, ada, 39) is None
        assert await links_of(connection, ada, most=9) == [other, first]
        assert await links_of(connection, ada, before=38, most=9) == [first]


@pytest.mark.parametrize("signed_in", [True, False])
async def test_who_asks_many_times_at_once_has_one_link(
    engine: AsyncEngine, clock: FrozenClock, signed_in: bool
) -> None:
    (ada,) = await people(engine, 1)
    maker = Maker(ada, PHONE) if signed_in else Maker(None, PHONE)
    everybody = await asyncio.gather(*[made(engine, clock, maker) for _ in range(AT_ONCE)])
    assert len({link.code for link in everybody}) == 1
    assert await how_many(engine) == 1


async def test_two_who_have_both_found_nothing_make_one_and_the_other_is_given_it(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    """The race made to happen; and its negative control: a plain insert by the second is refused by the table."""
    maker = Maker(None, PHONE)
    async with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            assert await links._made_by(connection, maker, DEAL) is None
        first, _ = await make_link(one, maker, DEAL, 70, clock.now())
        late = asyncio.create_task(make_link(other, maker, DEAL, 70, clock.now()))
        await until_somebody_waits(engine)
        await one.commit()
        assert await late == (first, False)
    plain = {
        "code": "another111",
        "deal_id": DEAL,
        "device": PHONE,
        "left_percent": 70,
        "made_at": clock.now(),
    }
    with pytest.raises(IntegrityError, match="one_unclaimed_link"):
        async with engine.begin() as connection:
            await connection.execute(share_links.insert().values(plain))


async def until_somebody_waits(engine: AsyncEngine) -> None:
    """Return once a transaction waits for another's end."""
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(60):
        while True:
            async with engine.connect() as connection:
                if await connection.scalar(waits):
                    return
            await asyncio.sleep(0.01)


async def test_a_link_from_before_the_sign_in_is_kept_and_claimed(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    ada, eve = await people(engine, 2)
    kept = await made(engine, clock, Maker(None, PHONE))
    elsewhere = await made(engine, clock, Maker(None, LAPTOP))
    assert (kept.shopper_id, kept.claimed_at) == (None, None)
    clock.advance(60)
    assert await claim(engine, clock, ada) == 1
    mine = await found(engine, kept.code)
    assert mine is not None
    assert (mine.code, mine.shopper_id, mine.claimed_at) == (kept.code, ada, clock.now())
    assert await made(engine, clock, Maker(ada, PHONE)) == mine
    assert await claim(engine, clock, eve) == 0, "what is claimed is claimed"
    assert await found(engine, elsewhere.code) == elsewhere, "another browser's stays that browser's"


async def test_a_claimed_link_leads_to_the_one_that_its_shopper_had(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    (ada,) = await people(engine, 1)
    own = await made(engine, clock, Maker(ada, None))
    passed_on = await made(engine, clock, Maker(None, PHONE))
    assert await claim(engine, clock, ada) == 1
    assert await found(engine, passed_on.code) == own
    async with engine.connect() as connection:
        assert await links_of(connection, ada, most=9) == [own]
    again = await made(engine, clock, Maker(None, PHONE))
    assert again.code not in (own.code, passed_on.code), (
        "signed out, the browser has none of its own any more"
    )


async def test_of_many_who_claim_the_same_at_once_one_has_it(engine: AsyncEngine, clock: FrozenClock) -> None:
    crowd = await people(engine, AT_ONCE)
    kept = await made(engine, clock, Maker(None, PHONE))
    claimed = await asyncio.gather(*[claim(engine, clock, shopper_id) for shopper_id in crowd])
    assert sorted(claimed) == [0] * (AT_ONCE - 1) + [1]
    mine = await found(engine, kept.code)
    assert mine is not None
    assert mine.shopper_id == crowd[claimed.index(1)]


async def test_claiming_and_making_at_once_leave_one_link(engine: AsyncEngine, clock: FrozenClock) -> None:
    (ada,) = await people(engine, 1)
    kept = await made(engine, clock, Maker(None, PHONE))
    claims = [claim(engine, clock, ada) for _ in range(AT_ONCE // 2)]
    makes = [made(engine, clock, Maker(ada, LAPTOP)) for _ in range(AT_ONCE // 2)]
    await asyncio.gather(*claims, *makes)
    async with engine.connect() as connection:
        (mine,) = await links_of(connection, ada, most=9)
    assert await found(engine, kept.code) == mine


async def test_what_is_no_code_is_not_even_looked_for(engine: AsyncEngine, clock: FrozenClock) -> None:
    for text_ in (
        "",
        "short",
        "eleven1111a",
        "//evil.com",
        "\\evil.com",
        "a\r\nb: c",
        "zzzz0zzzzz",
        "\0" * 10,
        "é" * 10,
    ):
        assert not is_code(text_)
        assert await found(engine, text_) is None
    assert await found(engine, "zzzzzzzzzz") is None


async def test_visits_are_added_and_those_of_no_link_dropped(engine: AsyncEngine, clock: FrozenClock) -> None:
    ada, eve = await people(engine, 2)
    hers, other = [await made(engine, clock, Maker(shopper, None)) for shopper in (ada, eve)]
    for _ in range(2):
        async with engine.begin() as connection:
            await add_visits(connection, {hers.code: 3, "zzzzzzzzzz": 5})
    counted = [await found(engine, link.code) for link in (hers, other)]
    assert [link and link.visits for link in counted] == [6, 0]


async def test_a_name_is_told_as_long_as_it_is_wished(engine: AsyncEngine, clock: FrozenClock) -> None:
    (ada,) = await people(engine, 1)
    link = await made(engine, clock, Maker(ada, None))
    assert not link.named
    for wished in (True, False):
        async with engine.begin() as connection:
            await name_link(connection, link.code, wished)
        now = await found(engine, link.code)
        assert now is not None
        assert now.named is wished


async def test_links_that_nobody_claims_are_dropped_in_the_end(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    (ada,) = await people(engine, 1)
    hers = await made(engine, clock, Maker(ada, None))
    await made(engine, clock, Maker(None, PHONE))
    clock.advance(UNCLAIMED_LIVES.total_seconds() + 1)
    fresh = await made(engine, clock, Maker(None, LAPTOP))
    async with engine.begin() as connection:
        await forget_unclaimed(connection, clock.now())
    assert await codes(engine) == {hers.code, fresh.code}


async def test_one_that_nobody_follows_either_is_dropped_sooner(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    followed = await made(engine, clock, Maker(None, PHONE))
    await made(engine, clock, Maker(None, LAPTOP))
    clock.advance(UNUSED_LIVES.total_seconds() + 1)
    async with engine.begin() as connection:
        await add_visits(connection, {followed.code: 1})
        await forget_unclaimed(connection, clock.now())
    assert await codes(engine) == {followed.code}


async def codes(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.scalars(select(share_links.c.code)))
