"""Rewards that wait: what the staff see, and deciding once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.inventory.changes import Who
from app.inventory.help import reviews
from app.inventory.help.reviews import OwnReward, RewardDecided, decide_review, read_reviews
from app.inventory.tables import changes
from app.platform.errors import NotFound
from app.sharing import RewardTerms
from app.sharing.desk import HelperSoFar
from tests.factories.helped_deals import helped_deal
from tests.factories.records import EVENING
from tests.factories.rewards import DAY, Crowd
from tests.factories.sales import people

PEOPLE = 16


async def decide(crowd: Crowd, order_id: str, *, earns: bool, by: int, note: str = "") -> None:
    async with crowd.engine.begin() as connection:
        who = Who(by, f"Mia {by}")
        await decide_review(connection, order_id, earns=earns, note=note, who=who, now=crowd.clock.now())


async def trail(crowd: Crowd) -> list[tuple[str, object]]:
    async with crowd.engine.connect() as connection:
        rows = await connection.execute(select(changes).order_by(changes.c.id))
        return [(row.person_name, row.after) for row in rows]


async def test_the_queue_shows_the_oldest_first_with_why_and_what_the_helper_brought_before(
    crowd: Crowd,
) -> None:
    ada, bea, cy = await people(crowd.engine, 3)
    await helped_deal(crowd, [(bea, ada, 1), (bea, cy, 2)])
    held = await helped_deal(crowd, [(bea, ada, 2), (cy, ada, 1)], same_browser=True)
    later: dict[str, Any] = {"opened_at": EVENING + timedelta(hours=2), "same_browser": True}
    free = await helped_deal(crowd, [(cy, ada, 1)], terms=RewardTerms("USD", 0), **later)
    async with crowd.engine.connect() as connection:
        page = await read_reviews(connection, limit=10)
        assert [one.held.order_id for one in page.items] == [*held, *free]
        first, second, third = page.items
        assert first.held.why == "Helper and buyer use the same browser."
        assert (str(first.held.worth), third.held.worth) == ("$5.00", None)
        assert first.so_far == HelperSoFar(buyers=2, units=5, refused=0)
        assert second.helper
        part = await read_reviews(connection, limit=2)
        assert ([one.held.order_id for one in part.items], part.next) == (held, held[1])
        rest = await read_reviews(connection, limit=2, after=part.next)
        assert ([one.held.order_id for one in rest.items], rest.next) == (free, None)
        assert (await read_reviews(connection, limit=2, after="nothing")).items == []


async def test_what_is_decided_is_done_and_kept_with_its_note(crowd: Crowd) -> None:
    ada, bea, mia = await people(crowd.engine, 3)
    good, bad = await helped_deal(crowd, [(bea, ada, 1), (bea, ada, 1)], same_browser=True)
    await decide(crowd, good, earns=True, by=mia)
    await decide(crowd, bad, earns=False, by=mia, note="One and the same.")
    await crowd.round()
    assert await crowd.coupon(good) == ("pending", 250)
    assert await crowd.coupon(bad) == (None, 0)
    crowd.clock.advance(14 * DAY)
    await crowd.round()
    assert await crowd.coupon(good) == ("ready", 250)
    name = f"Mia {mia}"
    assert await trail(crowd) == [
        (name, {"orders": [good], "earns": True}),
        (name, {"orders": [bad], "earns": False, "why": "One and the same."}),
    ]
    await crowd.assert_the_books_are_right()


async def test_whoever_comes_second_hears_who_was_first_and_how_they_decided(crowd: Crowd) -> None:
    ada, bea, mia, max_ = await people(crowd.engine, 4)
    (order,) = await helped_deal(crowd, [(bea, ada, 1)], same_browser=True)
    await decide(crowd, order, earns=True, by=mia)
    with pytest.raises(RewardDecided, match=f"Mia {mia} has decided that it is earned"):
        await decide(crowd, order, earns=False, by=max_, note="no")
    assert len(await trail(crowd)) == 1


async def test_a_reward_whose_order_is_no_more_or_that_never_waited_is_not_decided(crowd: Crowd) -> None:
    ada, bea, mia = await people(crowd.engine, 3)
    (order,) = await helped_deal(crowd, [(bea, ada, 1)], same_browser=True)
    (earned,) = await helped_deal(crowd, [(bea, ada, 1)])
    await crowd.over(order)
    for one in (order, earned):
        with pytest.raises(RewardDecided, match="No reward"):
            await decide(crowd, one, earns=True, by=mia)
    with pytest.raises(NotFound):
        await decide(crowd, "nothing", earns=True, by=mia)
    assert await trail(crowd) == []


async def test_nobody_decides_about_a_reward_in_which_they_are_helper_or_buyer(crowd: Crowd) -> None:
    ada, bea, mia = await people(crowd.engine, 3)
    (order,) = await helped_deal(crowd, [(bea, ada, 1)], same_browser=True)
    for one in (ada, bea):
        for earns in (True, False):
            with pytest.raises(OwnReward):
                await decide(crowd, order, earns=earns, by=one, note="mine")
    assert await trail(crowd) == []
    await decide(crowd, order, earns=True, by=mia)


async def race(crowd: Crowd, order: str, mia: int) -> int:
    """How many of so many people at once decided about one reward."""

    async def one(number: int) -> bool:
        try:
            await decide(crowd, order, earns=bool(number % 2), by=mia, note=str(number))
        except RewardDecided:
            return False
        return True

    return sum(await asyncio.gather(*(one(number) for number in range(PEOPLE))))


async def test_of_many_who_decide_at_once_one_does(crowd: Crowd) -> None:
    ada, bea, mia = await people(crowd.engine, 3)
    (order,) = await helped_deal(crowd, [(bea, ada, 1)], same_browser=True)
    assert await race(crowd, order, mia) == 1
    ((_, kept),) = await trail(crowd)
    await crowd.round()
    verdict = (await crowd.standing(order)).verdict
    assert isinstance(kept, dict)
    assert verdict == ("earns" if kept["earns"] else "refused"), "the trail says what was done"
    await crowd.assert_the_books_are_right()


async def test_if_it_were_not_for_the_rows_own_word_several_would(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bea, mia = await people(crowd.engine, 3)
    (order,) = await helped_deal(crowd, [(bea, ada, 1)], same_browser=True)

    async def sees_it_wait(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr(reviews, "decide_held", sees_it_wait)
    assert await race(crowd, order, mia) == PEOPLE
    async with crowd.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(changes)) == PEOPLE
