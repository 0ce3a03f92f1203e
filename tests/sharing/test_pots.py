"""The crowd pot."""

import pytest
from sqlalchemy import select, update

from app.identity import Address, keep_address
from app.payments import Money
from app.sharing import decide_held, issue_pot, rewarding
from app.sharing.pots import LAST_PAYMENTS, PotWon, pot_won
from app.sharing.reward_case import RETURN_WINDOW
from app.sharing.reward_tables import pot_shares, pots, rewards
from tests.factories.rewards import DEAL, Crowd
from tests.factories.sales import people

ITS_TIME = (RETURN_WINDOW + LAST_PAYMENTS).total_seconds()


async def shares(crowd: Crowd) -> dict[int, int]:
    async with crowd.engine.connect() as connection:
        query = select(pot_shares.c.helper_id, pot_shares.c.amount)
        return {row.helper_id: row.amount for row in await connection.execute(query)}


async def win(crowd: Crowd, amount: int) -> bool:
    async with crowd.engine.begin() as connection:
        return await issue_pot(connection, DEAL, Money(amount, "USD"), crowd.clock.now())


async def test_a_pot_is_shared_by_the_units_that_stand_when_nothing_can_be_sent_back_any_more(
    crowd: Crowd,
) -> None:
    ada, bea, cy, dan = await people(crowd.engine, 4)
    orders = [await crowd.help(bea, ada, 2), await crowd.help(cy, ada, 1), await crowd.help(dan, ada, 3)]
    unpaid = await crowd.help(dan, ada, 3)
    held = await crowd.help(dan, ada, own_browser=True)
    await crowd.paid(*orders, held)
    assert await win(crowd, 1000)
    assert not await win(crowd, 5000), "a deal has one pot"
    await crowd.round()
    crowd.clock.advance(ITS_TIME - 1)
    await crowd.over(orders[2], unpaid)
    await crowd.round()
    assert await shares(crowd) == {}
    crowd.clock.advance(1)
    await crowd.round()
    assert await shares(crowd) == {bea: 667, cy: 333}
    assert await crowd.round() == 0
    await crowd.assert_the_books_are_right()


async def test_a_pot_that_nobody_helped_to_win_is_nobodys(crowd: Crowd) -> None:
    assert await win(crowd, 1000)
    crowd.clock.advance(ITS_TIME)
    await crowd.round()
    assert await crowd.round() == 0
    assert await shares(crowd) == {}
    await crowd.assert_the_books_are_right()


async def test_a_part_of_less_than_a_cent_is_no_coupon_and_the_pot_is_whole(crowd: Crowd) -> None:
    ada, bea, cy, dan = await people(crowd.engine, 4)
    orders = [await crowd.help(helper, ada) for helper in (bea, cy, dan)]
    await crowd.paid(*orders)
    await win(crowd, 2)
    crowd.clock.advance(ITS_TIME)
    await crowd.round()
    assert await shares(crowd) == {bea: 1, cy: 1, dan: 0}
    await crowd.assert_the_books_are_right()


@pytest.mark.parametrize(
    ("stands", "parts"),
    [((40, 40), [667, 333]), ((30, 40), [500, 250]), ((1, 40), [17, 8]), ((0, 40), [0, 0])],
)
async def test_of_a_pot_only_the_part_is_shared_whose_units_stand(
    crowd: Crowd, stands: tuple[int, int], parts: list[int]
) -> None:
    """Else somebody buys the last units in time, sends them back, and the pot has cost nothing to win."""
    ada, bea, cy = await people(crowd.engine, 3)
    await crowd.paid(await crowd.help(bea, ada, 2), await crowd.help(cy, ada, 1))
    await win(crowd, 1000)
    crowd.stands = stands
    crowd.clock.advance(ITS_TIME)
    await crowd.round()
    assert await shares(crowd) == {bea: parts[0], cy: parts[1]}
    async with crowd.engine.connect() as connection:
        (deal_id,) = (await connection.scalars(select(pots.c.deal_id))).all()
        found = await pot_won(connection, deal_id)
    assert found == PotWon(Money(1000, "USD"), Money(sum(parts), "USD")), "what was won stays in the books"
    await crowd.assert_the_books_are_right()


async def no_turn(*_: object) -> list[str]:
    """A round in which the rewards that are due are not reached."""
    return []


async def test_help_that_brought_no_coupon_is_judged_once_more_before_it_has_a_part_in_the_pot(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bea, cy, dan = await people(crowd.engine, 4)
    orders = [await crowd.help(helper, ada) for helper in (bea, cy, dan)]
    await crowd.paid(*orders)
    await win(crowd, 900)
    await crowd.round()
    assert (await crowd.standing(orders[0])).verdict == "earns"
    assert await decided(crowd, orders[2])
    home = Address("Ada Lovelace", "1 Oven Lane", "", "60601", "Chicago", "IL", "US")
    async with crowd.engine.begin() as connection:
        for shopper in (ada, bea, dan):
            await keep_address(connection, shopper, home)
    crowd.clock.advance(ITS_TIME)
    with monkeypatch.context() as patch:
        patch.setattr(rewarding, "take_due", no_turn)
        await crowd.round()
    assert await shares(crowd) == {}, "the pot waits for the judgement"
    await crowd.round()
    assert (await crowd.standing(orders[0])).why == "address"
    assert await shares(crowd) == {cy: 450, dan: 450}, "and what the staff have decided stays"
    assert await crowd.round() == 0
    await crowd.assert_the_books_are_right()


async def decided(crowd: Crowd, order: str) -> bool:
    """Somebody of the staff says that it earns, as if it had been held."""
    async with crowd.engine.begin() as connection:
        hold = update(rewards).where(rewards.c.order_id == order).values(verdict="held")
        await connection.execute(hold)
        return await decide_held(connection, order, earns=True, by=1, now=crowd.clock.now())
