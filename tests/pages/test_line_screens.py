"""The line on the pages, as a browser without a script has it."""

import re
from collections.abc import Sequence

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.conftest import FrozenClock
from tests.factories.house import API, House
from tests.factories.identity import PASSWORD
from tests.factories.line import cancel
from tests.factories.sales import DEAL, close, on_offer
from tests.factories.sharing import coupon


@pytest.fixture
async def sold(house: House, engine: AsyncEngine, clock: FrozenClock) -> Sequence[str]:
    """A deal of one unit that Mia has bought, and that is over: her order."""
    await on_offer(engine, clock, quantity=1, limit=1)
    answer = await house.merchandiser.post(
        f"{API}/orders", json={"deal_id": DEAL}, headers={"Idempotency-Key": "first"}
    )
    await close(engine, clock)
    return [answer.json()["id"]]


async def shown(client: AsyncClient, address: str = "/line") -> list[str]:
    """The states of the entries on a page, as it is read without a script."""
    page = (await client.get(address)).text
    visible = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    return re.findall(r'class="place card" data-state="([a-z]+)"', visible)


async def test_who_was_too_late_is_shown_the_way_in_and_gets_in_with_one_tap(
    house: House, sold: Sequence[str]
) -> None:
    form = {"deal_id": str(DEAL), "quantity": "1", "key": "mine"}
    late = await house.shopper.post("/buy", data=form)
    assert late.headers["location"] == f"/?sorry=sold-out&missed={DEAL}"
    assert await shown(house.shopper, late.headers["location"]) == ["open"]
    assert await shown(house.shopper, "/") == []
    joined = await house.shopper.post(f"/line/{DEAL}")
    assert (joined.status_code, joined.headers["location"]) == (303, "/#line")
    assert await shown(house.shopper, f"/?missed={DEAL}") == ["waiting"]
    assert await shown(house.shopper) == ["waiting"]
    page = (await house.shopper.get("/line")).text
    assert "You are 1st in line for The Crumb Baron." in page
    [stood] = (await house.shopper.get("/account/export")).json()["lines"]
    assert (stood["deal_id"], stood["state"]) == (DEAL, "waiting")
    assert (await house.merchandiser.get("/account/export")).json()["lines"] == [], "it is another's"
    left = await house.shopper.post(f"/line/{DEAL}/leave", data={"back": "line"})
    assert (left.status_code, left.headers["location"]) == (303, "/line")
    assert await shown(house.shopper) == []


async def test_an_offer_is_taken_with_the_pages_form_and_leads_to_the_order(
    house: House, engine: AsyncEngine, clock: FrozenClock, sold: Sequence[str]
) -> None:
    await house.shopper.post(f"/line/{DEAL}")
    await cancel(engine, *sold)
    await house.app.state.line.round()
    for address in ("/", "/line"):
        assert await shown(house.shopper, address) == ["offered"]
    page = (await house.shopper.get("/line")).text
    assert "One The Crumb Baron is kept for you until 12:05 PM CST: $49.99 and $5.00 shipping." in page
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)[:2])
    assert form.keys() == {"key", "offer"}
    taken = await house.shopper.post(f"/line/{DEAL}/take", data=form)
    assert taken.status_code == 303
    assert re.fullmatch(r"/orders/[\w-]{16}", taken.headers["location"])
    again = await house.shopper.post(f"/line/{DEAL}/take", data=form)
    assert again.headers["location"] == taken.headers["location"], "sent twice, it is one order"
    assert await shown(house.shopper) == []
    other_key = await house.shopper.post(f"/line/{DEAL}/take", data=form | {"key": "other"})
    assert other_key.headers["location"] == "/line?sorry=sold-out"
    said = (await house.shopper.get("/line?sorry=sold-out")).text
    assert "is not kept for you any more" in said


