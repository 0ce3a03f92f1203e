"""Orders at the desk over HTTP: who sees and does what, and what stands in the books afterwards."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from httpx import AsyncClient, Response
from msgspec.structs import replace
from sqlalchemy import select

from app.notices.tables import mails
from app.platform.csv_export import RISKY
from app.sales import desk_orders
from tests.conftest import FrozenClock
from tests.factories.desk_orders import MILL, paid_orders, settled_deal, until_status
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.sales import eventually

STAFF = f"{API}/staff"


async def adas_id(house: House) -> int:
    return int((await house.shopper.get(f"{API}/me")).json()["id"])


async def settled(house: House, *statuses: str, **chosen: Any) -> list[str]:
    return await settled_deal(house.app.state.engine, statuses, await adas_id(house), **chosen)


async def listed(house: House, **asked: Any) -> dict[str, Any]:
    answer = await house.merchandiser.get(f"{STAFF}/orders", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def story(house: House, order_id: str) -> dict[str, Any]:
    answer = await house.merchandiser.get(f"{STAFF}/orders/{order_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ship(house: House, ids: Sequence[str], **chosen: str) -> Response:
    body = {"order_ids": list(ids), "carrier": "UPS"} | chosen
    return await house.merchandiser.post(f"{STAFF}/shipments", json=body)


async def send_file(house: House, text: str, carrier: str = "") -> dict[str, Any]:
    answer = await house.merchandiser.post(
        f"{STAFF}/shipments/file", params={"carrier": carrier}, files={"file": ("t.csv", text.encode())}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def letters(house: House, subject: str) -> int:
    """How many mails with this subject are in the outbox, sent or not."""
    async with house.app.state.engine.connect() as connection:
        rows = await connection.execute(select(mails.c.id).where(mails.c.subject == subject))
        return len(rows.all())


async def until_letters(house: House, subject: str, number: int) -> None:
    async def are_there() -> bool:
        return await letters(house, subject) >= number

    await eventually(are_there)


async def test_orders_are_listed_by_deal_and_status_with_shopper_and_address(house: House) -> None:
    first = await settled(house, "paid", "shipped", "placed")
    await settled(house, "paid", addressed=False)
    deal = first[0].partition("-")[0]
    found = await listed(house, deal=deal)
    assert [order["id"] for order in found["items"]] == first[::-1]
    assert found["next"] is None
    (paid,) = (await listed(house, deal=deal, status="paid"))["items"]
    assert paid["shopper"] == {"id": await adas_id(house), "name": "Ada", "email": "ada@example.com"}
    assert (paid["address"]["city"], paid["can_be_shipped"], paid["shipment"]) == ("Chicago", True, None)
    (shipped,) = (await listed(house, deal=deal, status="shipped"))["items"]
    assert shipped["shipment"]["tracking"] == f"1Z{first[1]}"
    newest, *_ = (await listed(house, status="paid"))["items"]
    assert newest["address"] is None


async def test_the_list_has_pages_that_miss_nothing_and_repeat_nothing(
    house: House, monkeypatch: Any
) -> None:
    rare = await settled(house, "declined", *["paid"] * 6, "declined")
    await settled(house, *["paid"] * 3)
    seen, after = [], None
    while True:
        page = await listed(house, limit=2, **({"after": after} if after else {}))
        seen += [order["id"] for order in page["items"]]
        if (after := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == 11
    monkeypatch.setattr(desk_orders, "LOOKED_AT", 4)
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = await listed(house, status="declined", **({"after": after} if after else {}))
        found += [order["id"] for order in page["items"]]
        after, pages = page["next"], pages + 1
    assert found == [rare[-1], rare[0]], "a page looks at so many orders, and the next one goes on"
    assert pages == 3


async def test_what_is_no_page_or_no_order_is_said_so(house: House) -> None:
    mia = house.merchandiser
    assert wrong_fields(await mia.get(f"{STAFF}/orders?after=banana")) == ["after"]
    assert wrong_fields(await mia.get(f"{STAFF}/orders?status=lost&limit=0&deal=x")) == [
        "deal",
        "status",
        "limit",
    ]
    for order_id in ("nothing", "%00", "'", "%C3%A9"):
        for method, path in (("GET", ""), ("POST", "/refund"), ("POST", "/mails")):
            body = {"mail": "receipt"} if path == "/mails" else {}
            answer = await mia.request(method, f"{STAFF}/orders/{order_id}{path}", json=body)
            assert (answer.status_code, problem(answer)) == (404, "not-found"), (order_id, path)


async def test_an_orders_story_tells_of_its_money_and_of_what_staff_did(house: House) -> None:
    (order_id,) = await paid_orders(house)
    told = await story(house, order_id)
    assert (told["charged"]["amount"], told["given_back"]["amount"], told["refundable"]["amount"]) == (
        5499,
        0,
        5499,
    )
    assert (told["needs"], told["refunds"], told["changes"]) == ([], [], [])
    await ship(house, [order_id], tracking="1Z9")
    (change,) = (await story(house, order_id))["changes"]
    assert (change["who"]["name"], change["action"]) == ("mia", "ship")
    assert change["after"] == {"orders": [told["number"]], "carrier": "UPS", "tracking": "1Z9"}


async def test_a_part_goes_back_then_the_rest_and_then_nothing(house: House) -> None:
    (order_id,) = await paid_orders(house)
    mia, path = house.merchandiser, f"{STAFF}/orders/{order_id}/refund"
    part = await mia.post(path, json={"amount": 500, "why": "a dent", "refunded": 0})
    assert (part.status_code, part.json()["amount"]["text"]) == (202, "$5.00")
    await until_letters(house, "Your money is on its way back", 1)
    told = await story(house, order_id)
    assert (told["status"], told["given_back"]["amount"], told["refundable"]["amount"]) == ("paid", 500, 4999)
    late = await mia.post(path, json={"amount": 500, "refunded": 0})
    assert (late.status_code, problem(late), late.json()["refunded"]) == (409, "refund-moved", 500)
    most = await mia.post(path, json={"amount": 5000})
    assert (most.status_code, problem(most)) == (409, "not-refundable")
    assert (await mia.post(path)).json()["amount"]["amount"] == 4999
    await until_status(house, order_id, "refunded")
    again = await mia.post(path)
    assert (again.status_code, problem(again)) == (409, "not-refundable")
    told = await story(house, order_id)
    assert told["given_back"] == told["charged"]
    said = [(change["action"], change["after"]) for change in told["changes"]]
    assert [(action, after["amount"], after.get("why")) for action, after in said] == [
        ("refund", 4999, None),
        ("refund", 500, "a dent"),
    ]


async def test_what_is_no_refund_is_refused(house: House) -> None:
    (order_id,) = await settled(house, "placed")
    path = f"{STAFF}/orders/{order_id}/refund"
    for body, field in (
        ({"amount": 0}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"amount": 5.5}, "amount"),
        ({"why": "x" * 201}, "why"),
        ({"why": "a\nb"}, "why"),
        ({"by": 1}, "by"),
    ):
        assert wrong_fields(await house.merchandiser.post(path, json=body)) == [field], body
    unpaid = await house.merchandiser.post(path)
    assert (unpaid.status_code, problem(unpaid)) == (409, "not-refundable")


async def test_orders_are_marked_as_shipped_once_and_the_others_are_told_why(house: House) -> None:
    ids = await settled(house, "paid", "shipped", "placed", "cancelled", "refunded", "paid")
    (homeless,) = await settled(house, "paid", addressed=False)
    answer = await ship(house, [ids[0], *ids, homeless, "nothing"], tracking=" 1Z  9 ")
    assert answer.status_code == 200, answer.text
    assert answer.json()["marked"] == [ids[0], ids[5]], "the ids of these orders are their numbers"
    assert {left["id"]: left["why"] for left in answer.json()["left"]} == {
        ids[1]: "it was shipped already",
        ids[2]: "it is not paid",
        ids[3]: "it is cancelled",
        ids[4]: "it is refunded",
        homeless: "it has no address yet",
        "nothing": "there is no such order",
    }
    await until_letters(house, "Your order is on its way", 2)
    again = await ship(house, [ids[0]], tracking="other")
    assert again.json()["marked"] == []
    assert (await story(house, ids[0]))["shipment"]["tracking"] == "1Z 9"
    assert await letters(house, "Your order is on its way") == 2
    trail = (
        await house.merchandiser.get(f"{STAFF}/audit", params={"deal_id": ids[0].partition("-")[0]})
    ).json()
    assert [(change["action"], change["after"]["orders"]) for change in trail["items"]] == [
        ("ship", [ids[0], ids[5]])
    ], "what changed nothing is not in the trail"


async def test_what_is_no_shipment_is_refused(house: House) -> None:
    assert wrong_fields(await ship(house, ["a"], carrier=" ")) == ["carrier"]
    assert wrong_fields(await ship(house, ["a"], tracking="1\n2")) == ["tracking"]
    assert wrong_fields(await ship(house, [])) == ["order_ids"]
    assert wrong_fields(await ship(house, ["a b"])) == ["order_ids.0"]
    assert wrong_fields(await ship(house, ["a"] * 501)) == ["order_ids"]


async def test_a_file_marks_its_good_lines_and_reports_the_bad_ones(house: House) -> None:
    ids = await settled(house, "paid", "paid", "placed", "paid")
    text = (
        "\ufeffnumber;tracking;order_id\n"
        f"{ids[0]};1Z1;\n;1Z2;{ids[1]}\n{ids[2]};1Z3;\n9999-1;1Z4;\nbanana;1Z5;\n{ids[3]};;\n{ids[1]};1Z6;\n"
    )
    found = await send_file(house, text, carrier="UPS")
    assert (found["rows"], sorted(found["marked"]), found["left"]) == (7, [ids[0], ids[1]], 1)
    assert [(one["line"], one["field"], one["message"]) for one in found["problems"]] == [
        (4, "number", f"{ids[2]}: it is not paid"),
        (5, "number", "9999-1: there is no such order"),
        (6, "number", "not an order number, such as 37-3"),
        (8, "number", f"{ids[1]} stands on line 3 already"),
    ]
    assert (await story(house, ids[1]))["shipment"] == {
        "carrier": "UPS",
        "tracking": "1Z2",
        "shipped_at": "2026-11-22T18:00:00.000Z",
    }
    again = await send_file(house, text, carrier="UPS")
    assert again["marked"] == []
    assert f"{ids[0]}: it was shipped already" in [one["message"] for one in again["problems"]]


async def test_the_packing_list_has_what_can_go_no_formula_and_comes_back_as_a_tracking_file(
    house: House,
) -> None:
    evil = replace(MILL, name='=HYPERLINK("https://evil.test")', street="+1 Mill Lane", extra="@SUM(A1)")
    ids = await settled(house, "paid", "placed", "shipped", "paid", address=evil, title="-1 loaf")
    deal = ids[0].partition("-")[0]
    answer = await house.merchandiser.get(f"{STAFF}/deals/{deal}/packing-list.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="packing-list-{deal}.csv"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.text.startswith("\ufeff")
    head, *rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert [row[0] for row in rows] == [ids[0], ids[3]]
    assert not any(cell.startswith(RISKY) for row in rows for cell in row)
    name, tracking = head.index("name"), head.index("tracking")
    assert rows[0][name] == '\'=HYPERLINK("https://evil.test")'
    for number, row in enumerate(rows):
        row[tracking] = f"1Z{number}"
    filled = io.StringIO()
    csv.writer(filled, delimiter=";").writerows([head, *rows])
    found = await send_file(house, filled.getvalue(), carrier="UPS")
    assert (sorted(found["marked"]), found["problems"]) == ([ids[0], ids[3]], [])
    assert (await house.merchandiser.get(f"{STAFF}/deals/999/packing-list.csv")).status_code == 404


async def test_a_mail_is_sent_again_but_not_twice_within_a_minute(house: House, clock: FrozenClock) -> None:
    (order_id,) = await paid_orders(house)
    mia, path = house.merchandiser, f"{STAFF}/orders/{order_id}/mails"
    await until_letters(house, "Your receipt", 1)
    answer = await mia.post(path, json={"mail": "receipt"})
    assert (answer.status_code, answer.json()) == (202, {"mail": "receipt", "to": "ada@example.com"})
    assert await letters(house, "Your receipt") == 2
    twice = await mia.post(path, json={"mail": "receipt"})
    assert (twice.status_code, problem(twice)) == (409, "just-sent")
    early = await mia.post(path, json={"mail": "shipped"})
    assert (early.status_code, problem(early)) == (409, "nothing-to-send")
    await ship(house, [order_id])
    await until_letters(house, "Your order is on its way", 1)
    assert (await mia.post(path, json={"mail": "shipped"})).status_code == 202
    assert await letters(house, "Your order is on its way") == 2
    clock.advance(61)
    assert (await mia.post(path, json={"mail": "receipt"})).status_code == 202
    assert await letters(house, "Your receipt") == 3
    assert wrong_fields(await mia.post(path, json={"mail": "sign-in-link"})) == ["mail"]


async def test_nobody_but_the_desk_sees_or_does_any_of_it(house: House) -> None:
    (order_id,) = await settled(house, "paid")
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/orders", {}),
        ("GET", f"/orders/{order_id}", {}),
        ("POST", f"/orders/{order_id}/refund", {"json": {}}),
        ("POST", f"/orders/{order_id}/mails", {"json": {"mail": "receipt"}}),
        ("POST", "/shipments", {"json": {"order_ids": [order_id], "carrier": "UPS"}}),
        ("POST", "/shipments/file", {"files": {"file": ("t.csv", b"number,tracking\n")}}),
        ("GET", "/deals/1/packing-list.csv", {}),
    ]

    async def asked(client: AsyncClient, status: int, slug: str) -> None:
        for method, path, body in calls:
            answer = await client.request(method, STAFF + path, **body)
            assert (answer.status_code, problem(answer)) == (status, slug), path

    await asked(house.visitor, 401, "sign-in-required")
    await asked(house.shopper, 403, "not-allowed")
    assert (await story(house, order_id))["status"] == "paid"
