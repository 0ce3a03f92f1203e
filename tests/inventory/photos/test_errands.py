"""Photos that imports named by an address: fetched in the background by one process each, given up with a reason."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.photos.changes import read_deal_photo
from app.inventory.photos.errands import CLAIM, MOST_TRIES, PhotoErrands, PhotosWanted, read_wanted
from app.inventory.photos.fetching import fetch_photo
from app.inventory.photos.keeping import NotAPhotoError
from app.inventory.photos.tables import wanted_photos
from tests.conftest import FrozenClock
from tests.factories.house import House
from tests.factories.inventory import new_deal, picture, queue_deals

URL = "https://shop.example/loaf.jpg"


class Shelf:
    """Another shop's server: gives `body`, or says what is wrong with the photo."""

    def __init__(self, body: bytes | None = None) -> None:
        self.body = body
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.body is None:
            raise NotAPhotoError("is not there")
        return self.body


async def want(engine: AsyncEngine, clock: FrozenClock, url: str = URL) -> int:
    """A queued deal whose photo is to be fetched."""
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    row = {"deal_id": deal_id, "url": url, "alt": "A loaf", "next_at": clock.now()}
    async with engine.begin() as connection:
        await connection.execute(insert(wanted_photos).values(row))
    return deal_id


async def standing(engine: AsyncEngine) -> PhotosWanted:
    async with engine.connect() as connection:
        return await read_wanted(connection)


async def test_a_photo_is_fetched_once_and_described_as_the_file_said(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    deal_id = await want(engine, clock)
    shelf = Shelf(picture(size=(8, 8)))
    errands = PhotoErrands(engine, house.app.state.showrunner, clock, shelf.fetch)
    assert [await errands.run_once(), await errands.run_once()] == [1, 0]
    assert shelf.asked == [URL]
    async with engine.connect() as connection:
        photo = await read_deal_photo(connection, deal_id)
    assert (photo.token is not None, photo.alt) == (True, "A loaf")
    assert await standing(engine) == PhotosWanted(0, [])


async def test_what_does_not_come_is_tried_again_later_and_then_given_up_with_its_reason(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    deal_id = await want(engine, clock)
    shelf = Shelf()
    errands = PhotoErrands(engine, house.app.state.showrunner, clock, shelf.fetch)
    for _ in range(MOST_TRIES):
        assert await errands.run_once() == 1
        assert await errands.run_once() == 0, "not at once"
        clock.advance(timedelta(hours=1).total_seconds())
    assert await errands.run_once() == 0
    assert len(shelf.asked) == MOST_TRIES
    assert await standing(engine) == PhotosWanted(0, [(deal_id, URL, "is not there")])


async def test_a_photo_that_somebody_gave_meanwhile_stays(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    deal_id = await want(engine, clock)
    first = Shelf(picture(size=(8, 8)))
    await PhotoErrands(engine, house.app.state.showrunner, clock, first.fetch).run_once()
    async with engine.connect() as connection:
        given = await read_deal_photo(connection, deal_id)
    async with engine.begin() as connection:
        await connection.execute(
            insert(wanted_photos).values(deal_id=deal_id, url=URL, alt="Late", next_at=clock.now())
        )
    late = Shelf(picture(size=(9, 9)))
    await PhotoErrands(engine, house.app.state.showrunner, clock, late.fetch).run_once()
    async with engine.connect() as connection:
        assert await read_deal_photo(connection, deal_id) == given
    assert await standing(engine) == PhotosWanted(0, [])


async def test_of_two_processes_each_takes_its_own_and_what_one_left_is_taken_up(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    deal_id = await want(engine, clock)
    runner = house.app.state.showrunner
    shelf = Shelf(picture(size=(8, 8)))
    other = PhotoErrands(engine, runner, clock, shelf.fetch)

    async def dies(url: str) -> bytes:
        assert await other.run_once() == 0, "the first has it"
        raise RuntimeError(url)

    with pytest.raises(RuntimeError):
        await PhotoErrands(engine, runner, clock, dies).run_once()
    assert shelf.asked == []
    clock.advance(CLAIM.total_seconds())
    assert await other.run_once() == 1
    async with engine.connect() as connection:
        assert (await read_deal_photo(connection, deal_id)).token is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.jpg",
        "http://[::ffff:127.0.0.1]/x.jpg",
        "http://0x7f.1/x.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/x.jpg",
        "http://2130706433/",
        "http://me@127.0.0.1/",
    ],
)
async def test_no_file_sends_the_shop_into_its_own_network(
    house: House, engine: AsyncEngine, clock: FrozenClock, url: str
) -> None:
    deal_id = await want(engine, clock, url)
    await PhotoErrands(engine, house.app.state.showrunner, clock, fetch_photo).run_once()
    async with engine.connect() as connection:
        assert (await read_deal_photo(connection, deal_id)).token is None
        problem = (await connection.execute(select(wanted_photos.c.problem))).scalar_one()
    assert problem in ("is not at a public address", "must not hold a name or a password in its address")
