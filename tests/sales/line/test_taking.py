"""Taking what the line was offered: an order like any other, once, by whom it was offered to, in time."""

import asyncio
from datetime import timedelta

import pytest
from msgspec import Struct, structs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import Line, close_line, read_offer
from app.sales.line import taking as taking_file
from app.sales.line.step import OFFER_LASTS
from app.sales.verdict import (
    CouponNotUsable,
    DealOver,
    KeyReused,
    LimitReached,
    OfferNotYours,
    OutcomeUnknown,
    QuantityOutOfRange,
    SoldOut,
    Verdict,
)
from app.sharing import Referral
from tests.factories.friends import Circle
from tests.factories.identity import MovableClock
from tests.factories.line import (
    assert_the_line_balances,
    cancel,
    in_line,
    open_offers,
    sold_out,
    states,
    taking,
)
from tests.factories.sales import (
    DEADLINE,
    DEAL,
    Process,
    bought,
    buy,
    halted,
    on_offer,
    people,
    tally,
)


class Offered(Struct, frozen=True):
    """Somebody with an open offer, and the one behind them."""

    shopper: int
    offer: str
    next: int


@pytest.fixture
async def offered(here: Process, line: Line, engine: AsyncEngine, clock: MovableClock) -> Offered:
    """A deal of three units sold out, one came back, and was offered to the first of two in line."""
    orders = await sold_out(here, engine, clock, 3)
    first, second = await in_line(line, engine, 2)
    await cancel(engine, orders[1])
    await line.round()
    return Offered(first, (await open_offers(engine))[first], second)


