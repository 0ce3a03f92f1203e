"""What the show promises of stalls and pots is seen to be broken where it is."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.stall_audit import PROMISES
from app.platform.settings import Settings
from tests.conftest import FrozenClock
from tests.factories.audit import broken_by
from tests.factories.inventory import a_shopper, process
from tests.factories.stalls import stalled_deal

HOLDS_UP = "A deal that holds up the show is live, and its stall lasts; no other does."
AS_PROMISED = "A pot is won as it was promised, and where everything was sold in time."
THEIRS = "A pot that the crowd has won is theirs."


@pytest.fixture
async def stalled(engine: AsyncEngine, settings: Settings, clock: FrozenClock) -> AsyncEngine:
    """The pot of deal 1 was won, that of deal 2 was missed; deal 3 holds up the show."""
    async with process(settings, clock) as shop:
        for late in (False, True):
            deal_id = await stalled_deal(engine, shop.showrunner, clock, quantity=2, pot=5000)
            await shop.sell(await a_shopper(engine, clock), deal_id)
            clock.advance(2 * 3600.0 if late else 1)
            await shop.sell(await a_shopper(engine, clock), deal_id)
            await shop.showrunner.tick()
        await stalled_deal(engine, shop.showrunner, clock, pot=5000)
    return engine


TAMPERINGS: dict[str, tuple[str, dict[str, set[int | None]]]] = {
    "nothing": ("SELECT 1", {}),
    "a stall is over in one place only": (
        "UPDATE deals SET stalled_since = NULL WHERE id = 3",
        {HOLDS_UP: {3}},
    ),
    "a stall lasts after the deal": ("UPDATE stalls SET until = NULL WHERE deal_id = 1", {HOLDS_UP: {1}}),
    "another pot was won": ("UPDATE pots SET amount = 5001", {AS_PROMISED: {1}}),
    "a pot was won that was missed": (
        "INSERT INTO pots (deal_id, currency, amount, won_at) VALUES (2, 'USD', 5000, now())",
        {AS_PROMISED: {2}},
    ),
    "a pot was won before everything was sold": (
        "INSERT INTO pots (deal_id, currency, amount, won_at) VALUES (3, 'USD', 5000, now())",
        {AS_PROMISED: {3}},
    ),
    "a pot was won by a deal that never stalled": (
        "UPDATE deals SET pot_until = NULL WHERE id = 1",
        {AS_PROMISED: {1}},
    ),
    "a pot that was won is gone": ("DELETE FROM pots", {THEIRS: {1}}),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_a_broken_promise_is_named_with_its_deal(stalled: AsyncEngine, tampering: str) -> None:
    statement, expected = TAMPERINGS[tampering]
    assert await broken_by(stalled, PROMISES, statement) == expected


def test_every_promise_is_broken_by_some_test() -> None:
    seen = {sentence for _, expected in TAMPERINGS.values() for sentence in expected}
    assert seen == {promise.sentence for promise in PROMISES}
