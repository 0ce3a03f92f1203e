"""What the show promises of its books is seen to be broken where it is."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory import stall_audit
from app.inventory.audit import PROMISES, audit_show
from app.platform.proof import prove
from app.platform.settings import Settings
from tests.conftest import FrozenClock
from tests.factories.audit import broken, broken_by
from tests.factories.inventory import new_deal, process, queue_deals

ONE_LIVE = "At most one deal is live."
NEVER_DARK = "One deal is live while the show runs and another is due."
TURNS = "Turns are given from 1 on, none left out, none twice."
HAD_A_TURN = "A deal has had a turn when it is live or over, and only then."
IN_ORDER = "Each deal begins when the one before it is over."
RIGHT_END = "A live deal ends when the show's mode has it end."
OUTSTAYED = "A deal whose time is up does not stay on stage while the show runs."
STOPPED = "Nothing is live when the show is stopped."
ON_OFFER = "A live deal is on offer as it was queued, and no other is."


@pytest.fixture
async def shown(engine: AsyncEngine, settings: Settings, clock: FrozenClock) -> AsyncEngine:
    """Of four deals the first two are over, the third is live, and the fourth waits."""
    deals = await queue_deals(engine, clock, *(new_deal() for _ in range(4)))
    async with process(settings, clock) as here:
        await here.showrunner.set_show("woot-off", False)
        for deal in deals[:2]:
            clock.advance(60)
            await here.showrunner.skip(deal)
    return engine


async def test_a_show_that_is_right_is_found_right(shown: AsyncEngine) -> None:
    examined = await audit_show(shown)
    assert broken(examined) == {}
    assert [what.sentence for what in examined] == [
        promise.sentence for promise in [*PROMISES, *stall_audit.PROMISES]
    ]


async def test_a_shop_that_has_nothing_is_found_right(engine: AsyncEngine) -> None:
    assert broken(await audit_show(engine)) == {}


TAMPERINGS: dict[str, tuple[list[str], dict[str, set[int | None]]]] = {
    "two are live": (
        [
            "DROP INDEX one_live_deal",
            "UPDATE deals SET state = 'live', ended_at = NULL WHERE id = 2",
            "DROP INDEX one_open_offer",
            "UPDATE offers SET closed_at = NULL WHERE deal_id = 2",
        ],
        {ONE_LIVE: {2, 3}, IN_ORDER: {3}},
    ),
    "nothing is live": (
        [
            "UPDATE deals SET state = 'ended', ended_at = now() WHERE id = 3",
            "UPDATE offers SET closed_at = now() WHERE deal_id = 3",
        ],
        {NEVER_DARK: {4}},
    ),
    "a turn is left out": (["UPDATE deals SET turn = 7 WHERE id = 3"], {TURNS: {None}}),
    "a turn is given twice": (
        ["ALTER TABLE deals DROP CONSTRAINT uq_deals_turn", "UPDATE deals SET turn = 2 WHERE id = 3"],
        {TURNS: {None}},
    ),
    "the show counts other turns": (["UPDATE shows SET turns = 9"], {TURNS: {None}}),
    "a deal that waits had a turn": (
        ["UPDATE deals SET turn = 4 WHERE id = 4", "UPDATE shows SET turns = 4"],
        {HAD_A_TURN: {4}, ON_OFFER: {4}, IN_ORDER: {4}},
    ),
    "a deal that is over had none": (
        ["UPDATE deals SET turn = NULL WHERE id = 3", "UPDATE shows SET turns = 2"],
        {HAD_A_TURN: {3}, ON_OFFER: {3}},
    ),
    "a deal began too early": (
        ["UPDATE deals SET started_at = started_at - interval '2 seconds' WHERE id = 3"],
        {IN_ORDER: {3}},
    ),
    "a live deal is not on offer": (
        ["UPDATE offers SET closed_at = now() WHERE deal_id = 3"],
        {ON_OFFER: {3}},
    ),
    "an offer is open for a deal that is over": (
        ["DROP INDEX one_open_offer", "UPDATE offers SET closed_at = NULL WHERE deal_id = 1"],
        {ON_OFFER: {1}},
    ),
    "a deal of a Woot-Off ends without a longest time": (
        ["UPDATE deals SET ends_at = now() + interval '1 hour' WHERE id = 3"],
        {RIGHT_END: {3}},
    ),
    "a paused deal ends by the clock": (
        [
            "UPDATE shows SET paused = true",
            "UPDATE deals SET ends_at = now() + interval '1 hour' WHERE id = 3",
        ],
        {RIGHT_END: {3}},
    ),
    "a daily deal has no end": (["UPDATE shows SET mode = 'daily'"], {RIGHT_END: {3}}),
    "a daily deal ends in some other month": (
        [
            "UPDATE shows SET mode = 'daily'",
            "UPDATE deals SET ends_at = now() + interval '30 days' WHERE id = 3",
        ],
        {RIGHT_END: {3}},
    ),
    "a daily deal is still there after midnight": (
        [
            "UPDATE shows SET mode = 'daily'",
            "UPDATE deals SET ends_at = now() - interval '1 minute' WHERE id = 3",
        ],
        {OUTSTAYED: {3}},
    ),
    "a deal is live in a show that is stopped": (["UPDATE shows SET started = false"], {STOPPED: {3}}),
    "a live deal has another price": (["UPDATE deals SET price = 1 WHERE id = 3"], {ON_OFFER: {3}}),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_a_broken_promise_is_named_with_its_deal(shown: AsyncEngine, tampering: str) -> None:
    statements, expected = TAMPERINGS[tampering]
    assert await broken_by(shown, PROMISES, *statements) == expected
    assert await broken_by(shown, PROMISES) == {}, "it was put right again"


def test_every_promise_is_broken_by_some_test() -> None:
    seen = {sentence for _, expected in TAMPERINGS.values() for sentence in expected}
    assert seen == {promise.sentence for promise in PROMISES}


async def test_a_show_that_is_about_to_move_on_is_waited_for(
    engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> None:
    async with process(settings, clock) as here:
        await here.showrunner.set_show("woot-off", False)
        await queue_deals(engine, clock, new_deal())
        assert broken(await prove(engine, PROMISES, patience=0)) == {NEVER_DARK: {1}}
        looking = asyncio.create_task(prove(engine, PROMISES, patience=30))
        await here.showrunner.tick()
        assert broken(await looking) == {}


async def test_a_paused_show_may_have_nothing_live(
    engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> None:
    async with process(settings, clock) as here:
        await here.showrunner.set_show("woot-off", True)
    await queue_deals(engine, clock, new_deal())
    assert broken(await prove(engine, PROMISES, patience=0)) == {}


async def test_looking_takes_no_lock_and_changes_nothing(shown: AsyncEngine) -> None:
    async with shown.begin() as seller:
        await seller.execute(text("SELECT * FROM offers, deals, shows FOR UPDATE"))
        async with asyncio.timeout(60):
            assert broken(await audit_show(shown)) == {}
