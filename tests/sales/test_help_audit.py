"""Every promise of coupons that came back, and of rewards, is seen to be broken where it is."""

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.help_audit import PROMISES
from app.sharing import Referral
from tests.factories.audit import broken_by
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, bought, on_offer, people, wish
from tests.factories.sharing import coupon

KEPT = "No order that is cancelled or refunded keeps a coupon, and every coupon that came back was such an order's."
REWARDED = "The reward for an order is as far as the order itself, and is about whoever bought it."
HELPED = "Whoever helped with an order that is being settled has a reward for it, earned or not."

REWARD = (
    "INSERT INTO rewards (order_id, deal_id, helper_id, shopper_id, link, units, placed_at, order_state)"
    " SELECT o.id, o.deal_id, a.helper_id, {buyer}, a.link, a.units, o.placed_at, '{state}'"
    " FROM attributions a JOIN orders o ON o.id = a.order_id"
)
PLACED = REWARD.format(buyer="o.shopper_id", state="placed")
TAMPERINGS = {
    "a refunded order that keeps its coupon": (["UPDATE orders SET status = 'refunded'"], KEPT),
    "a coupon that came back from an order that stands": (
        ["INSERT INTO coupon_returns SELECT id, 'THANKS', placed_at FROM orders"],
        KEPT,
    ),
    "a reward for an order that nobody has paid": (
        [REWARD.format(buyer="o.shopper_id", state="paid")],
        REWARDED,
    ),
    "a reward that stays for an order that is shipped": (
        [PLACED, "UPDATE orders SET status = 'shipped'"],
        REWARDED,
    ),
    "a reward for what another bought": ([REWARD.format(buyer="a.helper_id", state="placed")], REWARDED),
    "help that nothing comes of": (
        [
            "INSERT INTO settlements (order_id, deal_id, shopper_id, state, grace_until)"
            " SELECT id, deal_id, shopper_id, 'new', placed_at FROM orders"
        ],
        HELPED,
    ),
}


@pytest.fixture
async def helped(here: Process, engine: AsyncEngine, clock: MovableClock) -> AsyncEngine:
    """One order, which was helped, and bought with a coupon."""
    await on_offer(engine, clock)
    ada, bea = await people(engine, 2)
    code = await coupon(engine, ada, clock.now())
    bought(await here.checkout.purchase(replace(wish(ada), coupon=code, referral=Referral("b3a", bea))))
    return engine


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_a_broken_promise_is_named_with_its_deal(helped: AsyncEngine, tampering: str) -> None:
    statements, expected = TAMPERINGS[tampering]
    assert await broken_by(helped, PROMISES, *statements) == {expected: {DEAL}}
    assert await broken_by(helped, PROMISES, PLACED) == {}


def test_every_promise_is_broken_by_some_test() -> None:
    assert {expected for _, expected in TAMPERINGS.values()} == {promise.sentence for promise in PROMISES}
