"""The live deal for everyone, and the desk for merchandisers, over HTTP."""

from typing import Any

from app.inventory.photos.keeping import keep_photo, make_photo
from app.inventory.queue import add_deals
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import history, new_deal, picture

LOAF: dict[str, Any] = {"title": "Loaf", "price": 4999, "quantity": 60}
CHANGING = [
    ("GET", "/staff/deals", None),
    ("POST", "/staff/deals", LOAF),
    ("GET", "/staff/show", None),
    ("PUT", "/staff/show", {"mode": "woot-off", "paused": False}),
    ("POST", "/staff/show/skips", {"deal_id": 1}),
]


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
        "version": 1,
        "state": "queued",
        "title": "Loaf",
        "tagline": "",
        "story": "A *story*",
        "condition": "New",
        "category": "",
        "price": {"amount": 4999, "currency": "USD", "text": "$49.99"},
        "list_price": None,
        "shipping": {"amount": 0, "currency": "USD", "text": "$0.00"},
        "currency": "USD",
        "quantity": 60,
        "sold": 0,
        "limit": 3,
        "stock_display": "percent",
        "reward": None,
        "friend_discount": None,
        "reward_cap": None,
        "reward_cap_each": None,
        "friends_discount": None,
        "stall_after_minutes": None,
        "reward_steps": [],
        "pot": None,
        "pot_minutes": None,
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
    assert (show.json()["phase"], show.json()["live"], show.json()["queued"]) == ("live", deal_id, 0)
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
