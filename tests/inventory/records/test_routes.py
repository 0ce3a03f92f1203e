"""Sales records over HTTP."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import shoppers
from app.inventory.records.export import HEADER
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import a_shopper, new_deal, queue_deals
from tests.factories.records import EVENING, past_deal

RECORDS = f"{API}/staff/records"


async def asked(house: House, query: str = "") -> Response:
    return await house.merchandiser.get(f"{RECORDS}{query}")


async def titles(house: House, query: str = "") -> list[str]:
    answer = await asked(house, query)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


def cells(answer: Response) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def engine_of(house: House) -> AsyncEngine:
    engine: AsyncEngine = house.app.state.engine
    return engine


async def test_a_past_deal_has_a_record_with_its_curve(house: House) -> None:
    deal_id = await past_deal(
        engine_of(house),
        [(0.8, 41, 1), (70.0, 42, 2), (130.0, 43, 7)],
        price=1000,
        limit=7,
        title="Loaf",
        refused=2,
    )
    answer = (await asked(house, f"/{deal_id}")).json()
    assert answer | {"opened_at": "", "ended_at": "", "list_price": None} == {
        "deal_id": deal_id,
        "turn": deal_id,
        "title": "Loaf",
        "category": "",
        "condition": "New",
        "mode": "woot-off",
        "why_ended": "sold-out",
        "opened_at": "",
        "opened_local": "2026-11-19T20:00:00-06:00",
        "ended_at": "",
        "price": {"amount": 1000, "currency": "USD", "text": "$10.00"},
        "list_price": None,
        "limit": 7,
        "quantity": 10,
        "units": 10,
        "given_back": 0,
        "sell_through_percent": 100.0,
        "quickest_seconds": 0.8,
        "first_order_at": "2026-11-20T02:00:00.800Z",
        "last_order_at": "2026-11-20T02:02:10.000Z",
        "sold_out_at": "2026-11-20T02:02:10.000Z",
        "seconds_to_sell_out": 130.0,
        "first_minutes_pace": 4.62,
        "orders": {"all": 3, "one": 1, "two": 1, "three_or_more": 1},
        "revenue": {"amount": 10000, "currency": "USD", "text": "$100.00"},
        "discounts": {"amount": 0, "currency": "USD", "text": "$0.00"},
        "shipping": {"amount": 1500, "currency": "USD", "text": "$15.00"},
        "help": {"units": 0, "percent": 0.0},
        "refused": 2,
        "first_buyer": "a shopper",
        "curve": [1, 2, 7],
        "refusals": {"sold-out": 2},
    }
    listed = (await asked(house)).json()
    assert listed == {
        "items": [{name: value for name, value in answer.items() if name not in ("curve", "refusals")}],
        "next": None,
    }


async def test_only_deals_that_are_over_have_a_record(house: House, clock: FrozenClock) -> None:
    live, waiting = await queue_deals(engine_of(house), clock, new_deal(), new_deal())
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    assert (await asked(house)).json() == {"items": [], "next": None}
    for deal_id in (live, waiting, 999, 2**63 - 1):
        answer = await asked(house, f"/{deal_id}")
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": live})
    (record,) = (await asked(house)).json()["items"]
    assert (record["deal_id"], record["mode"], record["why_ended"]) == (live, "woot-off", "skipped")
    assert (record["first_buyer"], record["quickest_seconds"]) == (None, None)


async def test_the_mode_is_the_last_in_which_the_deal_was_on_stage(house: House, clock: FrozenClock) -> None:
    (deal_id,) = await queue_deals(engine_of(house), clock, new_deal())
    for mode in ("woot-off", "daily"):
        await house.merchandiser.put(f"{API}/staff/show", json={"mode": mode})
    await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": deal_id})
    assert (await asked(house, f"/{deal_id}")).json()["mode"] == "daily"


async def test_records_are_filtered_sorted_and_paged(house: House) -> None:
    engine = engine_of(house)
    await past_deal(engine, [(5.0, 1, 10)], title="Spoon", price=1000, category="Kitchen", mode="daily")
    await past_deal(engine, [(5.0, 1, 4)], title="Rake", price=3000, opened_at=EVENING + timedelta(days=2))
    await past_deal(engine, [(1.0, 1, 10)], title="Lamp", price=9000, opened_at=EVENING + timedelta(days=3))
    assert await titles(house) == ["Lamp", "Rake", "Spoon"]
    assert await titles(house, "?sort=title") == ["Lamp", "Rake", "Spoon"]
    assert await titles(house, "?sort=revenue") == ["Lamp", "Rake", "Spoon"]
    assert await titles(house, "?sort=sell-out") == ["Lamp", "Spoon", "Rake"]
    assert await titles(house, "?mode=daily") == ["Spoon"]
    assert await titles(house, "?since=2026-11-20&until=2026-11-21") == ["Rake"]
    assert await titles(house, "?price_from=1001&price_to=8999") == ["Rake"]
    assert await titles(house, "?sold_out=false") == ["Rake"]
    assert await titles(house, "?category=kitchen") == ["Spoon"]
    assert await titles(house, "?text=AK") == ["Rake"]
    first = (await asked(house, "?limit=2")).json()
    assert [item["title"] for item in first["items"]] == ["Lamp", "Rake"]
    rest = (await asked(house, f"?limit=2&after={first['next']}")).json()
    assert ([item["title"] for item in rest["items"]], rest["next"]) == (["Spoon"], None)


WRONG = [
    ("mode=weekly", "mode"),
    ("since=yesterday", "since"),
    ("until=2026-02-30", "until"),
    ("since=2026-02-02&until=2026-02-01", "body"),
    ("price_from=-1", "price_from"),
    ("price_to=49.99", "price_to"),
    ("price_from=2&price_to=1", "body"),
    ("sold_out=perhaps", "sold_out"),
    ("sort=id", "sort"),
    ("category=" + "x" * 201, "category"),
    ("shopper=1", "shopper"),
    ("email=ada@example.com", "email"),
]


async def test_a_wrong_filter_is_refused_by_its_name(house: House) -> None:
    for query, field in WRONG:
        for path in ("", ".csv", "/patterns"):
            assert wrong_fields(await asked(house, f"{path}?{query}")) == [field], (path, query)
    for query in ("limit=0", "limit=201", "after=0", f"after={2**63}"):
        assert wrong_fields(await asked(house, f"?{query}")) == [query.partition("=")[0]], query
    for deal_id in ("0", "x", str(2**63)):
        assert wrong_fields(await asked(house, f"/{deal_id}")) == ["deal_id"]


async def test_the_export_is_a_spreadsheet_with_a_row_a_deal(house: House) -> None:
    engine = engine_of(house)
    await past_deal(
        engine, [], title='=HYPERLINK("x")', category="@home", price=999, list_price=None, reason="skipped"
    )
    await past_deal(
        engine, [(0.8, 1, 2)], title='Bread, "fresh"', price=10050, list_price=20000, discount=150
    )
    answer = await asked(house, ".csv?sort=earliest")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="sales-records.csv"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content.startswith(b"\xef\xbb\xbfdeal_id,turn,title,")
    formula, bread = cells(answer)
    assert list(bread) == list(HEADER)
    assert (formula["title"], formula["category"]) == ('\'=HYPERLINK("x")', "'@home")
    assert (formula["list_price"], formula["quickest_seconds"], formula["first_buyer"]) == ("", "", "")
    assert bread["title"] == 'Bread, "fresh"'
    assert (bread["price"], bread["list_price"], bread["currency"]) == ("100.50", "200.00", "USD")
    assert (bread["revenue"], bread["discounts"], bread["shipping"]) == ("199.50", "1.50", "5.00")
    assert (bread["opened_at"], bread["opened_local"]) == ("2026-11-20T02:00:00.000Z", "2026-11-19 20:00:00")
    assert [row["title"] for row in cells(await asked(house, ".csv?text=bread"))] == ['Bread, "fresh"']
    assert cells_of_nothing(await asked(house, ".csv?text=nothing"))


def cells_of_nothing(answer: Response) -> bool:
    return answer.content.decode("utf-8-sig").strip() == ",".join(HEADER)


async def test_the_patterns_are_over_the_records_that_are_sought(house: House) -> None:
    for _ in range(5):
        await past_deal(engine_of(house), [(60.0, 1, 10)], category="Kitchen")
    await past_deal(engine_of(house), [(60.0, 1, 1)], category="Garden", mode="daily", reason="time-up")
    answer = (await asked(house, "/patterns")).json()
    assert [item["by"] for item in answer["items"]][:4] == ["price", "hour", "weekday", "category"]
    assert answer["items"][3]["groups"] == [
        {
            "name": "Kitchen",
            "deals": 5,
            "too_few": False,
            "sold_out": 5,
            "minutes_to_sell_out": 1.0,
            "units_per_minute": 10.0,
            "sell_through_percent": 100.0,
        },
        {
            "name": "Garden",
            "deals": 1,
            "too_few": True,
            "sold_out": 0,
            "minutes_to_sell_out": None,
            "units_per_minute": 0.2,
            "sell_through_percent": 10.0,
        },
    ]
    daily = (await asked(house, "/patterns?mode=daily")).json()
    assert [group["name"] for group in daily["items"][3]["groups"]] == ["Garden"]


async def test_the_first_buyer_is_named_only_where_they_agreed_and_only_as_long(
    house: House, clock: FrozenClock
) -> None:
    engine = engine_of(house)
    shopper_id = await a_shopper(engine, clock)
    deal_id = await past_deal(engine, [(1.0, shopper_id, 1)])
    for agreed, shown in ((False, "a shopper"), (True, "Ada"), (False, "a shopper")):
        async with engine.begin() as connection:
            await connection.execute(
                update(shoppers).where(shoppers.c.id == shopper_id).values(named_in_records=agreed)
            )
        assert (await asked(house, f"/{deal_id}")).json()["first_buyer"] == shown
    async with engine.begin() as connection:
        await connection.execute(update(shoppers).values(named_in_records=True))
        await connection.execute(shoppers.delete().where(shoppers.c.id == shopper_id))
    assert (await asked(house, f"/{deal_id}")).json()["first_buyer"] == "a shopper"


async def test_records_tell_of_no_person_but_a_first_buyer_who_agreed(house: House) -> None:
    engine = engine_of(house)
    secret = {"email": "zelda.secret@example.com", "password_hash": "!", "created_at": EVENING}
    async with engine.begin() as connection:
        ids = []
        for number, name in enumerate(("Zelda", "Yorick", "Xenia")):
            values = secret | {
                "name": name,
                "email": f"{number}{secret['email']}",
                "named_in_records": name == "Xenia",
            }
            ids.append(
                (
                    await connection.execute(insert(shoppers).values(values).returning(shoppers.c.id))
                ).scalar_one()
            )
        far = [id_ + 777_000_000 for id_ in ids]  # ids that cannot be anything else in an answer
        for shopper_id, other in zip(ids, far, strict=True):
            await connection.execute(
                shoppers.update().where(shoppers.c.id == shopper_id).values(newsletter=True)
            )
            assert other not in ids
    deal_id = await past_deal(engine, [(1.0, far[0], 1), (2.0, far[1], 2)])
    await past_deal(engine, [(1.0, ids[2], 1), (2.0, ids[0], 1)], helpers=(None, ids[1]))
    answers = [await asked(house, path) for path in ("", f"/{deal_id}", "/patterns", ".csv")]
    for answer in answers:
        text = answer.text
        assert not any(
            word in text for word in ("@example.com", "Zelda", "Yorick", "777000", "shopper_id", "key-")
        )
    assert "Xenia" in answers[0].text
    keys = {key for answer in answers[:3] for key in _keys(answer.json())}
    assert not {key for key in keys if "mail" in key or "shopper" in key or "helper" in key}


async def test_every_record_call_is_described(house: House) -> None:
    paths = (await house.visitor.get(f"{API}/openapi.json")).json()["paths"]
    calls = {
        path.removeprefix(f"{API}/staff"): calls["get"] for path, calls in paths.items() if "/records" in path
    }
    assert {path: call["operationId"] for path, call in calls.items()} == {
        "/records": "list_records",
        "/records.csv": "export_records",
        "/records/patterns": "read_patterns",
        "/records/{deal_id}": "read_record",
    }
    assert list(calls["/records.csv"]["responses"]["200"]["content"]) == ["text/csv"]
    assert "sort" in json.dumps(calls["/records"]["parameters"])


def _keys(document: Any) -> set[str]:
    if isinstance(document, dict):
        return set(document) | {key for value in document.values() for key in _keys(value)}
    if isinstance(document, list):
        return {key for value in document for key in _keys(value)}
    return set()
