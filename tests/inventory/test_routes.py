"""The live deal for everyone, and the desk for merchandisers, over HTTP."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient, Response
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Role, desk, opening
from app.identity.passwords import Passwords
from app.inventory.photos import keep_photo, make_photo
from app.inventory.queue import add_deals
from app.inventory.tables import deals
from app.main import create_app
from app.platform.settings import Settings
from tests.conftest import FrozenClock
from tests.factories.identity import PASSWORD, cheap_hasher, newcomer
from tests.factories.inventory import history, new_deal, picture, queue_deals

API = "/api/v1"
LOAF: dict[str, Any] = {"title": "Loaf", "price": 4999, "quantity": 60}
CHANGING = [
    ("GET", "/staff/deals", None),
    ("POST", "/staff/deals", LOAF),
    ("GET", "/staff/show", None),
    ("PUT", "/staff/show", {"mode": "woot-off", "paused": False}),
    ("POST", "/staff/show/skips", {"deal_id": 1}),
]


@dataclass(frozen=True, slots=True)
class House:
    """The whole app, and people in front of it."""

    app: FastAPI
    visitor: AsyncClient
    shopper: AsyncClient
    merchandiser: AsyncClient


@asynccontextmanager
async def browser(app: FastAPI, token: str | None = None) -> AsyncIterator[AsyncClient]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as client:
        yield client


@pytest.fixture
async def house(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """The house, opened."""
    monkeypatch.setattr(opening, "Passwords", lambda: Passwords(cheap_hasher()))
    app = create_app(settings.model_copy(update={"secret": "s" * 40}), clock)
    async with app.router.lifespan_context(app), browser(app) as visitor:
        await app.state.identity.staff.add("mia@example.com", Role.MERCHANDISER, PASSWORD)
        ada = newcomer(email="ada@example.com")
        await visitor.post(f"{API}/shoppers", json=ada.model_dump(mode="json") | {"password": PASSWORD})
        tokens = {}
        for email in ("ada@example.com", "mia@example.com"):
            answer = await visitor.post(f"{API}/tokens", json={"email": email, "password": PASSWORD})
            tokens[email] = answer.json()["token"]
        visitor.cookies.clear()
        async with (
            browser(app, tokens["ada@example.com"]) as shopper,
            browser(app, tokens["mia@example.com"]) as merchandiser,
        ):
            yield House(app, visitor, shopper, merchandiser)


def problem(response: Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    slug: str = response.json()["type"].removeprefix("/problems/")
    return slug


def wrong_fields(response: Response) -> list[str]:
    assert (response.status_code, problem(response)) == (422, "invalid")
    return [error["field"] for error in response.json()["errors"]]


def routes(paths: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """Every API route there is, with its whole address, however deep it was included."""
    found = list(_walk(paths.routes, ""))
    assert {path for path, _ in found} >= set(paths.openapi()["paths"]), "none is overlooked"
    return iter(found)


def _walk(some: Any, prefix: str) -> Iterator[tuple[str, APIRoute]]:
    for route in some:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from _walk(inner.routes, prefix + route.include_context.prefix)


def asks(dependant: Dependant) -> bool:
    return dependant.call is desk or any(asks(inner) for inner in dependant.dependencies)


def test_every_staff_route_asks_who_is_there(settings: Settings) -> None:
    app = create_app(settings)
    staff = [(path, route) for path, route in routes(app) if path.startswith(f"{API}/staff")]
    assert len(staff) >= len(CHANGING)
    open_to_all = [path for path, route in staff if not asks(route.dependant)]
    assert open_to_all == []


async def test_the_desk_is_for_merchandisers(house: House) -> None:
    for method, path, body in CHANGING:
        answer = await house.visitor.request(method, API + path, json=body)
        assert (answer.status_code, problem(answer)) == (401, "sign-in-required"), path
        answer = await house.shopper.request(method, API + path, json=body)
        assert (answer.status_code, problem(answer)) == (403, "not-allowed"), path
    assert await history(house.app.state.engine) == []
    statuses = [
        (await house.merchandiser.request(method, API + path, json=body)).status_code
        for method, path, body in CHANGING
    ]
    assert statuses == [200, 201, 200, 200, 200]


async def test_a_queued_deal_goes_live_with_the_show_and_everyone_can_read_it(house: House) -> None:
    answer = await house.visitor.get(f"{API}/live")
    assert answer.json()["show"] == {"mode": "woot-off", "phase": "closed", "next_at": None}
    added = await house.merchandiser.post(f"{API}/staff/deals", json=LOAF | {"story": "A *story*"})
    assert added.status_code == 201
    assert added.json() | {"id": 0} == {
        "id": 0,
        "state": "queued",
        "title": "Loaf",
        "tagline": "",
        "story": "A *story*",
        "condition": "New",
        "price": {"amount": 4999, "currency": "USD", "text": "$49.99"},
        "list_price": None,
        "shipping": {"amount": 0, "currency": "USD", "text": "$0.00"},
        "currency": "USD",
        "quantity": 60,
        "sold": 0,
        "limit": 3,
        "stock_display": "percent",
        "reward": None,
        "stall_after_minutes": None,
        "max_minutes": None,
        "not_before": None,
        "has_photo": False,
        "started_at": None,
        "ends_at": None,
        "ended_at": None,
        "end_reason": None,
    }
    assert (await house.visitor.get(f"{API}/live")).json()["deal"] is None
    show = await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    deal_id = added.json()["id"]
    assert show.json() == {
        "mode": "woot-off",
        "phase": "live",
        "paused": False,
        "started": True,
        "live": deal_id,
        "queued": 0,
    }
    live = (await house.visitor.get(f"{API}/live")).json()
    assert live["deal"]["id"] == deal_id
    assert live["id"].split("-")[0].isdigit()
    second = (await house.merchandiser.post(f"{API}/staff/deals", json=LOAF)).json()["id"]
    skip = await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": deal_id})
    assert (skip.status_code, skip.json()["skipped"], skip.json()["live"]) == (200, True, second)
    skip = await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": deal_id})
    assert (skip.status_code, skip.json()["skipped"], skip.json()["live"]) == (200, False, second)
    for nonsense in (999, 2**63 - 1):
        answer = await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": nonsense})
        assert (answer.status_code, problem(answer)) == (409, "not-live")


async def test_the_snapshot_can_be_kept_for_a_second_and_asked_for_again_by_its_tag(house: House) -> None:
    answer = await house.visitor.get(f"{API}/live")
    tag = answer.headers["etag"]
    assert tag == f'"{answer.json()["id"]}"'
    assert answer.headers["cache-control"] == "public, max-age=1, stale-while-revalidate=5"
    assert "set-cookie" not in answer.headers
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await house.visitor.get(f"{API}/live", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["cache-control"] == "public, max-age=1, stale-while-revalidate=5"
    for other in ('"9-999"', "", tag.strip('"')):
        answer = await house.visitor.get(f"{API}/live", headers={"If-None-Match": other})
        assert answer.status_code == 200
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "daily"})
    answer = await house.visitor.get(f"{API}/live", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["show"]["mode"]) == (200, "daily")


async def test_before_anything_could_be_read_the_snapshot_is_not_available(house: House) -> None:
    house.app.state.stream.hub.present = None
    answer = await house.visitor.get(f"{API}/live")
    assert (answer.status_code, problem(answer)) == (503, "unavailable")
    assert answer.headers["retry-after"]


WRONG: list[tuple[str, object]] = [
    *(("title", value) for value in ("", "   ", "x" * 121, "two\nlines", "nul\0", 7, None, "\ud800")),
    *(("tagline", value) for value in ("x" * 201, "two\nlines", None)),
    *(("story", value) for value in ("x" * 20_001, "bell\a", 1)),
    *(("condition", value) for value in ("x" * 201, "a\tb")),
    *(("price", value) for value in (-1, 20_000_001, 49.99, "4999", True, None, 10**30)),
    *(("list_price", value) for value in (-1, 1.5)),
    *(("shipping", value) for value in (-1, 1_000_001, None)),
    *(("currency", value) for value in ("usd", "US", "DOLLARS", "$")),
    *(("quantity", value) for value in (0, -1, 1_000_001, 1.5, "60", True)),
    *(("limit", value) for value in (0, 101, "3")),
    *(("stock_display", value) for value in ("all", None)),
    *(("reward", value) for value in (-1, "5")),
    *(("stall_after_minutes", value) for value in (0, 44_641)),
    *(("max_minutes", value) for value in (0, -5, 1.5)),
    *(("not_before", value) for value in ("soon", "2026-12-01T00:00:00", "0001-01-01T00:00:00+23:00")),
    ("not_before", "9999-12-31T23:59:59-23:00"),
    *((name, 1) for name in ("id", "state", "position", "photo", "role", "sold", "")),
]


async def test_a_deal_with_one_wrong_field_is_refused_by_that_fields_name(house: House) -> None:
    headers = {"Content-Type": "application/json"}
    for field, value in WRONG:
        body = json.dumps(LOAF | {field: value})
        answer = await house.merchandiser.post(f"{API}/staff/deals", content=body, headers=headers)
        assert wrong_fields(answer) == [field or "body"], (field, value)
    async with house.app.state.engine.connect() as connection:
        assert (await connection.execute(select(deals))).all() == []


async def test_what_is_missing_and_what_is_no_json_is_refused(house: House) -> None:
    answer = await house.merchandiser.post(f"{API}/staff/deals", json={})
    assert wrong_fields(answer) == ["title", "price", "quantity"]
    for body in (b"", b"{", b"[]", b'"x"', b"null", b"\xff"):
        headers = {"Content-Type": "application/json"}
        answer = await house.merchandiser.post(f"{API}/staff/deals", content=body, headers=headers)
        assert answer.status_code in (400, 422), body
        assert problem(answer) in ("bad-request", "invalid")


async def test_everything_that_may_be_said_of_a_deal_is_kept(house: House) -> None:
    body = LOAF | {
        "tagline": "Fresh",
        "condition": "Factory Reconditioned",
        "currency": "JPY",
        "list_price": 9999,
        "shipping": 500,
        "limit": 2,
        "stock_display": "exact",
        "reward": 500,
        "stall_after_minutes": 5,
        "max_minutes": 30,
        "not_before": "2026-12-01T01:00:00+01:00",
    }
    added = (await house.merchandiser.post(f"{API}/staff/deals", json=body)).json()
    assert added["price"] == {"amount": 4999, "currency": "JPY", "text": "¥4,999"}
    assert added["not_before"] == "2026-12-01T00:00:00.000Z"
    same = (
        "tagline",
        "condition",
        "currency",
        "limit",
        "stock_display",
        "stall_after_minutes",
        "max_minutes",
    )
    assert {name: added[name] for name in same} == {name: body[name] for name in same}
    listed = (await house.merchandiser.get(f"{API}/staff/deals")).json()
    assert listed["items"] == [added]


NONSENSE: list[tuple[str, str, object, str]] = [
    ("PUT", "/staff/show", {"mode": "weekly"}, "mode"),
    ("PUT", "/staff/show", {"mode": "daily", "paused": 1}, "paused"),
    ("PUT", "/staff/show", {"mode": "daily", "started": True}, "started"),
    ("PUT", "/staff/show", {}, "mode"),
    ("POST", "/staff/show/skips", {}, "deal_id"),
    ("POST", "/staff/show/skips", {"deal_id": "1"}, "deal_id"),
    ("POST", "/staff/show/skips", {"deal_id": 0}, "deal_id"),
    ("POST", "/staff/show/skips", {"deal_id": 2**63}, "deal_id"),
    ("POST", "/staff/show/skips", {"deal_id": 1, "reason": "x"}, "reason"),
    ("GET", "/staff/deals?state=secret", None, "state"),
    ("GET", "/staff/deals?limit=0", None, "limit"),
    ("GET", "/staff/deals?limit=201", None, "limit"),
    ("GET", "/staff/deals?after=0", None, "after"),
    ("GET", f"/staff/deals?after={2**63}", None, "after"),
]


async def test_the_desk_refuses_nonsense_by_the_fields_name(house: House) -> None:
    for method, path, body, field in NONSENSE:
        answer = await house.merchandiser.request(method, API + path, json=body)
        assert wrong_fields(answer) == [field], (path, body)


async def test_the_queue_is_listed_in_its_order_page_by_page(house: House, clock: FrozenClock) -> None:
    ids = await queue_deals(house.app.state.engine, clock, *(new_deal() for _ in range(5)))
    seen: list[int] = []
    after = ""
    versions = set()
    while True:
        page = (await house.merchandiser.get(f"{API}/staff/deals?limit=2{after}")).json()
        seen += [item["id"] for item in page["items"]]
        versions.add(page["version"])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ids
    assert len(versions) == 1
    await queue_deals(house.app.state.engine, clock, new_deal())
    page = (await house.merchandiser.get(f"{API}/staff/deals?after=999")).json()
    assert (page["items"], page["version"] > versions.pop()) == ([], True)


async def test_what_has_ended_is_listed_with_the_latest_first(house: House, clock: FrozenClock) -> None:
    first, second, third = await queue_deals(house.app.state.engine, clock, *(new_deal() for _ in range(3)))
    for deal_id in (None, first, second):
        if deal_id is None:
            await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
        else:
            await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": deal_id})
    ended = (await house.merchandiser.get(f"{API}/staff/deals?state=ended&limit=1")).json()
    assert [item["id"] for item in ended["items"]] == [second]
    rest = (await house.merchandiser.get(f"{API}/staff/deals?state=ended&after={ended['next']}")).json()
    assert [(item["id"], item["end_reason"]) for item in rest["items"]] == [(first, "skipped")]
    live = (await house.merchandiser.get(f"{API}/staff/deals?state=live")).json()
    assert [item["id"] for item in live["items"]] == [third]


async def test_a_deal_that_was_queued_is_not_called_failed_because_redis_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(house.app.state.stream, "publish", away)
    answer = await house.merchandiser.post(f"{API}/staff/deals", json=LOAF)
    assert answer.status_code == 201


async def test_photos_are_served_for_ever_and_what_is_none_is_not_found(
    house: House, clock: FrozenClock
) -> None:
    made = make_photo(picture(), "A loaf")
    async with house.app.state.engine.begin() as connection:
        token = await keep_photo(connection, made, clock.now())
        await add_deals(connection, [(new_deal(), token)], currency="USD", now=clock.now())
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    photo = (await house.visitor.get(f"{API}/live")).json()["deal"]["photo"]
    assert photo["alt"] == "A loaf"
    answer = await house.visitor.get(photo["src"])
    assert (answer.content, answer.headers["content-type"]) == (made.files["800.jpg"], "image/jpeg")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for source in photo["srcset"].split(", "):
        answer = await house.visitor.get(source.split()[0])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    for nothing in (f"{token}/801.jpg", f"{token}/x", "x/800.jpg", "%00/800.jpg", f"{token}/%00", "x/%FF"):
        answer = await house.visitor.get(f"/photos/{nothing}")
        assert (answer.status_code, problem(answer)) == (404, "not-found"), nothing
