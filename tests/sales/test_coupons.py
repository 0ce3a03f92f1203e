"""Coupons and helpers in an order's own transaction."""

import asyncio
from typing import Any

import pytest
from msgspec import structs
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import app.sales.purchase
from app.platform.proof import examine
from app.sales.audit import PROMISES
from app.sales.ledger import Entry, Ledger
from app.sales.offers import open_offer
from app.sales.order import Wish, new_order_id
from app.sales.verdict import Bought, CouponNotUsable, GateClosed, KeyReused
from app.sharing import Referral
from tests.factories.audit import broken
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    DEAL,
    ORDINARY,
    Process,
    assert_the_books_balance,
    bought,
    close,
    gate_left,
    on_offer,
    people,
    tally,
    wish,
)
from tests.factories.sharing import coupon, state_of


def with_coupon(shopper: int, code: str, *, key: str | None = None, quantity: int = 1) -> Wish:
    return replace(wish(shopper, quantity, key=key), coupon=code)


async def test_a_coupon_takes_its_amount_off_one_order_and_is_used_by_it(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now(), amount=1000)
    order = bought(await here.checkout.purchase(with_coupon(ada, code))).order
    assert (order.discount, order.total) == (1000, 4999 - 1000 + 500)
    assert await state_of(engine, code) == ("used", order.id)
    assert await here.checkout.purchase(with_coupon(ada, code)) == CouponNotUsable()
    assert await here.ledger.order(ada, order.id) == order
    await assert_the_books_balance(engine, sold=1)


