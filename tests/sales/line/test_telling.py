"""Each shopper hears what became of their place, also when a process died before it could say so."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import rfc3339
from app.platform.failpoints import FailpointError, armed
from app.sales import Line, close_line
from app.sales.line.step import OFFER_LASTS, OfferTo
from app.sales.line.telling import AT_ONCE
from app.stream.event import read_news, shopper_of
from app.stream.publisher import TOLD
from tests.factories.identity import MovableClock
from tests.factories.line import cancel, in_line, letters, open_offers, sold_out, taking
from tests.factories.sales import DEAL, Process, buy


class Ear:
    """Hears everything that was told to shoppers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def heard(self) -> list[tuple[int | None, dict[str, Any]]]:
        """Who was told what, in order."""
        kept = [read_news(line) for line in await self._kept()]
        in_order = sorted(kept, key=lambda news: news.id)
        return [(shopper_of(news.topic), json.loads(news.body)) for news in in_order]

    async def _kept(self) -> list[bytes]:
        lines: list[bytes] = await self._redis.lrange(TOLD, 0, -1)  # type: ignore[assignment]
        return lines


@pytest.fixture
def ear(redis: Redis) -> Ear:
    """An ear at the stream."""
    return Ear(redis)


async def test_an_offer_and_its_end_are_told_to_their_shopper_and_nobody_else(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock, ear: Ear
) -> None:
    orders = await sold_out(here, engine, clock)
    ada, bob = await in_line(line, engine, 2)
    await cancel(engine, *orders)
    await line.round()
    offer, until = (await open_offers(engine))[ada], rfc3339(clock.now() + OFFER_LASTS)
    told = {"kind": "line", "deal_id": DEAL, "title": "The Crumb Baron"}
    first = (ada, told | {"state": "offered", "offer": offer, "expires_at": until})
    assert await ear.heard() == [first]
    clock.advance(OFFER_LASTS.total_seconds())
    await line.round()
    heard = (await ear.heard())[1:]
    assert [(who, news["state"]) for who, news in heard] == [(ada, "missed"), (bob, "offered")]
    await buy(here.checkout, [taking(bob, heard[1][1]["offer"])])
    await line.round()
    assert (await ear.heard())[3:] == [(bob, told | {"state": "served"})]


async def test_the_end_of_a_line_is_told_to_everybody_in_it(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock, ear: Ear
) -> None:
    await sold_out(here, engine, clock)
    shoppers = await in_line(line, engine, AT_ONCE + 1)
    async with engine.begin() as connection:
        await close_line(connection, DEAL, clock.now())
    await line.round()
    assert [(who, news["state"]) for who, news in await ear.heard()] == [(who, "over") for who in shoppers]


async def test_a_process_that_dies_between_offer_and_telling_leaves_it_to_the_next_round(
    here: Process, line: Line, line_there: Line, engine: AsyncEngine, clock: MovableClock, ear: Ear
) -> None:
    orders = await sold_out(here, engine, clock)
    (ada,) = await in_line(line, engine, 1)
    await cancel(engine, *orders)
    with armed("after-line-offer", FailpointError("dead")), pytest.raises(FailpointError):
        await line.round()
    assert await ear.heard() == []
    assert await letters(engine) == 1, "the letter is in the offer's own transaction"
    assert await line_there.round() == [], "the offer stands"
    assert [(who, news["state"]) for who, news in await ear.heard()] == [(ada, "offered")]
    assert await letters(engine) == 1


async def test_what_was_told_is_not_told_again(
    here: Process, line: Line, line_there: Line, engine: AsyncEngine, clock: MovableClock, ear: Ear
) -> None:
    orders = await sold_out(here, engine, clock)
    await in_line(line, engine, 1)
    await cancel(engine, *orders)
    assert await line.round() == [OfferTo(1)]
    await line.round()
    await line_there.round()
    assert len(await ear.heard()) == 1
