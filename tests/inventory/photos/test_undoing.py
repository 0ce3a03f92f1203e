"""A change of a photo is taken back: the one before is there again, under the address that it had."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.changes import COMMAND_LINE, list_changes
from app.inventory.photos.changes import DealPhoto, describe_photo, read_deal_photo, set_photo, sweep_photos
from app.inventory.photos.keeping import Photo
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem
from tests.factories.inventory import new_deal, queue_deals


async def give(engine: AsyncEngine, clock: FrozenClock, deal_id: int, digest: str) -> DealPhoto:
    made = Photo({"800.jpg": digest.encode()}, 800, f"Of {digest}", digest)
    async with engine.begin() as connection:
        return await set_photo(connection, deal_id, made, who=COMMAND_LINE, now=clock.now())


async def undo(house: House, engine: AsyncEngine, deal_id: int, back: int = 0) -> tuple[int, str]:
    """Take a deal's last change but `back` of them back; answers the status, and what kind of problem there was."""
    async with engine.connect() as connection:
        change = (await list_changes(connection, deal_id=deal_id)).rows[back]
    answer = await house.merchandiser.post(f"{API}/staff/audit/{change.id}/undo")
    return answer.status_code, problem(answer) if answer.is_error else ""


async def now_there(engine: AsyncEngine, deal_id: int) -> DealPhoto:
    async with engine.connect() as connection:
        return await read_deal_photo(connection, deal_id)


async def test_the_photo_before_or_none_comes_back(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    first = await give(engine, clock, deal_id, "first")
    await give(engine, clock, deal_id, "second")
    assert (await undo(house, engine, deal_id, back=1))[1] == "cannot-undo", "another has come since"
    assert (await undo(house, engine, deal_id))[0] < 300
    assert await now_there(engine, deal_id) == first
    assert (await undo(house, engine, deal_id, back=2))[0] < 300
    assert (await now_there(engine, deal_id)).token is None


async def test_a_description_comes_back_to_its_photo(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    first = await give(engine, clock, deal_id, "first")
    async with engine.begin() as connection:
        await describe_photo(connection, deal_id, "Otherwise", who=COMMAND_LINE, now=clock.now())
    assert (await undo(house, engine, deal_id))[0] < 300
    assert await now_there(engine, deal_id) == first


async def test_a_photo_that_was_swept_away_does_not_come_back_and_nothing_changes(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    await give(engine, clock, deal_id, "first")
    second = await give(engine, clock, deal_id, "second")
    for _ in range(2):
        async with engine.begin() as connection:
            await sweep_photos(connection, clock.now())
        clock.advance(timedelta(days=8).total_seconds())
    assert (await undo(house, engine, deal_id))[1] == "cannot-undo"
    assert await now_there(engine, deal_id) == second


async def test_of_a_deal_that_is_over_the_photo_stays(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    given = await give(engine, clock, deal_id, "first")
    await house.merchandiser.delete(f"{API}/staff/deals/{deal_id}")
    assert (await undo(house, engine, deal_id, back=1))[1] == "cannot-undo"
    assert (await now_there(engine, deal_id)).token == given.token
