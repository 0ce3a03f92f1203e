"""A deal's photo at the desk's pages, without JavaScript."""

from typing import Any

import pytest
from httpx import Response
from sqlalchemy.ext.asyncio import AsyncEngine

from app.admin.photo_views import deal_photo_view, form_of
from app.inventory.desk import photo_document
from app.inventory.photos.changes import read_deal_photo
from tests.conftest import FrozenClock
from tests.factories.house import House
from tests.factories.inventory import new_deal, picture, queue_deals

FILE = {"file": ("loaf.png", picture("PNG", (8, 8)), "image/png")}
NO_FILE = {"file": ("", b"", "application/octet-stream")}


async def send(house: House, deal_id: int, files: Any = FILE, **fields: str) -> Response:
    """Send the form, as a browser does."""
    answer: Response = await house.merchandiser.post(f"/desk/deals/{deal_id}/photo", files=files, data=fields)
    return answer


async def test_a_photo_and_its_description_are_taken_and_shown(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal(title="Tom & Son"))
    address = f"/desk/deals/{deal_id}/photo"
    page = await house.merchandiser.get(address)
    assert (page.status_code, page.headers["cache-control"]) == (200, "private, no-store")
    assert "Photo of Tom &amp; Son" in page.text
    assert "There is none yet" in page.text
    answer = await send(house, deal_id, alt="A <loaf>")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?saved=yes")
    page = await house.merchandiser.get(answer.headers["location"])
    assert "The photo is saved." in page.text
    assert "“A &lt;loaf&gt;”" in page.text
    async with engine.connect() as connection:
        token = (await read_deal_photo(connection, deal_id)).token
    for width in (160, 480, 800):
        for kind in ("avif", "webp", "jpg"):
            assert f'"/photos/{token}/{width}.{kind}"' in page.text
    assert "1200" not in page.text


async def test_the_description_alone_can_be_changed_and_the_address_stays(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    await send(house, deal_id, alt="A loaf")
    async with engine.connect() as connection:
        before = await read_deal_photo(connection, deal_id)
    assert (await send(house, deal_id, NO_FILE, alt="A roll")).status_code == 303
    async with engine.connect() as connection:
        after = await read_deal_photo(connection, deal_id)
    assert (after.token, after.alt) == (before.token, "A roll")
    assert (await send(house, deal_id, NO_FILE, alt="A roll", decorative="yes")).status_code == 303
    page = await house.merchandiser.get(f"/desk/deals/{deal_id}/photo")
    assert "it decorates" in page.text
    assert 'value="yes" checked' in page.text


@pytest.mark.parametrize(
    ("files", "fields", "words"),
    [
        (NO_FILE, {"alt": "A loaf"}, ["Choose a photo."]),
        (FILE, {"alt": "  "}, ["Say what is to be seen, or tick the box below."]),
        (NO_FILE, {}, ["Choose a photo.", "Say what is to be seen"]),
        (
            {"file": ("a.jpg", b"<html>", "image/jpeg")},
            {"alt": "A loaf"},
            ["This file is a web page, not a JPEG, PNG, WebP or AVIF."],
        ),
        (FILE, {"alt": "x" * 301}, ["It must have at most 300 characters."]),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(
    house: House,
    engine: AsyncEngine,
    clock: FrozenClock,
    files: Any,
    fields: dict[str, str],
    words: list[str],
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    answer = await send(house, deal_id, files, **fields)
    assert answer.status_code == 422
    assert [one for one in words if one not in answer.text] == []
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{fields.get("alt", "").strip()}"' in answer.text
    async with engine.connect() as connection:
        assert (await read_deal_photo(connection, deal_id)).token is None


async def test_what_is_over_is_shown_without_a_form(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    await send(house, deal_id, alt="A loaf")
    await house.app.state.showrunner.set_show("woot-off", False)
    await house.app.state.showrunner.skip(deal_id)
    page = await house.merchandiser.get(f"/desk/deals/{deal_id}/photo")
    assert "its photo stays as it is" in page.text
    assert "photo-form" not in page.text
    assert (await send(house, deal_id, alt="Another")).status_code == 409
    assert (await house.merchandiser.get("/desk/deals/99/photo")).status_code == 404


async def test_somebody_else_is_sent_to_sign_in(house: House) -> None:
    answer = await house.visitor.get("/desk/deals/1/photo")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/desk/deals/1/photo")
    assert (await house.shopper.post("/desk/deals/1/photo", files=FILE)).status_code == 403


def test_the_view_of_a_photo_has_each_size_in_each_format() -> None:
    view = deal_photo_view(7, "Loaf", "live", "T", photo_document("T", 1200, "A loaf"))
    assert view.thumbnail == "/photos/T/160.webp"
    assert [size.width for size in view.sizes] == [160, 480, 800, 1200]
    assert view.sizes[1].formats == (
        ("AVIF", "/photos/T/480.avif"),
        ("WebP", "/photos/T/480.webp"),
        ("JPEG", "/photos/T/480.jpg"),
    )
    assert form_of(view).alt == "A loaf"
    none = deal_photo_view(7, "Loaf", "queued", None, photo_document(None, None, None))
    assert (none.thumbnail, none.sizes, form_of(none).decorative) == ("", (), False)