async def test_a_crowd_that_asks_for_what_is_not_on_sale_takes_nothing_away_from_those_with_coupons(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await here.checkout.follow(DEAL)
    monkeypatch.setattr(app.sales.purchase, "MOST_LOOKING", 0)
    assert await here.checkout.purchase(wish(ada, deal=DEAL + 1)) == GateClosed()
    asked = with_coupon(ada, await coupon(engine, ada, clock.now()))
    verdicts = await asyncio.gather(*(here.checkout.purchase(asked) for _ in range(3)))
    assert tally(verdicts) == {"Bought": 3}


async def test_a_crowd_with_coupons_takes_nothing_away_from_those_without(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    await here.checkout.follow(DEAL)
    monkeypatch.setattr(app.sales.purchase, "MOST_PRICING", 2)
    code = await coupon(engine, ada, clock.now())
    asked = [with_coupon(ada, code) for _ in range(5)]
    verdicts = await asyncio.gather(*(here.checkout.purchase(one) for one in [*asked, wish(bob)]))
    assert verdicts[2:5] == [GateClosed()] * 3
    assert tally(verdicts[:2]) == {"Bought": 1, "CouponNotUsable": 1}
    bought(verdicts[5])
    await assert_the_books_balance(engine, sold=2)


async def test_fifty_orders_at_once_over_two_processes_use_a_coupon_once_and_the_others_buy_nothing(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=100, limit=100)
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now())
    verdicts = await asyncio.gather(
        *((here, there)[n % 2].checkout.purchase(with_coupon(ada, code)) for n in range(50))
    )
    assert tally(verdicts) == {"Bought": 1, "CouponNotUsable": 49}
    await assert_the_books_balance(engine, verdicts, sold=1)
    assert await gate_left(here.gate, engine) == 99  # what the others were given is back


async def test_a_group_in_which_two_have_one_coupon_records_all_but_the_second(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    code = await coupon(engine, ada, clock.now())
    wishes = [with_coupon(ada, code), wish(bob), with_coupon(ada, code)]
    entries = [Entry(new_order_id(), asked, 500 if asked.coupon else 0) for asked in wishes]
    for _ in range(2):  # sent again it is the same
        recorded = await ledger.record(DEAL, 1, clock.now(), entries)
        assert [s and (s.order.place, s.order.discount) for s in recorded.standings] == [
            (1, 500),
            (2, 0),
            None,
        ]
    assert await state_of(engine, code) == ("used", entries[0].order_id)
    await assert_the_books_balance(engine, sold=2)


async def test_the_same_again_is_the_same_order_though_its_coupon_is_used(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now())
    asked = with_coupon(ada, code)
    order = bought(await here.checkout.purchase(asked)).order
    for process in (here, there):
        assert await process.checkout.purchase(asked) == Bought(order, replayed=True)
        assert await process.checkout.purchase(replace(asked, coupon=None)) == KeyReused()
    await close(engine, clock)
    assert await there.checkout.purchase(asked) == Bought(order, replayed=True)


async def test_who_helped_stands_beside_the_order_and_sending_it_again_changes_nothing(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    ada, bea = await people(engine, 2)
    asked = replace(wish(ada, 2), referral=Referral("b3a", bea))
    order = bought(await here.checkout.purchase(asked)).order
    bought(await here.checkout.purchase(asked))
    bought(await here.checkout.purchase(wish(ada)))
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT order_id, helper_id, link, units FROM attributions"))
        assert [tuple(row) for row in rows] == [(order.id, bea, "b3a", 2)]


async def test_a_friends_discount_comes_off_each_unit_and_with_a_coupon_never_more_than_the_goods_cost(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    terms = structs.replace(ORDINARY, friend_discount=1000, quantity=10)
    async with engine.begin() as connection:
        await open_offer(connection, terms, clock.now())
    ada, bea = await people(engine, 2)
    brought, by_herself = Referral("b3a", bea), Referral("ada", ada)
    small = await coupon(engine, ada, clock.now(), code="SMALL", amount=500)
    huge = await coupon(engine, ada, clock.now(), code="HUGE", amount=4500)
    found = [
        bought(await here.checkout.purchase(replace(asked, referral=referral, coupon=code))).order
        for asked, referral, code in (
            (wish(ada), None, None),
            (wish(ada), by_herself, None),
            (wish(bea, 2), Referral("ada", ada), None),
            (wish(ada), brought, small),
        )
    ]
    assert [order.discount for order in found] == [0, 0, 2000, 1500]
    cy = (await people(engine, 1))[0]
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE coupons SET shopper_id = :cy WHERE code = 'HUGE'"), {"cy": cy})
    order = bought(await here.checkout.purchase(replace(wish(cy), referral=brought, coupon=huge))).order
    assert (order.discount, order.total) == (4999, 500)
    async with engine.connect() as connection:
        assert broken(await examine(connection, PROMISES)) == {}
    await assert_the_books_balance(engine, sold=6)


async def test_a_key_that_another_process_gave_up_is_asked_for_again_and_needs_no_recount(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process has the key in hand, and its coupon is gone; the other hears the same, from the gate."""
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now())
    asked = with_coupon(ada, code)
    for process in (here, there):
        await process.checkout.follow(DEAL)
    at_the_ledger, let_go, record = asyncio.Event(), asyncio.Event(), here.ledger.record

    async def held(*args: Any) -> Any:
        at_the_ledger.set()
        await let_go.wait()
        return await record(*args)

    monkeypatch.setattr(here.ledger, "record", held)
    first = asyncio.create_task(here.checkout.purchase(asked))
    await at_the_ledger.wait()
    waits, find = asyncio.Event(), there.ledger.find

    async def looked_for(*args: Any) -> Any:
        waits.set()
        return await find(*args)

    monkeypatch.setattr(there.ledger, "find", looked_for)
    second = asyncio.create_task(there.checkout.purchase(asked))
    await waits.wait()
    bought(await there.checkout.purchase(with_coupon(ada, code)))
    let_go.set()
    assert await first == CouponNotUsable()
    assert await second == CouponNotUsable()
    books = await assert_the_books_balance(engine, sold=1)
    assert books.offer.epoch == 2, "nobody has counted again"


async def test_whoever_has_left_or_is_the_buyer_is_not_written_down_as_a_helper(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    for helper in (ada, 10**9):
        bought(await here.checkout.purchase(replace(wish(ada), referral=Referral("b3a", helper))))
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM attributions"))).scalar() == 0
