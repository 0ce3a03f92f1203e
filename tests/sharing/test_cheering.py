"""Cheers: a line now and then, not one for each order."""

import asyncio
import json
from typing import cast

from redis.asyncio import Redis
from sqlalchemy import insert

from app.sharing.cheering import A_HELPER, AT_ONCE, FRESH, MOST_WAITING, Cheer, Cheers, HelpedSale
from app.sharing.link_tables import share_links
from app.stream.publisher import SAID
from tests.conftest import FrozenClock
from tests.factories.rewards import DEAL, Crowd
from tests.factories.sales import people

NOW = FrozenClock().now()


def sale(helper: int, units: int = 1, name: str = "", deal: int = DEAL) -> HelpedSale:
    return HelpedSale(deal, helper, name, units, NOW)


def test_a_sale_is_told_once() -> None:
    cheers = Cheers()
    cheers.add([sale(1, 2, "Bea")], NOW)
    assert cheers.take() == [Cheer(DEAL, "Bea", None)]
    assert cheers.take() == []


def test_beside_a_name_there_is_no_figure_also_where_they_sell_on_before_it_is_told() -> None:
    """Whoever hears all cheers must not know sooner than others how much somebody sold; see who_helped.py."""
    cheers = Cheers()
    cheers.add([sale(1, 2, "Bea"), sale(1, 3), sale(1, 4)], NOW)
    assert cheers.take(2) == [Cheer(DEAL, "Bea", None), Cheer(DEAL, A_HELPER, 7)]


def test_who_does_not_want_to_be_named_is_a_helper() -> None:
    cheers = Cheers()
    cheers.add([sale(1)], NOW)
    assert cheers.take() == [Cheer(DEAL, A_HELPER, 1)]


def test_a_rush_is_told_a_few_at_a_time_and_who_sells_on_waits_once() -> None:
    cheers = Cheers()
    cheers.add([sale(helper, 1) for helper in range(20)] * 50, NOW)
    told = cheers.take()
    assert len(told) == AT_ONCE
    assert {cheer.units for cheer in told} == {50}
    rounds = 1
    while cheers.take():
        rounds += 1
    assert rounds == 20 / AT_ONCE


def test_what_is_told_of_one_deal_is_not_added_to_another() -> None:
    cheers = Cheers()
    cheers.add([sale(1, 1), sale(1, 2, deal=38)], NOW)
    assert cheers.take(2) == [Cheer(DEAL, A_HELPER, 1), Cheer(38, A_HELPER, 2)]


def test_what_waits_is_bounded_and_the_oldest_news_goes_first() -> None:
    cheers = Cheers()
    cheers.add([sale(helper, helper) for helper in range(1, MOST_WAITING + 3)], NOW)
    assert [cheer.units for cheer in cheers.take(1000)] == list(range(3, MOST_WAITING + 3))


def test_an_order_from_a_while_ago_is_no_news() -> None:
    cheers = Cheers()
    cheers.add([sale(1)], NOW + FRESH)
    assert cheers.take() == []


async def told(redis: Redis) -> list[dict[str, object]]:
    """The cheers that everybody was told, the oldest first."""
    kept = cast(list[bytes], await redis.lrange(SAID, 0, -1))
    lines = [line.split(b" ", 4) for line in reversed(kept)]
    assert {(topic, kind) for _, _, topic, kind, _ in lines} <= {(b"show", b"cheer")}
    return [json.loads(body) for *_, body in lines]


async def test_everybody_hears_whose_link_has_sold_by_name_only_where_they_want_it(crowd: Crowd) -> None:
    ada, bea, cid = await people(crowd.engine, 3)
    link = {"deal_id": DEAL, "left_percent": 100, "made_at": crowd.clock.now()}
    async with crowd.engine.begin() as connection:
        for code, owner, named in (("bea", bea, True), ("cid", cid, False)):
            row = insert(share_links).values(code=code, shopper_id=owner, named=named, **link)
            await connection.execute(row)
    await crowd.help(bea, ada, 2, link="bea")
    await crowd.help(cid, ada, 3, link="cid")
    process = crowd.process()
    await process.round()
    assert await told(crowd.redis) == [], "not in the midst of the round"
    await process.cheer()
    await process.cheer()
    assert await told(crowd.redis) == [
        {"deal_id": DEAL, "who": "Ada", "units": None},  # all people of the tests are called Ada
        {"deal_id": DEAL, "who": "a helper", "units": 3},
    ]
    await crowd.help(bea, ada, 4, link="bea")
    await process.round()
    await process.cheer()
    assert (await told(crowd.redis))[2:] == [{"deal_id": DEAL, "who": "a helper", "units": 4}], "named once"


async def test_a_sale_is_cheered_once_however_often_its_reward_is_looked_at_and_by_however_many(
    crowd: Crowd,
) -> None:
    ada, bea = await people(crowd.engine, 2)
    order = await crowd.help(bea, ada)
    processes = [crowd.process() for _ in range(4)]
    await asyncio.gather(*(process.round() for process in processes))
    await crowd.paid(order)
    await asyncio.gather(*(process.round() for process in processes))
    for process in processes:
        await process.cheer()
    assert len(await told(crowd.redis)) == 1


async def test_help_to_oneself_and_an_order_that_is_no_more_are_not_cheered(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.help(bea, bea)
    await crowd.over(await crowd.help(bea, ada))
    process = crowd.process()
    await process.round()
    await process.cheer()
    assert await told(crowd.redis) == []
