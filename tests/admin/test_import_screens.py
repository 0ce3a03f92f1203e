"""The import's pages: check first, mend, then queue, once; and nobody sees another's file."""

import csv
import io

from httpx import AsyncClient, Response

from app.platform.csv_export import RISKY
from tests.factories.house import API, House

HEADER = "title,price,quantity\n"
FILE = f"{HEADER}Loaf,1.00,5\n=Bad,free,x\nCrumb,2.50,6\n"
HTML = {"Accept": "text/html"}


async def send(client: AsyncClient, text: str, **fields: str) -> Response:
    return await client.post(
        "/desk/import", files={"file": ("deals.csv", text.encode())}, data=fields, headers=HTML
    )


async def checked(client: AsyncClient, text: str = FILE, **fields: str) -> str:
    """The address of a file that was checked."""
    answer = await send(client, text, **fields)
    assert answer.status_code == 303, answer.text
    address: str = answer.headers["location"]
    return address


async def titles(house: House) -> list[str]:
    answer = await house.merchandiser.get(f"{API}/staff/deals")
    return [deal["title"] for deal in answer.json()["items"]]


async def test_a_file_is_checked_then_its_good_rows_are_queued_once(house: House) -> None:
    mia = house.merchandiser
    address = await checked(mia)
    page = (await mia.get(address)).text
    for words in (
        "2 good, 2 problems",
        "not an amount in USD",
        "Queue the good: 2 deals",
        "Loaf",
        "Crumb",
        "?mend=3#mend",
    ):
        assert words in page
    assert await titles(house) == []
    for _ in range(2):
        answer = await mia.post(f"{address}/queue")
        assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert await titles(house) == ["Loaf", "Crumb"]
    assert "Queued 2 deals" in (await mia.get(address)).text
    second = await checked(mia)
    assert "2 rows queued before" in (await mia.get(second)).text
    third = await checked(mia, again="yes")
    assert "Queue the good: 2 deals" in (await mia.get(third)).text


async def test_a_bad_row_is_mended_on_the_page(house: House) -> None:
    mia = house.merchandiser
    address = await checked(mia)
    assert 'value="free"' in (await mia.get(f"{address}?mend=3")).text
    still = await mia.post(
        f"{address}/rows", data={"line": "3", "title": "Bun", "price": "3", "quantity": "x"}
    )
    assert still.headers["location"].endswith("?mend=3#mend")
    done = await mia.post(
        f"{address}/rows", data={"line": "3", "title": "Bun", "price": "3", "quantity": "4"}
    )
    assert done.headers["location"] == address
    assert "3 good, 0 problems" in (await mia.get(address)).text
    await mia.post(f"{address}/queue")
    assert await titles(house) == ["Loaf", "Bun", "Crumb"]


async def test_the_rows_to_mend_are_downloaded_without_a_formula_and_can_be_sent_again(house: House) -> None:
    mia = house.merchandiser
    answer = await mia.get(f"{await checked(mia)}/fix.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="rows-to-mend.csv"'
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert [row[0] for row in rows] == ["title", "'=Bad"]
    assert "line 3: price: not an amount" in rows[1][-1]
    assert not any(cell.startswith(RISKY) for row in rows for cell in row)
    mended = answer.text.replace("free", "3.00").replace(",x,", ",4,")
    page = (await mia.get(await checked(mia, mended))).text
    assert "1 good, 0 problems" in page
    assert "=Bad" in page


async def test_what_cannot_be_checked_is_asked_for_again(house: House) -> None:
    mia = house.merchandiser
    answer = await mia.post("/desk/import", data={"quantity": "many"}, headers=HTML)
    assert answer.status_code == 422
    assert "Choose a file." in answer.text
    assert "This must be a whole number" in answer.text
    page = await mia.get(await checked(mia, "day,hours\n1,2\n"))
    assert "This file cannot be read" in page.text
    assert "It begins with columns that are not known: day, hours." in page.text


async def test_a_checked_file_is_its_persons_own_and_forgotten_after_a_day(
    house: House, clock: object
) -> None:
    address = await checked(house.merchandiser)
    assert (await house.merchandiser.get("/desk/import/1")).status_code == 404
    await house.app.state.identity.staff.add("zoe@example.com", "merchandiser", "another long password")
    answer = await house.visitor.post(
        f"{API}/tokens", json={"email": "zoe@example.com", "password": "another long password"}
    )
    zoe = {"Authorization": f"Bearer {answer.json()['token']}"}
    house.visitor.cookies.clear()
    for path in (address, f"{address}/fix.csv"):
        assert (await house.visitor.get(path, headers=zoe)).status_code == 404
    assert (await house.visitor.post(f"{address}/queue", headers=zoe)).status_code == 404
    clock.advance(90_000)  # type: ignore[attr-defined]
    assert (await house.merchandiser.get(address)).status_code in (404, 401, 303)


async def test_a_feeds_quantity_is_given_on_the_page(house: House) -> None:
    text = "id,title,link,image_link,availability,price\n1,Lamp,https://s.test/1,,in_stock,9.50 USD\n"
    assert "0 good, 1 problem" in (await house.merchandiser.get(await checked(house.merchandiser, text))).text
    address = await checked(house.merchandiser, text, quantity="7")
    assert "1 good, 0 problems" in (await house.merchandiser.get(address)).text


async def test_a_long_story_is_mended_too(house: House) -> None:
    """As a browser sends the form, which is more than the house takes elsewhere."""
    mia = house.merchandiser
    address = await checked(mia)
    story = "ü" * 20_000
    cells = {"line": "3", "title": "Good", "price": "1", "quantity": "2", "story": story * 2}
    answer = await mia.post(f"{address}/rows", files={name: (None, text) for name, text in cells.items()})
    assert answer.headers["location"] == f"{address}?mend=3#mend", (
        "a story has fewer letters, and that is said"
    )
    answer = await mia.post(f"{address}/rows", data=cells | {"story": story})
    assert answer.headers["location"] == address
    assert "3 good, 0 problems" in (await mia.get(address)).text


async def test_a_file_that_cannot_be_read_says_why_in_a_sentence(house: House) -> None:
    mia = house.merchandiser
    page = (await mia.get(await checked(mia, "%PDF-1.7"))).text
    assert "This file cannot be read" in page
    assert "It is a PDF, not a table" in page
    assert "What is wrong" not in page
    page = (await mia.get(await checked(mia, "title,price\n\0"))).text
    assert "save it as CSV UTF-8 (line 2)." in page
