"""Imports over HTTP: what is wrong is said, what is good is queued, once."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient, Response

from tests.factories.house import API, House, problem

HEADER = "title,price,quantity\n"
GOOD = f"{HEADER}Loaf,1.00,5\nCrumb,2.50,6\n"
IMPORTS = f"{API}/staff/imports"


async def send(client: AsyncClient, text: str | bytes, name: str = "deals.csv", **query: Any) -> Response:
    body = text.encode() if isinstance(text, str) else text
    return await client.post(IMPORTS, params=query, files={"file": (name, body)})


async def queued(house: House) -> list[str]:
    answer = await house.merchandiser.get(f"{API}/staff/deals", params={"limit": 200})
    return [deal["title"] for deal in answer.json()["items"]]


async def test_a_dry_run_says_everything_and_changes_nothing(house: House) -> None:
    answer = await send(house.merchandiser, f"{GOOD},free,0\n", dry_run=True)
    found = answer.json()
    assert (answer.status_code, found["format"], found["rows"], found["good"]) == (200, "simple-csv", 3, 2)
    assert [(p["line"], p["field"]) for p in found["problems"]] == [
        (4, "price"),
        (4, "quantity"),
        (4, "title"),
    ]
    assert [(deal["title"], deal["id"]) for deal in found["deals"]] == [("Loaf", None), ("Crumb", None)]
    assert found["deals"][0]["price"] == {"amount": 100, "currency": "USD", "text": "$1.00"}
    assert await queued(house) == []


async def test_the_good_rows_are_queued_without_the_bad(house: House) -> None:
    found = (await send(house.merchandiser, f"{HEADER}Loaf,1.00,5\n,free,0\nCrumb,2,6\n")).json()
    assert [deal["title"] for deal in found["deals"]] == ["Loaf", "Crumb"]
    assert all(isinstance(deal["id"], int) for deal in found["deals"])
    assert await queued(house) == ["Loaf", "Crumb"]


async def test_the_same_file_twice_queues_once_unless_it_is_asked_for(house: House) -> None:
    first = (await send(house.merchandiser, GOOD)).json()
    second = (await send(house.merchandiser, GOOD)).json()
    ids = [deal["id"] for deal in first["deals"]]
    assert (second["good"], second["deals"]) == (2, [])
    assert [(row["line"], row["deal_id"]) for row in second["already"]] == [(2, ids[0]), (3, ids[1])]
    assert await queued(house) == ["Loaf", "Crumb"]
    await send(house.merchandiser, GOOD, again=True)
    assert len(await queued(house)) == 4


async def test_a_row_that_was_edited_is_queued_alone(house: House) -> None:
    await send(house.merchandiser, GOOD)
    found = (await send(house.merchandiser, GOOD.replace("2.50", "2.75"))).json()
    assert [(deal["line"], deal["title"]) for deal in found["deals"]] == [(3, "Crumb")]
    assert len(await queued(house)) == 3


async def test_a_row_that_stands_twice_in_a_file_is_two_deals(house: House) -> None:
    text = f"{HEADER}Loaf,1,5\nLoaf,1,5\n"
    assert len((await send(house.merchandiser, text)).json()["deals"]) == 2
    assert (await send(house.merchandiser, text)).json()["deals"] == []


async def test_the_same_file_by_two_at_once_queues_once(house: House) -> None:
    answers = await asyncio.gather(*(send(house.merchandiser, GOOD) for _ in range(4)))
    assert sorted(len(answer.json()["deals"]) for answer in answers) == [0, 0, 0, 2]
    assert await queued(house) == ["Loaf", "Crumb"]


async def test_two_at_once_who_ask_for_it_again_queue_it_twice(house: House) -> None:
    """What keeps the others from queueing is not that they failed."""
    await asyncio.gather(*(send(house.merchandiser, GOOD, again=True) for _ in range(2)))
    assert len(await queued(house)) == 4


async def test_a_quantity_can_be_given_for_the_rows_without_one(house: House) -> None:
    text = "id,title,link,image_link,availability,price\n1,Lamp,https://shop.test/1,,in_stock,9.50 USD\n"
    (wrong,) = (await send(house.merchandiser, text, dry_run=True)).json()["problems"]
    assert wrong["field"] == "quantity"
    (deal,) = (await send(house.merchandiser, text, quantity=7)).json()["deals"]
    assert (deal["title"], deal["quantity"]) == ("Lamp", 7)


async def test_a_photo_by_name_is_told_and_its_deal_queued_without(house: House) -> None:
    found = (await send(house.merchandiser, "title,price,quantity,photo\nLoaf,1,5,loaf.jpg\n")).json()
    assert [(p["line"], p["field"]) for p in found["problems"]] == [(2, "photo")]
    assert [deal["photo"] for deal in found["deals"]] == [None]


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xd8\xff\xe0", b"%PDF-1.7", b"PK\x03\x04nothing", b"<html></html>", b"{}"]
)
async def test_what_is_no_table_is_a_problem_of_the_file(house: House, body: bytes) -> None:
    answer = await send(house.merchandiser, body)
    found = answer.json()
    assert (answer.status_code, found["format"], found["good"]) == (200, "unknown", 0)
    assert [p["field"] for p in found["problems"]] == ["file"]


async def test_a_request_without_a_file_and_one_that_is_too_large_are_refused(house: House) -> None:
    answer = await house.merchandiser.post(IMPORTS)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    answer = await send(house.merchandiser, b'"' * (50 * 1024 * 1024))
    assert (answer.status_code, problem(answer)) == (413, "too-large")
    answer = await send(house.merchandiser, b'"' * (20 * 1024 * 1024 + 1))
    assert (answer.status_code, problem(answer)) == (413, "too-large")
