"""Orders over HTTP: each row of the contract's table, and what a client may send that it should not."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.platform.errors import Problem
from app.sales.refusals import order_or_refusal
from app.sales.routes import router
from app.sales.verdict import (
    GateClosed,
    LimitReached,
    OutcomeUnknown,
    QuantityOutOfRange,
    SoldOut,
    Verdict,
)
from tests.factories.identity import MovableClock, open_identity
from tests.factories.sales import (
    DEAL,
    Process,
    assert_the_books_balance,
    close,
    on_offer,
    pause,
    people,
    read_books,
)
from tests.factories.storefront import Way, storefront, token

ORDER = {"deal_id": DEAL, "quantity": 1}


@pytest.fixture
def identity(engine: AsyncEngine, clock: MovableClock) -> Iterator[Identity]:
    """The people room."""
    opened = open_identity(engine, clock)
    yield opened
    opened.passwords.close()


@pytest.fixture(params=["framework", "till"])
async def client(
    identity: Identity, here: Process, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncClient]:
    """Somebody who is not signed in, by either way of an order."""
    way: Way = request.param
    async with storefront(identity, here.checkout, way) as one:
        yield one


@pytest.fixture
async def ada(identity: Identity, engine: AsyncEngine) -> dict[str, str]:
    """The header field of a shopper."""
    return await token(identity, engine, (await people(engine, 1))[0])


@pytest.fixture
async def eve(identity: Identity, engine: AsyncEngine) -> dict[str, str]:
    """That of another."""
    return await token(identity, engine, (await people(engine, 1))[0])


async def post(client: AsyncClient, who: dict[str, str], body: object = ORDER, key: str = "a") -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body)
    headers = {**who, "Idempotency-Key": key, "Content-Type": "application/json"}
    return await client.post("/orders", content=content, headers=headers)


def problem(response: Response, status: int, slug: str) -> dict[str, Any]:
    """The body, which has to be this problem as RFC 9457 has it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert "Traceback" not in response.text
    assert ("retry-after" in response.headers) or status not in (429, 503)
    return document


