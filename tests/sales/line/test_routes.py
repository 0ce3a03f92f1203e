"""The line over HTTP: getting in and out, and taking what it was offered by `POST /orders`."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.line.step import OFFER_LASTS
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.line import cancel
from tests.factories.sales import DEAL, close, on_offer

LINE = f"{API}/deals/{DEAL}/line"


async def take(client: AsyncClient, offer: str, key: str = "mine", **other: Any) -> Response:
    """Buy what was offered."""
    body = {"deal_id": DEAL, "line_offer": offer} | other
    return await client.post(f"{API}/orders", json=body, headers={"Idempotency-Key": key})


async def places(client: AsyncClient) -> list[dict[str, Any]]:
    """Where somebody stands."""
    answer = (await client.get(f"{API}/line")).json()
    assert answer["next"] is None
    found: list[dict[str, Any]] = answer["items"]
    return found


@pytest.fixture
async def sold(house: House, engine: AsyncEngine, clock: FrozenClock) -> Sequence[str]:
    """A deal of one unit that Mia has bought, and that is over: her order."""
    await on_offer(engine, clock, quantity=1, limit=1)
    answer = await house.merchandiser.post(
        f"{API}/orders", json={"deal_id": DEAL}, headers={"Idempotency-Key": "first"}
    )
    assert answer.status_code == 201
    await close(engine, clock)
    return [answer.json()["id"]]


@pytest.fixture
async def offer(house: House, engine: AsyncEngine, sold: Sequence[str]) -> str:
    """Ada stands in line, and was offered the unit when it came back."""
    assert (await house.shopper.post(LINE)).status_code == 201
    await cancel(engine, *sold)
    await house.app.state.line.round()
    (mine,) = await places(house.shopper)
    assert mine["state"] == "offered"
    offer: str = mine["offer"]["id"]
    return offer


async def test_getting_in_line_once_and_again_and_out(house: House, sold: Sequence[str]) -> None:
    joined, again = await house.shopper.post(LINE), await house.shopper.post(LINE)
    assert (joined.status_code, again.status_code) == (201, 200)
    assert joined.json() == again.json() == (await places(house.shopper))[0]
    assert joined.json() | {"joined_at": ""} == {
        "deal_id": DEAL,
        "title": "The Crumb Baron",
        "price": {"amount": 4999, "currency": "USD", "text": "$49.99"},
        "shipping": {"amount": 500, "currency": "USD", "text": "$5.00"},
        "state": "waiting",
        "place": 1,
        "joined_at": "",
        "offer": None,
    }
    for _ in range(2):
        assert (await house.shopper.delete(LINE)).status_code == 204
        assert await places(house.shopper) == []


async def test_sixty_four_requests_at_once_are_one_place(house: House, sold: Sequence[str]) -> None:
    answers = await asyncio.gather(*(house.shopper.post(LINE) for _ in range(64)))
    assert sorted(answer.status_code for answer in answers) == [200] * 63 + [201]
    assert len(await places(house.shopper)) == 1


async def test_who_gets_in_line_is_known(house: House, sold: Sequence[str]) -> None:
    for answer in (
        await house.visitor.post(LINE),
        await house.visitor.delete(LINE),
        await house.visitor.get(f"{API}/line"),
    ):
        assert (answer.status_code, problem(answer)) == (401, "sign-in-required")


async def test_where_there_is_no_line(house: House, engine: AsyncEngine, clock: FrozenClock) -> None:
    answer = await house.shopper.post(LINE)
    assert (answer.status_code, problem(answer)) == (404, "no-such-deal")
    await on_offer(engine, clock, quantity=2)
    answer = await house.shopper.post(LINE)
    assert (answer.status_code, problem(answer)) == (409, "not-sold-out")
    for wrong in ("0", "-1", "x", str(2**63)):
        answer = await house.shopper.post(f"{API}/deals/{wrong}/line")
        assert answer.status_code == 422


async def test_a_shopper_at_the_limit_hears_so(house: House, sold: Sequence[str]) -> None:
    answer = await house.merchandiser.post(LINE)
    assert (answer.status_code, problem(answer)) == (409, "limit-reached")
    assert (answer.json()["limit"], answer.json()["bought"]) == (1, 1)


async def test_an_offer_is_taken_by_an_order_that_names_it(house: House, offer: str) -> None:
    first, again = await take(house.shopper, offer), await take(house.shopper, offer)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    order = first.json()
    assert (order["number"], order["place"], order["quantity"], order["status"]) == ("37-2", 2, 1, "placed")
    assert (await house.shopper.get(first.headers["location"])).json()["id"] == order["id"]
    assert await places(house.shopper) == []
    other = await take(house.shopper, "another", "mine")
    assert (other.status_code, problem(other)) == (422, "idempotency-key-reused")


async def test_an_offer_that_is_anothers_is_no_offer_that_was_made_to_you(house: House, offer: str) -> None:
    assert wrong_fields(await take(house.merchandiser, offer)) == ["line_offer"]
    assert wrong_fields(await take(house.merchandiser, "made up")) == ["line_offer"]
    assert wrong_fields(await take(house.shopper, "with a \0 in it")) == ["line_offer"]
    assert wrong_fields(await take(house.shopper, offer, quantity=2)) == ["quantity"]
    assert (await take(house.shopper, offer)).status_code == 201, "nobody has spoilt it"


async def test_an_offer_that_has_run_out_is_sold_out(house: House, clock: FrozenClock, offer: str) -> None:
    clock.advance(OFFER_LASTS.total_seconds())
    late = await take(house.shopper, offer, "late")
    assert (late.status_code, problem(late)) == (409, "sold-out")
    assert late.json()["deal_id"] == DEAL


async def test_an_offer_that_is_used_is_sold_out(house: House, offer: str) -> None:
    both = await asyncio.gather(take(house.shopper, offer, "one"), take(house.shopper, offer, "other"))
    assert sorted(answer.status_code for answer in both) == [201, 409]
    assert [problem(answer) for answer in both if answer.status_code == 409] == ["sold-out"]


async def test_an_offer_that_was_given_up_is_gone(house: House, offer: str) -> None:
    await house.shopper.delete(LINE)
    answer = await take(house.shopper, offer)
    assert (answer.status_code, problem(answer)) == (409, "sold-out")
