"""A deal's photo over HTTP: given by merchandisers, seen by nobody else before its deal is live."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.changes import COMMAND_LINE, list_changes
from app.inventory.photos.changes import set_photo, sweep_photos
from app.inventory.photos.keeping import MAX_BYTES, Photo, keep_photo, read_photo_file
from app.inventory.tables import deals, photos, pictures
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import new_deal, picture, queue_deals

JPEG = {"Content-Type": "image/jpeg"}
FOR_EVER = "public, max-age=31536000, immutable"
SMALL: dict[str, Any] = {"size": (8, 8)}


async def put(house: House, deal_id: int, body: bytes | None = None, **asked: Any) -> Any:
    """Give a deal a photo as the merchandiser; the answer, which must be good."""
    body = picture(**SMALL) if body is None else body
    answer = await house.merchandiser.put(
        f"{API}/staff/deals/{deal_id}/photo", content=body, headers=JPEG, params=asked
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["photo"]


def addresses(photo: dict[str, Any]) -> list[str]:
    """Every address that a photo names."""
    sets = [photo["srcset"], *(source["srcset"] for source in photo["sources"])]
    return [photo["src"], *(part.split(" ")[0] for one in sets for part in one.split(", "))]


async def go_live(house: House) -> None:
    """Start the show."""
    await house.app.state.showrunner.set_show("woot-off", False)


async def test_a_photo_is_put_as_it_is_or_as_a_form(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal(title="The Loaf"))
    photo = await put(house, deal_id)
    assert photo["alt"] == "The Loaf", "the title stands in where nothing is said"
    assert (await put(house, deal_id, alt=" A  loaf "))["alt"] == "A loaf"
    assert (await put(house, deal_id, alt=""))["alt"] == "", "it decorates"
    path = f"{API}/staff/deals/{deal_id}/photo"
    file = {
        "file": ("page.html", picture("AVIF", **SMALL), "text/html")
    }  # what it is called counts for nothing
    answer = await house.merchandiser.put(path, files=file, data={"alt": "From a form"})
    assert (answer.status_code, answer.json()["photo"]["alt"]) == (200, "From a form")
    answer = await house.merchandiser.put(path, files=file, data={"alt": "x", "decorative": "yes"})
    assert answer.json()["photo"]["alt"] == ""
    for address in addresses(answer.json()["photo"]):
        assert (await house.merchandiser.get(address)).status_code == 200


async def test_before_its_deal_is_live_a_photo_is_the_desks_alone(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    photo = await put(house, deal_id)
    nowhere = await house.visitor.get(f"/photos/{'0' * 22}/800.jpg")
    for address in addresses(photo):
        seen = await house.merchandiser.get(address)
        assert (seen.status_code, seen.headers["cache-control"]) == (200, "private, no-store")
        assert seen.headers["x-robots-tag"] == "noindex"
        for stranger in (house.visitor, house.shopper):
            hidden = await stranger.get(address)
            assert (hidden.status_code, hidden.content) == (404, nowhere.content)
            assert dict(hidden.headers) == dict(nowhere.headers), "not even told from one that never was"
    await go_live(house)
    live = (await house.visitor.get(f"{API}/live")).json()["deal"]["photo"]
    assert live == photo
    for address in addresses(photo):
        seen = await house.visitor.get(address)
        assert (seen.status_code, seen.headers["cache-control"]) == (200, FOR_EVER)
        kind = {"jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}[address.split(".")[1]]
        assert seen.headers["content-type"] == kind
        assert seen.headers["x-content-type-options"] == "nosniff"


async def test_a_new_photo_of_the_live_deal_is_told_to_everyone_under_a_new_address(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    first = await put(house, deal_id)
    await go_live(house)
    before = (await house.visitor.get(f"{API}/live")).json()
    second = await put(house, deal_id)
    assert not set(addresses(first)) & set(addresses(second))
    async with asyncio.timeout(60):
        while (after := (await house.visitor.get(f"{API}/live")).json())["deal"]["photo"] != second:
            await asyncio.sleep(0.01)
    assert after["id"] != before["id"]
    assert (await house.visitor.get(first["src"])).status_code == 404
    assert (await house.visitor.get(second["src"])).status_code == 200


async def test_one_picture_for_two_deals_has_two_addresses_so_that_the_past_tells_nothing_of_what_comes(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    past, coming = await queue_deals(engine, clock, new_deal(), new_deal())
    shown, hidden = await put(house, past), await put(house, coming)
    await go_live(house)
    assert shown["src"] != hidden["src"]
    assert (await house.visitor.get(shown["src"])).status_code == 200
    assert (await house.visitor.get(hidden["src"])).status_code == 404
    async with engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(pictures))).scalar_one() == 1


async def test_what_ended_keeps_its_photo_and_takes_no_other(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    ended, gone = await queue_deals(engine, clock, new_deal(), new_deal())
    photo = await put(house, ended)
    await go_live(house)
    await house.app.state.showrunner.skip(ended)
    async with engine.begin() as connection:
        await connection.execute(update(deals).where(deals.c.id == gone).values(state="withdrawn"))
    for deal_id in (ended, gone):
        answer = await house.merchandiser.put(
            f"{API}/staff/deals/{deal_id}/photo", content=b"not even looked at", headers=JPEG
        )
        assert (answer.status_code, problem(answer)) == (409, "deal-is-over")
    assert (await house.visitor.get(photo["src"])).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "params", "status", "slug"),
    [
        (b"GIF89a", JPEG, {}, 422, "photo-refused"),
        (b"<html>", {"Content-Type": "image/jpeg"}, {}, 422, "photo-refused"),
        (b"", JPEG, {}, 422, "photo-refused"),
        (bytes(MAX_BYTES + 1), JPEG, {}, 422, "photo-refused"),
        (bytes(MAX_BYTES + 1024 * 1024 + 1), JPEG, {}, 413, "too-large"),
        (picture(), {"Content-Type": "text/html"}, {}, 415, "not-sent-as-a-photo"),
        (picture(), {}, {}, 415, "not-sent-as-a-photo"),
        (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, {}, 422, "invalid"),
        (b"nonsense", {"Content-Type": "multipart/form-data"}, {}, 400, "bad-request"),
        (picture(), JPEG, {"alt": "x" * 301}, 422, "invalid"),
        (picture(), JPEG, {"alt": "a\0b"}, 422, "invalid"),
    ],
)
async def test_what_is_no_photo_changes_nothing(
    house: House,
    engine: AsyncEngine,
    clock: FrozenClock,
    body: bytes,
    headers: dict[str, str],
    params: dict[str, str],
    status: int,
    slug: str,
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    path = f"{API}/staff/deals/{deal_id}/photo"
    answer = await house.merchandiser.put(path, content=body, headers=headers, params=params)
    assert (answer.status_code, problem(answer)) == (status, slug)
    async with engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(photos))).scalar_one() == 0


async def test_a_refusal_names_the_field_and_says_why(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    path = f"{API}/staff/deals/{deal_id}/photo"
    answer = await house.merchandiser.put(path, content=b"GIF89a", headers=JPEG)
    words = "is a GIF, not a JPEG, PNG, WebP or AVIF"
    assert answer.json()["errors"] == [{"field": "file", "message": words}]
    assert answer.json()["detail"] == f"The photo {words}."
    answer = await house.merchandiser.put(f"{API}/staff/deals/99/photo", content=b"", headers=JPEG)
    assert (answer.status_code, problem(answer)) == (404, "not-found")
    answer = await house.merchandiser.put(f"{API}/staff/deals/0/photo", content=b"", headers=JPEG)
    assert wrong_fields(answer) == ["deal_id"]


async def test_only_the_desk_gives_photos(house: House, engine: AsyncEngine, clock: FrozenClock) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    path = f"{API}/staff/deals/{deal_id}/photo"
    assert (await house.visitor.put(path, content=picture(), headers=JPEG)).status_code == 401
    assert (await house.shopper.put(path, content=picture(), headers=JPEG)).status_code == 403


async def test_every_change_is_in_the_audit_trail(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    photo = await put(house, deal_id, alt="A loaf")
    async with engine.connect() as connection:
        (change,) = (await list_changes(connection, deal_id=deal_id)).rows
    assert (change.action, change.before) == ("photo", {"photo": None, "photo_alt": ""})
    assert change.after == {"photo": photo["src"].split("/")[2], "photo_alt": "A loaf"}
    assert change.person_id is not None


async def test_photos_that_no_deal_needs_are_gone_after_a_week_and_the_others_stay(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    made = Photo({"800.jpg": b"first"}, 800, "", "first")
    other = Photo({"800.jpg": b"other"}, 800, "", "other")
    ids = await queue_deals(engine, clock, *(new_deal() for _ in range(5)))
    tokens = {}
    async with engine.begin() as connection:
        for deal_id in ids:
            changed = await set_photo(connection, deal_id, made, who=COMMAND_LINE, now=clock.now())
            tokens[deal_id] = str(changed.token)
        queued, live, ended, withdrawn, replaced = ids
        for deal_id, state in ((live, "live"), (withdrawn, "withdrawn")):
            await connection.execute(update(deals).where(deals.c.id == deal_id).values(state=state))
        over = {"state": "ended", "ended_at": clock.now(), "end_reason": "skipped"}
        await connection.execute(update(deals).where(deals.c.id == ended).values(over))
        await set_photo(connection, replaced, other, who=COMMAND_LINE, now=clock.now())
        unused = await keep_photo(connection, Photo({"800.jpg": b"x"}, 800, "", "unused"), clock.now())

    async def sweep() -> int:
        async with engine.begin() as connection:
            return await sweep_photos(connection, clock.now())

    async def kept(token: str) -> bool:
        async with engine.connect() as connection:
            return await read_photo_file(connection, token, "800.jpg") is not None

    assert await sweep() == 0
    clock.advance(timedelta(days=6).total_seconds())
    assert await sweep() == 0, "the change may be undone yet"
    async with engine.begin() as connection:  # and it is, for one of them
        await connection.execute(update(deals).where(deals.c.id == withdrawn).values(state="queued"))
    assert await sweep() == 0
    clock.advance(timedelta(days=2).total_seconds())
    assert await sweep() == 2
    assert [await kept(tokens[one]) for one in (queued, live, ended, withdrawn)] == [True] * 4
    assert not await kept(tokens[replaced])
    assert not await kept(unused)
    async with engine.connect() as connection:
        digests = (
            (await connection.execute(select(pictures.c.digest).order_by(pictures.c.digest))).scalars().all()
        )
    assert digests == ["first", "other"]
    async with engine.begin() as connection:
        await connection.execute(update(deals).where(deals.c.id == withdrawn).values(state="withdrawn"))
    await sweep()
    clock.advance(timedelta(days=8).total_seconds())
    assert await sweep() == 1
    async with engine.connect() as connection:
        assert (
            await connection.execute(select(deals.c.photo).where(deals.c.id == withdrawn))
        ).scalar() is None