async def test_an_order_is_answered_as_the_contract_says(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    response = await post(client, ada, {"deal_id": DEAL, "quantity": 2})
    assert response.status_code == 201
    order = response.json()
    assert response.headers["location"] == f"/api/v1/orders/{order['id']}"
    assert response.headers["cache-control"] == "no-store"
    assert "idempotent-replayed" not in response.headers

    def money(amount: int, words: str) -> dict[str, object]:
        return {"amount": amount, "currency": "USD", "text": words}

    assert order == {
        "id": order["id"],
        "number": "37-1",
        "deal_id": DEAL,
        "title": "The Crumb Baron",
        "quantity": 2,
        "unit_price": money(4999, "$49.99"),
        "discount": money(0, "$0.00"),
        "shipping": money(500, "$5.00"),
        "total": money(10498, "$104.98"),
        "status": "placed",
        "place": 1,
        "placed_at": "2026-11-22T18:00:00.000Z",
    }
    assert (
        await client.get(response.headers["location"].removeprefix("/api/v1"), headers=ada)
    ).json() == order


async def test_a_quantity_that_is_not_given_is_one(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    assert (await post(client, ada, {"deal_id": DEAL})).json()["quantity"] == 1


async def test_the_same_again_gives_the_same_and_says_so(
    client: AsyncClient, ada: dict[str, str], eve: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    first = await post(client, ada)
    again = await post(client, ada, b'{ "quantity":1,"deal_id":37, "coupon": null }')
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    hers = await post(client, eve)  # the same key is another's
    assert hers.status_code == 201
    assert "idempotent-replayed" not in hers.headers
    await assert_the_books_balance(engine, sold=2)


async def test_the_same_while_the_first_is_under_way_says_so_too(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    answers = await asyncio.gather(*(post(client, ada) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False, True, True, True]


async def test_the_same_key_with_another_body_is_refused(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await post(client, ada)
    problem(await post(client, ada, {"deal_id": DEAL, "quantity": 2}), 422, "idempotency-key-reused")


async def test_who_is_not_signed_in_cannot_buy_or_see_orders(
    client: AsyncClient, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    for who in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": "session=1.x.9999999999.y"}):
        problem(await post(client, who), 401, "sign-in-required")
        problem(await client.get("/orders", headers=who), 401, "sign-in-required")
        problem(await client.get("/orders/x", headers=who), 401, "sign-in-required")
    problem(await post(client, {}, key="a b"), 401, "sign-in-required")  # before the key is looked at


async def test_another_sites_page_cannot_buy_with_a_shoppers_cookie(
    client: AsyncClient, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    joined = await client.post(
        "/shoppers", json={"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
    )
    assert joined.status_code == 201
    problem(await post(client, {"Sec-Fetch-Site": "cross-site"}), 403, "cross-site")
    problem(await post(client, {"Origin": "https://evil.test"}), 403, "cross-site")
    assert (await post(client, {"Sec-Fetch-Site": "same-origin"})).status_code == 201


async def test_a_deal_that_is_not_live_yet_does_not_exist(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    problem(await post(client, ada, {"deal_id": DEAL + 1, "quantity": 1}), 404, "no-such-deal")


async def test_sold_out_names_the_deal_and_the_one_that_is_live(
    client: AsyncClient,
    ada: dict[str, str],
    eve: dict[str, str],
    here: Process,
    engine: AsyncEngine,
    clock: MovableClock,
) -> None:
    await on_offer(engine, clock, quantity=1)
    await post(client, eve)
    await close(engine, clock)
    await on_offer(engine, clock, deal=DEAL + 1)
    await here.checkout.follow(DEAL + 1)
    document = problem(await post(client, ada), 409, "sold-out")
    assert (document["deal_id"], document["live"]) == (DEAL, DEAL + 1)


async def test_a_deal_that_ended_with_units_left_is_over(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await close(engine, clock)
    problem(await post(client, ada), 409, "deal-over")


async def test_over_the_limit_says_what_it_is_and_what_was_bought(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, limit=3)
    await post(client, ada, {"deal_id": DEAL, "quantity": 2})
    document = problem(
        await post(client, ada, {"deal_id": DEAL, "quantity": 2}, key="b"), 409, "limit-reached"
    )
    assert (document["limit"], document["bought"]) == (3, 2)


async def test_a_paused_show_is_a_closed_gate(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await pause(engine)
    problem(await post(client, ada), 503, "gate-closed")


@pytest.mark.parametrize(
    ("verdict", "status", "slug"),
    [(GateClosed(), 503, "gate-closed"), (OutcomeUnknown(), 202, "outcome-unknown")],
)
async def test_what_cannot_be_learnt_in_time_is_said_to_be_so(
    client: AsyncClient,
    ada: dict[str, str],
    here: Process,
    monkeypatch: pytest.MonkeyPatch,
    verdict: Verdict,
    status: int,
    slug: str,
) -> None:
    monkeypatch.setattr(here.checkout, "begin", lambda _: verdict)
    response = await post(client, ada)
    problem(response, status, slug)
    assert response.headers["retry-after"]


async def test_a_coupon_nobody_was_given_buys_nothing(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    problem(await post(client, ada, ORDER | {"coupon": "FREE"}), 409, "coupon-not-usable")
    problem(await post(client, ada, ORDER | {"line_offer": "x"}), 422, "invalid")
    assert (await read_books(engine)).units == 0


# What should not be sent -----------------------------------------------------------------------------------------


async def test_a_key_that_is_none_is_refused(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    for key in ["", "a b", "a\tb", "a" * 256, "\u00e9"]:
        headers = [(b"idempotency-key", key.encode()), (b"authorization", ada["Authorization"].encode())]
        response = await client.post("/orders", json=ORDER, headers=headers)
        problem(response, 400, "idempotency-key-required")
        assert (await read_books(engine)).units == 0


async def test_a_missing_key_is_refused(client: AsyncClient, ada: dict[str, str]) -> None:
    problem(await client.post("/orders", json=ORDER, headers=ada), 400, "idempotency-key-required")


async def test_any_visible_key_will_do(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=50, limit=50)
    for key in ["a" * 255, "!", "~", "%00", "';--", '"\\']:
        assert (await post(client, ada, key=key)).status_code == 201


async def test_a_quantity_that_is_not_a_whole_number_within_the_limit_is_invalid(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, limit=3)
    for quantity in [
        0,
        -1,
        1.5,
        1.0,
        "1",
        True,
        None,
        [],
        {},
        4,
        1_000_001,
        2**31,
        2**63,
        10**400,
        -(10**400),
    ]:
        document = problem(await post(client, ada, {"deal_id": DEAL, "quantity": quantity}), 422, "invalid")
        assert [error["field"] for error in document["errors"]] == ["quantity"]
        assert all(error["message"] for error in document["errors"])
        assert (await read_books(engine)).units == 0


async def test_a_deal_id_that_is_none_is_invalid(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    for deal_id in [0, -1, 37.0, "37", True, None, 2**63, 10**400, [37]]:
        document = problem(await post(client, ada, {"deal_id": deal_id, "quantity": 1}), 422, "invalid")
        assert [error["field"] for error in document["errors"]] == ["deal_id"]


async def test_an_unknown_field_is_invalid(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    for name in ["price", "unit_price", "shopper_id", "role", "discount", "place", "Quantity"]:
        document = problem(await post(client, ada, ORDER | {name: 1}), 422, "invalid")
        assert [error["field"] for error in document["errors"]] == [name]
        assert (await read_books(engine)).units == 0


async def test_a_body_that_is_no_order_is_invalid(client: AsyncClient, ada: dict[str, str]) -> None:
    for body in [b"", b"{", b"[]", b"null", b'"x"', b"37", b"{}", b'{"deal_id": NaN}']:
        problem(await post(client, ada, body), 422, "invalid")


async def test_a_body_that_cannot_be_read_is_refused_in_words(
    client: AsyncClient, ada: dict[str, str]
) -> None:
    for body in [b"\xff\xfe", b"[" * 60_000, b'{"deal_id": ' + b"9" * 5000 + b"}"]:
        response = await post(client, ada, body)
        assert response.status_code in (400, 422)
        assert response.headers["content-type"] == "application/problem+json"


async def test_a_body_over_64_kib_is_too_large(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    fits = json.dumps(ORDER).ljust(64 * 1024).encode()
    problem(await post(client, ada, fits + b" "), 413, "too-large")
    assert (await post(client, ada, fits)).status_code == 201


# Reading ---------------------------------------------------------------------------------------------------------


async def test_anothers_order_is_not_found(
    client: AsyncClient, ada: dict[str, str], eve: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    order = (await post(client, ada)).json()
    problem(await client.get(f"/orders/{order['id']}", headers=eve), 404, "not-found")
    assert (await client.get("/orders", headers=eve)).json() == {"items": [], "next": None}
    assert (await client.get("/orders", params={"after": order["id"]}, headers=eve)).json()["items"] == []


async def test_an_order_that_is_none_is_not_found(client: AsyncClient, ada: dict[str, str]) -> None:
    for name in ["nothing", "%00", "a%00b", "%F0%9F%8D%9E", "'", "x" * 5000, "-1", "a%0A"]:
        problem(await client.get(f"/orders/{name}", headers=ada), 404, "not-found")


async def test_pages_lead_through_all_orders_newest_first(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=50, limit=50)
    made = []
    for n in range(7):
        made.append((await post(client, ada, key=f"k{n}")).json())
        clock.advance(1)
    seen, after = [], None
    for expected in (3, 3, 1):
        found = await client.get(
            "/orders", params={"limit": 3} | ({"after": after} if after else {}), headers=ada
        )
        page = found.json()
        assert len(page["items"]) == expected
        seen += page["items"]
        after = page["next"]
    assert after is None
    assert seen == made[::-1]
    whole = (await client.get("/orders", params={"limit": 7}, headers=ada)).json()
    assert (len(whole["items"]), whole["next"]) == (7, None)


async def test_a_page_that_cannot_be_is_invalid(client: AsyncClient, ada: dict[str, str]) -> None:
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=-1",
        "after=" + "x" * 101,
        "limit=" + "9" * 5000,
    ]:
        problem(await client.get(f"/orders?{query}", headers=ada), 422, "invalid")


async def test_a_mark_that_is_no_order_of_the_shoppers_leads_nowhere(
    client: AsyncClient, ada: dict[str, str], engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await post(client, ada)
    for after in ("nothing", "%00", "a%00b", "%F0%9F%8D%9E", "'", "a%0A"):
        found = await client.get(f"/orders?after={after}", headers=ada)
        assert found.json() == {"items": [], "next": None}


def test_openapi_shows_what_a_problem_has_of_its_own() -> None:
    (buying,) = (route for route in router.routes if isinstance(route, APIRoute) and route.name == "buy")
    for verdict in (SoldOut(DEAL), LimitReached(3, 2), QuantityOutOfRange(3)):
        problem = order_or_refusal(verdict, DEAL + 1)
        assert isinstance(problem, Problem)
        content: dict[str, Any] = buying.responses[problem.status]["content"]["application/problem+json"]
        example = content["examples"][problem.slug()]["value"]
        assert example.keys() == problem.document().keys() - {"detail"}
