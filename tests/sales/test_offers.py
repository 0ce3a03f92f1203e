"""A deal on offer, as PostgreSQL has it."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import read_offer
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, close, on_offer, pause


async def test_at_most_one_deal_is_on_offer(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    with pytest.raises(IntegrityError, match="one_open_offer"):
        await on_offer(engine, clock, deal=DEAL + 1)
    await close(engine, clock)
    await on_offer(engine, clock, deal=DEAL + 1)


async def test_every_change_that_stops_a_sale_begins_an_epoch_and_repeating_it_changes_nothing(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    terms = await on_offer(engine, clock)
    for _ in range(2):
        await pause(engine)
        offer = await read_offer(engine, DEAL)
        assert offer is not None
        assert (offer.epoch, offer.revision, offer.paused, offer.closed_at) == (2, 2, True, None)
    for _ in range(2):
        await pause(engine, paused=False)
        offer = await read_offer(engine, DEAL)
        assert offer is not None
        assert (offer.epoch, offer.revision, offer.paused, offer.closed_at) == (3, 3, False, None)
    closed_at = clock.now()
    for _ in range(2):
        await close(engine, clock)
        clock.advance(1)
        offer = await read_offer(engine, DEAL)
        assert offer is not None
        assert (offer.epoch, offer.revision, offer.paused, offer.closed_at) == (4, 4, False, closed_at)
        assert (offer.terms, offer.left) == (terms, terms.quantity)


async def test_a_closed_deal_cannot_be_paused(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    await close(engine, clock)
    before = await read_offer(engine, DEAL)
    await pause(engine)
    assert await read_offer(engine, DEAL) == before


async def test_a_deal_that_never_was_on_offer_is_none(engine: AsyncEngine) -> None:
    assert await read_offer(engine, DEAL) is None