async def test_a_coupon_is_chosen_for_an_offer_none_by_itself_and_one_that_is_no_good_costs_nothing(
    house: House, engine: AsyncEngine, clock: FrozenClock, sold: Sequence[str]
) -> None:
    ada = (await house.shopper.get(f"{API}/me")).json()["id"]
    code = await coupon(engine, ada, clock.now(), amount=1000)
    await house.shopper.post(f"/line/{DEAL}")
    await cancel(engine, *sold)
    await house.app.state.line.round()
    page = ""
    for address in ("/", "/line"):
        page = (await house.shopper.get(address)).text
        offered = re.search(r'<form method="post" action="/line/\d+/take".*?</form>', page, re.DOTALL)
        assert offered is not None
        assert re.findall(r'<option value="([^"]*)"( selected)?>', offered[0]) == [
            ("", " selected"),
            (code, ""),
        ]
    assert "up to $10.00 off" in page
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)[:2])
    for wrong in ("nobodys", "x" * 101, "\n"):
        refused = await house.shopper.post(f"/line/{DEAL}/take", data=form | {"coupon": wrong})
        assert refused.headers["location"] == "/line?sorry=coupon-not-usable"
    assert "the offer is still yours" in (await house.shopper.get("/line?sorry=coupon-not-usable")).text
    taken = await house.shopper.post(f"/line/{DEAL}/take", data=form | {"coupon": code})
    order = (await house.shopper.get(f"{API}{taken.headers['location']}")).json()
    assert order["discount"]["amount"] == 1000


async def test_what_the_pages_refuse(house: House, engine: AsyncEngine, sold: Sequence[str]) -> None:
    refused = {
        f"/line/{DEAL + 1}": "no-such-deal",
        f"/line/{DEAL}/take": "invalid",
    }
    for address, slug in refused.items():
        answer = await house.shopper.post(address, data={"offer": "made up", "key": "k"})
        assert answer.headers["location"] == f"/line?sorry={slug}"
    answer = await house.merchandiser.post(f"/line/{DEAL}")
    assert answer.headers["location"] == "/line?sorry=limit-reached"
    for bad in ({"offer": "", "key": "k"}, {"offer": "x" * 101, "key": "k"}, {"offer": "x", "key": "é"}):
        answer = await house.shopper.post(f"/line/{DEAL}/take", data=bad)
        assert answer.headers["location"] == "/line?sorry=invalid"
    for missed in ("x", "-1", "0", "9" * 40, "٣", str(2**31)):
        assert await shown(house.shopper, f"/?missed={missed}") == []


async def test_whoever_is_not_signed_in_is_asked_to_and_comes_back_to_the_way_in(
    house: House, sold: Sequence[str]
) -> None:
    assert await shown(house.visitor, f"/?missed={DEAL}") == ["open"]
    joined = await house.visitor.post(f"/line/{DEAL}")
    assert joined.headers["location"] == f"/sign-in?next=%2F%3Fmissed%3D{DEAL}"
    assert (await house.visitor.get("/line")).headers["location"] == "/sign-in?next=%2Fline"
    for verb in ("leave", "take"):
        answer = await house.visitor.post(f"/line/{DEAL}/{verb}", data={"offer": "x", "key": "k"})
        assert answer.headers["location"] == "/sign-in?next=%2Fline"
    assert (await house.visitor.get("/line/now")).json() == {"entries": []}


async def test_another_site_can_neither_put_somebody_in_line_nor_take_for_them(
    house: House, sold: Sequence[str]
) -> None:
    """With a cookie, as a browser has it; the negative control is the same request from our own page."""
    await house.visitor.post(f"{API}/session", json={"email": "ada@example.com", "password": PASSWORD})
    for address in (f"/line/{DEAL}", f"/line/{DEAL}/leave", f"/line/{DEAL}/take", f"{API}/deals/{DEAL}/line"):
        answer = await house.visitor.post(address, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    own = await house.visitor.post(f"/line/{DEAL}", headers={"Sec-Fetch-Site": "same-origin"})
    assert own.headers["location"] == "/#line"
    assert await shown(house.visitor) == ["waiting"]
