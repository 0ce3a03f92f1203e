"""Deals at the desk, over HTTP."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from app.inventory.tables import deals
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import history, new_deal, queue_deals
from tests.factories.statements import statements

LOAF: dict[str, Any] = {"title": "Loaf", "price": 4999, "quantity": 60}

WRONG: list[tuple[str, object]] = [
    *(("title", value) for value in ("", "   ", "x" * 121, "two\nlines", "nul\0", 7, None, "\ud800")),
    *(("title", value) for value in ("\u200b \ufeff", "\u009b31m", "two\u2028lines", "\u202eLoaf")),
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


async def test_what_deals_sold_is_asked_once_for_a_page_of_them(house: House, clock: FrozenClock) -> None:
    engine = house.app.state.engine
    ids = await queue_deals(engine, clock, *(new_deal(quantity=9, limit=3) for _ in range(3)))
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    for units, deal_id in enumerate(ids):
        if units:
            body = {"deal_id": deal_id, "quantity": units}
            bought = await house.shopper.post(
                f"{API}/orders", json=body, headers={"Idempotency-Key": str(units)}
            )
            assert bought.status_code == 201, bought.text
        await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": deal_id})
    with statements(engine) as asked:
        ended = (await house.merchandiser.get(f"{API}/staff/deals?state=ended")).json()["items"]
    assert [(item["id"], item["sold"]) for item in ended] == [(ids[2], 2), (ids[1], 1), (ids[0], 0)]
    assert [words.count("$") for words in asked if "offers.sold" in words and " IN (" in words] == [3]


async def test_a_deal_that_was_queued_is_not_called_failed_because_redis_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(house.app.state.stream, "publish", away)
    answer = await house.merchandiser.post(f"{API}/staff/deals", json=LOAF)
    assert answer.status_code == 201


async def loaf(house: House, **chosen: Any) -> dict[str, Any]:
    """A deal that waits, as the desk shows it."""
    answer = await house.merchandiser.post(f"{API}/staff/deals", json=LOAF | chosen)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


async def start(house: House) -> None:
    """Start the Woot-Off."""
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})


async def test_an_edit_changes_the_fields_that_are_there_and_no_others(house: House) -> None:
    added = await loaf(house, tagline="Fresh", not_before="2026-12-01T00:00:00Z")
    path = f"{API}/staff/deals/{added['id']}"
    edited = await house.merchandiser.patch(path, json={"price": 3999, "not_before": None, "limit": 2})
    assert edited.status_code == 200
    money = {"amount": 3999, "currency": "USD", "text": "$39.99"}
    assert edited.json() == added | {"price": money, "not_before": None, "limit": 2, "version": 2}
    assert (await house.merchandiser.get(path)).json() == edited.json()
    assert edited.headers["etag"] == '"2"'
    again = await house.merchandiser.patch(path, json={"price": 3999})
    assert again.json() == edited.json(), "what changes nothing is no edit"


async def test_an_edit_is_as_strict_as_a_new_deal(house: House) -> None:
    added = await loaf(house)
    headers = {"Content-Type": "application/json"}
    path = f"{API}/staff/deals/{added['id']}"
    for field, value in WRONG:
        answer = await house.merchandiser.patch(path, content=json.dumps({field: value}), headers=headers)
        assert wrong_fields(answer) == [field or "body"], (field, value)
    for field, value in (("version", 0), ("version", "1"), ("version", 2**31)):
        answer = await house.merchandiser.patch(path, json={field: value})
        assert wrong_fields(answer) == [field]
    for tag in ("2", "x", '"-1"', '"9999999999999999"', '"1", "2"'):
        answer = await house.merchandiser.patch(path, json={}, headers={"If-Match": tag})
        assert wrong_fields(answer) == ["if-match"], tag
    assert (await house.merchandiser.get(path)).json() == added


async def test_of_two_edits_of_the_same_version_one_is_told_and_sees_the_other(house: House) -> None:
    added = await loaf(house)
    path = f"{API}/staff/deals/{added['id']}"
    first = await house.merchandiser.patch(path, json={"price": 3999, "version": 1})
    assert first.status_code == 200
    for how in (
        {"json": {"title": "Crumb", "version": 1}},
        {"json": {"title": "Crumb"}, "headers": {"If-Match": '"1"'}},
    ):
        second = await house.merchandiser.patch(path, **how)
        assert (second.status_code, problem(second)) == (409, "deal-changed")
        told = second.json()
        assert told["detail"] == "mia has changed this deal since you looked at it."
        assert (told["version"], told["deal"]) == (2, first.json())
        (change,) = told["changes"]
        assert (change["who"]["name"], change["before"], change["after"]) == (
            "mia",
            {"price": 4999},
            {"price": 3999},
        )
    whichever = await house.merchandiser.patch(path, json={"title": "Crumb"}, headers={"If-Match": "*"})
    assert (whichever.status_code, whichever.json()["title"]) == (200, "Crumb")


async def test_a_live_deals_texts_can_be_mended_and_its_terms_can_not(house: House) -> None:
    added = await loaf(house)
    await start(house)
    path = f"{API}/staff/deals/{added['id']}"
    for fixed in (
        {"price": 1},
        {"quantity": 1},
        {"limit": 1},
        {"shipping": 5},
        {"currency": "EUR"},
        {"title": "x", "max_minutes": 5},
    ):
        refused = await house.merchandiser.patch(path, json=fixed)
        assert (refused.status_code, problem(refused)) == (409, "deal-is-live"), fixed
    same = {"price": 4999, "title": "Crumb", "story": "*New*"}
    mended = await house.merchandiser.patch(path, json=same)
    assert (mended.status_code, mended.json()["title"], mended.json()["price"]["amount"]) == (
        200,
        "Crumb",
        4999,
    )
    shown = (await house.visitor.get(f"{API}/live")).json()["deal"]
    assert (shown["title"], shown["story_html"]) == ("Crumb", "<p><em>New</em></p>")


async def test_withdrawing_takes_a_deal_out_of_the_queue_or_off_the_stage(house: House) -> None:
    first, second, third = [await loaf(house) for _ in range(3)]
    await start(house)
    gone = await house.merchandiser.delete(f"{API}/staff/deals/{second['id']}")
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    ended = await house.merchandiser.delete(f"{API}/staff/deals/{first['id']}")
    assert (ended.json()["state"], ended.json()["end_reason"]) == ("ended", "withdrawn")
    expected = [(first["id"], "ended", "withdrawn"), (third["id"], "live", None)]
    assert await history(house.app.state.engine) == expected
    for repeated in (first, second):
        again = await house.merchandiser.delete(f"{API}/staff/deals/{repeated['id']}")
        assert again.status_code == 200
    assert await history(house.app.state.engine) == expected
    for over in (first, second):
        refused = await house.merchandiser.patch(f"{API}/staff/deals/{over['id']}", json={"title": "x"})
        assert (refused.status_code, problem(refused)) == (409, "deal-is-over")


async def test_a_deal_that_ended_with_the_show_is_read_and_listed(house: House) -> None:
    added = await loaf(house)
    await start(house)
    await house.merchandiser.post(f"{API}/staff/show/stops", json={"when": "now"})
    one = await house.merchandiser.get(f"{API}/staff/deals/{added['id']}")
    listed = await house.merchandiser.get(f"{API}/staff/deals?state=ended")
    assert [item["end_reason"] for item in (one.json(), *listed.json()["items"])] == ["stopped", "stopped"]


async def test_a_deals_category_is_given_and_mended_also_on_stage(house: House) -> None:
    added = await loaf(house)
    path = f"{API}/staff/deals/{added['id']}"
    assert (await house.merchandiser.patch(path, json={"category": "Kitchen"})).json()[
        "category"
    ] == "Kitchen"
    await start(house)
    assert (await house.merchandiser.patch(path, json={"category": "Bread"})).json()["category"] == "Bread"
    assert "Bread" not in (await house.visitor.get(f"{API}/live")).text


async def test_a_deal_that_has_ended_by_itself_is_not_withdrawn(house: House) -> None:
    first, _ = [await loaf(house) for _ in range(2)]
    await start(house)
    await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": first["id"]})
    refused = await house.merchandiser.delete(f"{API}/staff/deals/{first['id']}")
    assert (refused.status_code, problem(refused)) == (409, "deal-is-over")


async def test_a_copy_is_queued_at_the_end_and_not_held_back(house: House) -> None:
    held = {"not_before": "2026-12-01T00:00:00Z", "story": "Once", "limit": 2, "currency": "JPY"}
    added = await loaf(house, **held)
    await loaf(house)
    copy = await house.merchandiser.post(f"{API}/staff/deals/{added['id']}/copies")
    assert copy.status_code == 201
    assert copy.json() == added | {"id": copy.json()["id"], "not_before": None}
    queue = (await house.merchandiser.get(f"{API}/staff/deals")).json()
    assert [item["id"] for item in queue["items"]][-1] == copy.json()["id"]


async def test_a_deal_that_is_not_there_is_not_found(house: House) -> None:
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/copies")):
        answer = await house.merchandiser.request(method, f"{API}/staff/deals/999{path}", json={})
        assert (answer.status_code, problem(answer)) == (404, "not-found"), method
        answer = await house.merchandiser.request(method, f"{API}/staff/deals/0{path}", json={})
        assert wrong_fields(answer) == ["deal_id"]
