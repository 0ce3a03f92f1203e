"""Every promise of rewards and pots is seen to be broken where it is."""

import pytest

from app.payments import Money
from app.sharing import RewardTerms, issue_pot
from app.sharing.audit import PROMISES
from app.sharing.pots import LAST_PAYMENTS
from app.sharing.reward_case import RETURN_WINDOW
from tests.factories.audit import broken_by
from tests.factories.rewards import DEAL, Crowd
from tests.factories.sales import people

IN_COUPONS = "Every cent that helpers have earned is in a coupon of theirs, and in nobody else's."
ONCE = "No coupon was given twice."
CAPS = "No helper, and no deal's helpers together, have earned more than its caps."
EARNED = "A reward can be spent only after its order was paid, and somebody else than its helper bought."
BACK = "What is earned by an order that is no more is taken back."
FORGOTTEN = "No reward and no pot that something is still to become of is forgotten."
TO_THE_CENT = "What is shared of a pot is shared to the last cent, and is no more than was won."
SEEN = "What everybody sees of help is what the links have sold."

OF_ONE = "(SELECT coupon FROM rewards LIMIT 1)"


@pytest.fixture
async def helped(crowd: Crowd) -> Crowd:
    """Two orders that one helper brought, 250 each, are sold for good; the pot of 100 is shared."""
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms(RewardTerms("USD", 250, cap_per_helper=500, cap_per_deal=500))
    await crowd.paid(*[await crowd.help(bea, ada) for _ in range(2)])
    async with crowd.engine.begin() as connection:
        await issue_pot(connection, DEAL, Money(100, "USD"), crowd.clock.now())
    await crowd.round()
    crowd.clock.advance((RETURN_WINDOW + LAST_PAYMENTS).total_seconds())
    await crowd.round()
    return crowd


TAMPERINGS = {
    "a coupon worth more": ([f"UPDATE coupons SET amount = 251 WHERE code = {OF_ONE}"], {IN_COUPONS}),
    "another's coupon": (["UPDATE coupons SET shopper_id = (SELECT min(id) FROM shoppers)"], {IN_COUPONS}),
    "a coupon made void": (["UPDATE coupons SET state = 'void'"], {IN_COUPONS}),
    "one coupon for two": (
        [
            "ALTER TABLE rewards DROP CONSTRAINT uq_rewards_coupon",
            f"UPDATE rewards SET coupon = {OF_ONE}",
        ],
        {ONCE},
    ),
    "a lower cap for all": (["UPDATE reward_terms SET cap_per_deal = 499"], {CAPS}),
    "a lower cap for each": (["UPDATE reward_terms SET cap_per_helper = 499"], {CAPS}),
    "ready before it is paid": (["UPDATE rewards SET paid_at = NULL"], {EARNED}),
    "ready though refused": (["UPDATE rewards SET verdict = 'refused'"], {EARNED, FORGOTTEN}),
    "help to oneself": (["UPDATE rewards SET shopper_id = helper_id"], {EARNED}),
    "an order that is no more": (["UPDATE rewards SET order_state = 'over'"], {BACK, SEEN}),
    "pending for ever": ([f"UPDATE coupons SET state = 'pending' WHERE code = {OF_ONE}"], {FORGOTTEN}),
    "not judged, and never due": (["UPDATE rewards SET verdict = ''"], {EARNED, FORGOTTEN}),
    "a pot before its time": (["UPDATE pots SET due_at = won_at"], {FORGOTTEN}),
    "more help than there was": (["UPDATE help_given SET units = 3"], {SEEN}),
    "help that nobody sees": (["DELETE FROM help_given"], {SEEN}),
    "less to share": (["UPDATE pots SET split_amount = 99"], {TO_THE_CENT}),
    "more shared than won": (
        ["ALTER TABLE pots DROP CONSTRAINT ck_pots_split", "UPDATE pots SET amount = 99"],
        {TO_THE_CENT},
    ),
    "shared, and nobody says how much": (["UPDATE pots SET split_amount = NULL"], {TO_THE_CENT}),
    "no coupon, and not judged again": (
        ["UPDATE rewards SET coupon = NULL, amount = 0, judged_at = paid_at"],
        {FORGOTTEN},
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_a_broken_promise_is_named_with_its_deal(helped: Crowd, tampering: str) -> None:
    statements, expected = TAMPERINGS[tampering]
    found = await broken_by(helped.engine, PROMISES, *statements)
    assert set(found) == expected
    assert all(deals == {None if sentence == ONCE else DEAL} for sentence, deals in found.items())
    assert await broken_by(helped.engine, PROMISES) == {}, "it was put right again"


def test_every_promise_is_broken_by_some_test() -> None:
    named = set().union(*(expected for _, expected in TAMPERINGS.values()))
    assert named == {promise.sentence for promise in PROMISES}