async def test_taking_an_offer_is_an_order_like_any_other(
    here: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    clock.advance(60.5)
    verdict = bought((await buy(here.checkout, [taking(offered.shopper, offered.offer)]))[0])
    order = verdict.order
    assert not verdict.replayed
    assert (order.place, order.number, order.status) == (4, f"{DEAL}-4", "placed")
    assert (order.quantity, order.unit_price, order.shipping, order.total) == (1, 4999, 500, 5499)
    assert order.placed_at == clock.now()
    assert await here.ledger.order(offered.shopper, order.id) == order
    assert await states(engine, [offered.shopper]) == ["served"]
    async with engine.connect() as connection:
        books = text(
            "SELECT (SELECT sold FROM offers), (SELECT units FROM buyers WHERE shopper_id = :who),"
            " (SELECT sum(units) FROM sold_by_second), (SELECT order_id FROM line_offers)"
        )
        assert (await connection.execute(books, {"who": offered.shopper})).one() == (3, 1, 4, order.id)


async def test_the_same_key_gives_the_same_order_at_every_process_also_when_the_offer_is_long_over(
    here: Process, there: Process, clock: MovableClock, offered: Offered
) -> None:
    wish = taking(offered.shopper, offered.offer, key="mine")
    order = bought((await buy(here.checkout, [wish]))[0]).order
    clock.advance(3600)
    for checkout in (here.checkout, there.checkout):
        again = bought((await buy(checkout, [wish]))[0])
        assert again.replayed
        assert again.order == order
    other_body = taking(offered.shopper, "another", key="mine")
    assert await buy(there.checkout, [other_body]) == [KeyReused()]


async def test_an_offer_that_is_not_theirs_or_never_was_or_is_of_another_deal(
    here: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    await on_offer(engine, clock, deal=DEAL + 1)
    asked = [
        taking(offered.next, offered.offer),
        taking(offered.shopper, "made up"),
        taking(offered.shopper, "with a \0 in it"),
        taking(offered.shopper, offered.offer, deal=DEAL + 1),
        taking(offered.shopper, offered.offer, deal=DEAL + 2),
        taking(offered.shopper, offered.offer, quantity=2),
    ]
    assert await buy(here.checkout, asked) == [
        *[OfferNotYours()] * 5,
        QuantityOutOfRange(1),
    ]
    assert list(await open_offers(engine)) == [offered.shopper]


async def test_an_offer_is_good_until_its_last_moment_and_no_longer(
    here: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    clock.advance(OFFER_LASTS.total_seconds())
    assert await buy(here.checkout, [taking(offered.shopper, offered.offer)]) == [SoldOut(DEAL)]
    clock.advance(-0.001)
    bought((await buy(here.checkout, [taking(offered.shopper, offered.offer)]))[0])


async def test_what_was_used_given_up_or_withdrawn_is_refused(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    await line.leave(DEAL, offered.shopper)
    assert await buy(here.checkout, [taking(offered.shopper, offered.offer)]) == [SoldOut(DEAL)]
    await line.round()
    second = (await open_offers(engine))[offered.next]
    async with engine.begin() as connection:
        await close_line(connection, DEAL, clock.now())
    assert await buy(here.checkout, [taking(offered.next, second)]) == [DealOver()]
    await assert_the_line_balances(engine, sold=2)


async def test_the_limit_holds_for_an_offer_too(
    here: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    async with engine.begin() as connection:
        row = {"deal": DEAL, "id": offered.shopper}
        await connection.execute(text("INSERT INTO buyers VALUES (:deal, :id, 1, 1)"), row)
    assert await buy(here.checkout, [taking(offered.shopper, offered.offer)]) == [LimitReached(1, 1)]


async def test_a_coupon_is_taken_off_and_used_by_the_order(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    plain = taking(offered.shopper, offered.offer, key="mine")
    wish = type(plain)(plain.shopper_id, plain.key, DEAL, 1, "CRUMB", offered.offer)
    assert await buy(here.checkout, [wish]) == [CouponNotUsable()]
    async with engine.begin() as connection:
        coupon = text(
            "INSERT INTO coupons VALUES ('CRUMB', :who, 'USD', 1000, 'ready', 'helped', :now, :later, NULL)"
        )
        later = clock.now() + timedelta(days=1)
        await connection.execute(coupon, {"who": offered.shopper, "now": clock.now(), "later": later})
    order = bought((await buy(here.checkout, [wish]))[0]).order
    assert (order.discount, order.total) == (1000, 4499)
    again = bought((await buy(there.checkout, [wish]))[0])
    assert (again.order, again.replayed) == (order, True)


async def test_friends_pay_what_they_would_have_paid_in_the_sale(
    here: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    (bea,) = await people(engine, 1)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE offers SET friends_discount = 1000"))
    await Circle(engine, clock).befriends(bea, offered.shopper)
    wish = structs.replace(taking(offered.shopper, offered.offer), referral=Referral("b3a", bea))
    order = bought((await buy(here.checkout, [wish]))[0]).order
    assert (order.discount, order.total) == (1000, 4499)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT as_friend FROM attributions"))


async def test_one_offer_and_many_requests_with_different_keys_at_two_processes_are_one_order(
    here: Process, there: Process, engine: AsyncEngine, offered: Offered
) -> None:
    asked = [taking(offered.shopper, offered.offer) for _ in range(8)]
    verdicts = await asyncio.gather(
        *(process.checkout.purchase(wish) for wish, process in zip(asked, [here, there] * 4, strict=True))
    )
    assert tally(verdicts) == {"Bought": 1, "SoldOut": 7}
    await assert_the_line_balances(engine, sold=3)


async def test_without_the_row_of_the_offer_two_keys_would_be_two_orders(
    here: Process, there: Process, engine: AsyncEngine, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: two who have looked before either acts both find the offer open."""
    both_looked = asyncio.Barrier(2)
    look = taking_file._refusal
    found: list[Verdict | None] = []

    async def look_and_wait(*asked: object) -> Verdict | None:
        refusal = await look(*asked)  # type: ignore[arg-type]
        found.append(refusal)
        async with asyncio.timeout(DEADLINE):
            await both_looked.wait()
        return refusal or SoldOut(DEAL)  # nobody shall act

    monkeypatch.setattr(taking_file, "lock_offer", read_offer)
    monkeypatch.setattr(taking_file, "_refusal", look_and_wait)
    asked = [taking(offered.shopper, offered.offer) for _ in range(2)]
    await asyncio.gather(
        *(process.checkout.purchase(wish) for wish, process in zip(asked, (here, there), strict=True))
    )
    assert found == [None, None]


async def test_the_same_key_at_both_processes_at_once_is_one_order(
    here: Process, there: Process, engine: AsyncEngine, offered: Offered
) -> None:
    wish = taking(offered.shopper, offered.offer, key="mine")
    verdicts = await asyncio.gather(
        *(process.checkout.purchase(wish) for process in (here, there, here, there))
    )
    orders = [bought(verdict) for verdict in verdicts]
    assert len({one.order.id for one in orders}) == 1
    assert sorted(one.replayed for one in orders) == [False, True, True, True]
    await assert_the_line_balances(engine, sold=3)


async def test_an_offer_that_runs_out_while_it_is_taken_is_an_order_or_the_next_ones_and_never_both(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    clock.advance(OFFER_LASTS.total_seconds() - 0.001)

    async def time_passes() -> None:
        await asyncio.sleep(0)
        clock.advance(0.001)
        await line.round()

    verdict, _ = await asyncio.gather(
        here.checkout.purchase(taking(offered.shopper, offered.offer)), time_passes()
    )
    await line.round()
    is_sold = tally([verdict])["Bought"] == 1
    assert (offered.next in await open_offers(engine)) is not is_sold
    await assert_the_line_balances(engine, sold=3 if is_sold else 2)


@pytest.mark.parametrize("taken_first", [True, False])
async def test_who_has_the_row_first_decides_whether_it_ran_out(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock, offered: Offered, taken_first: bool
) -> None:
    """Both orders of the race above, each made to happen."""
    take = here.checkout.purchase(taking(offered.shopper, offered.offer))
    if taken_first:
        bought(await take)
        clock.advance(OFFER_LASTS.total_seconds())
        await line.round()
        assert await open_offers(engine) == {}
    else:
        clock.advance(OFFER_LASTS.total_seconds())
        await line.round()
        assert await take == SoldOut(DEAL)
        assert list(await open_offers(engine)) == [offered.next]


async def test_whose_time_is_up_while_it_is_not_known_yet_is_told_so_and_learns_it_with_the_same_key(
    here: Process, there: Process, offered: Offered
) -> None:
    wish = taking(offered.shopper, offered.offer, key="mine")
    with halted("after-line-commit") as halt:
        waiting = asyncio.create_task(here.checkout.purchase(wish))
        await halt.arrival()
        assert await here.checkout.purchase(wish, patience=0.01) == OutcomeUnknown()
        halt.let_go()
    order = bought(await waiting).order
    assert bought((await buy(there.checkout, [wish]))[0]).order == order


async def test_the_same_key_for_another_deal_at_the_same_moment_is_one_order_and_one_refusal(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, offered: Offered
) -> None:
    await on_offer(engine, clock, deal=DEAL + 1)
    await there.checkout.follow(DEAL + 1)
    plain = taking(offered.shopper, offered.offer, key="mine")
    other = type(plain)(offered.shopper, "mine", DEAL + 1, 1)
    verdicts = await asyncio.gather(here.checkout.purchase(plain), there.checkout.purchase(other))
    assert tally(verdicts) == {"Bought": 1, "KeyReused": 1}


async def test_a_plain_purchase_of_a_deal_that_is_over_does_not_touch_what_is_kept_for_the_line(
    here: Process, engine: AsyncEngine, offered: Offered
) -> None:
    (stranger,) = await people(engine, 1)
    plain = taking(stranger, "x")
    verdicts = await buy(here.checkout, [type(plain)(stranger, "plain", DEAL, 1)])
    assert tally(verdicts)["Bought"] == 0
    assert list(await open_offers(engine)) == [offered.shopper]
