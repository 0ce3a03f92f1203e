"""The shop changes its provider while orders are open: what was begun at the one before is ended there."""

import pytest

from app.payments import Provider
from app.sales import cancel_order, try_again
from app.sales.desk import ask_refund
from tests.factories.payments import APPROVES, DECLINES, IS_LATE, WANTS_A_STEP, PeerBank
from tests.factories.settlement import GRACE, Till


def from_now_on(before: Till, bank: PeerBank, *, reachable: bool = True) -> Till:
    """The same shop, which takes payments by Stripe from now on; it can reach its old provider, or not."""
    shop = Till(before.engine, before.redis, before.clock, bank, before.checkout)
    old: Provider = before.bank.opened()
    shop.settlement.payments.opener = lambda name: old if reachable and name == old.name else None
    return shop


@pytest.mark.parametrize("number", [DECLINES, WANTS_A_STEP, IS_LATE])
async def test_what_is_not_paid_there_is_called_off_and_another_card_pays_here(
    sandbox_till: Till, peer_bank: PeerBank, number: str
) -> None:
    [shopper_id] = await sandbox_till.shoppers(1, card=number)
    order = await sandbox_till.order(shopper_id)
    await sandbox_till.settle()
    shop = from_now_on(sandbox_till, peer_bank)
    shop.clock.advance(15)
    await shop.settle()
    assert "card" in (await shop.story(order)).needs
    await shop.new_card(shopper_id, APPROVES)
    async with shop.engine.begin() as connection:
        assert await try_again(connection, shopper_id, shop.clock.now()) == 1
    await shop.settle()
    assert await shop.status(order) == "paid"
    assert await sandbox_till.charges_of(order) == 0
    assert await shop.charges_of(order) == 1
    await shop.assert_the_books_are_right()


async def test_what_was_paid_there_goes_back_from_there(sandbox_till: Till, peer_bank: PeerBank) -> None:
    [shopper_id] = await sandbox_till.shoppers(1)
    kept, unwanted = await sandbox_till.order(shopper_id), await sandbox_till.order(shopper_id)
    await sandbox_till.settle()
    shop = from_now_on(sandbox_till, peer_bank)
    async with shop.engine.begin() as connection:
        now = shop.clock.now()
        assert await cancel_order(connection, unwanted.id, shopper_id, now)
        await ask_refund(connection, kept.id, None, "It was broken.", 1, now)
    await shop.settle()
    assert await shop.statuses() == {"cancelled": 1, "refunded": 1}
    await shop.assert_the_books_are_right()


async def test_what_was_begun_where_nobody_can_ask_waits_and_keeps_its_unit(
    sandbox_till: Till, peer_bank: PeerBank
) -> None:
    order = await sandbox_till.an_order(WANTS_A_STEP)
    await sandbox_till.settle()
    shop = from_now_on(sandbox_till, peer_bank, reachable=False)
    shop.clock.advance(GRACE)
    await shop.settle()
    assert await shop.status(order) == "placed"
    await sandbox_till.assert_the_books_are_right()
