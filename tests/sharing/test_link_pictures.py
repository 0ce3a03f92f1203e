"""What goes with a link: its QR code, and the share picture."""

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from PIL import Image

from app.platform.errors import Unavailable
from app.sharing import card
from app.sharing.card import MOST_WAITING, Cards, CardWords, draw_card
from app.sharing.qr import qr_svg

WORDS = CardWords("The Crumb Baron", "$49.99", "70%", "Bea", "/photos/a/800.jpg")
AT_ONCE = 64


@pytest.fixture
def cards() -> Iterator[Cards]:
    cards = Cards()
    yield cards
    cards.close()


@pytest.fixture
def photo() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (800, 800), "#00ff00").save(body, "JPEG")
    return body.getvalue()


async def no_photo() -> bytes | None:
    return None


def opened(drawn: bytes) -> Image.Image:
    return Image.open(io.BytesIO(drawn))


def ink_in(drawn: bytes, left: int, top: int, right: int, bottom: int) -> int:
    """How many pixels of this part are not paper."""
    part = opened(drawn).convert("RGB").crop((left, top, right, bottom))
    return sum(
        part.getpixel((x, y)) != (255, 246, 227) for x in range(part.width) for y in range(part.height)
    )


def test_a_card_is_as_large_as_it_is_wanted_and_shows_the_photo(photo: bytes) -> None:
    drawn = opened(draw_card(WORDS, photo))
    assert (drawn.format, drawn.size) == ("PNG", (1200, 630))
    seen = drawn.convert("RGB").getpixel((300, 300))
    assert isinstance(seen, tuple)
    assert seen[1] > 200 > 50 > max(seen[0], seen[2]), "green, as the photo is"


def test_a_card_without_a_photo_is_drawn_all_the_same() -> None:
    assert opened(draw_card(WORDS, None)).size == (1200, 630)


def test_what_there_are_no_letters_for_is_left_out() -> None:
    without = draw_card(replace(WORDS, title=""), None)
    assert draw_card(replace(WORDS, title="\uffff\uffff"), None) == without
    assert draw_card(replace(WORDS, title="Bread"), None) != without, "the control"


@pytest.mark.parametrize(
    "words",
    [
        replace(WORDS, title="word " * 60),
        replace(WORDS, title="W" * 200, sender="M" * 100),
        replace(WORDS, title="", sender="", price="CHF 1,049,999.99"),
    ],
)
def test_nothing_runs_over_the_edge(words: CardWords) -> None:
    assert ink_in(draw_card(words, None), 1180, 0, 1200, 630) == 0


def test_without_the_fetched_typeface_there_is_a_card_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "TYPEFACE", Path("/nowhere.woff2"))
    card._typeface.cache_clear()
    try:
        drawn = draw_card(WORDS, None)
    finally:
        card._typeface.cache_clear()
    assert ink_in(drawn, 640, 40, 1190, 110) > 0


async def test_a_card_is_drawn_once_for_all_who_ask(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def draw(words: CardWords, _: bytes | None) -> bytes:
        drawn.append(words)
        return b"a card"

    monkeypatch.setattr(card, "draw_card", draw)
    assert (
        await asyncio.gather(*[cards.draw(WORDS, no_photo) for _ in range(AT_ONCE)]) == [b"a card"] * AT_ONCE
    )
    assert drawn == [WORDS]
    assert cards.kept(WORDS) == b"a card"
    await cards.draw(replace(WORDS, sender="Cem"), no_photo)
    assert len(drawn) == 2, "the control: another one is drawn"


async def test_the_photo_is_read_once_for_all_who_ask_and_one_after_another(
    cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "draw_card", lambda _, photo: photo)
    reading, most, read = 0, 0, 0

    async def read_photo() -> bytes:
        nonlocal reading, most, read
        reading, read = reading + 1, read + 1
        most = max(most, reading)
        await asyncio.sleep(0)
        reading -= 1
        return b"a photo"

    asked = [replace(WORDS, sender=str(number % 4)) for number in range(AT_ONCE)]
    assert await asyncio.gather(*[cards.draw(words, read_photo) for words in asked]) == [b"a photo"] * AT_ONCE
    assert (read, most) == (4, 1)


async def test_a_photo_that_cannot_be_read_now_is_read_by_who_asks_later(cards: Cards) -> None:
    async def away() -> bytes | None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await cards.draw(WORDS, away)
    assert opened(await cards.draw(WORDS, no_photo)).size == (1200, 630)


async def test_not_more_wait_for_cards_than_can_be_drawn_soon(
    cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(card, "draw_card", lambda *_: go_on.wait(60) and b"a card")
    asked = [replace(WORDS, sender=str(number)) for number in range(MOST_WAITING)]
    drawing = [asyncio.ensure_future(cards.draw(words, no_photo)) for words in asked]
    await asyncio.sleep(0)  # all of them have asked
    with pytest.raises(Unavailable):
        await cards.draw(WORDS, no_photo)
    go_on.set()
    assert await asyncio.gather(*drawing) == [b"a card"] * MOST_WAITING
    assert await cards.draw(WORDS, no_photo) == b"a card"


def test_a_qr_code_is_an_svg_that_grows_and_says_which_address() -> None:
    one, other = (qr_svg(f"https://shop.example/h/{code}") for code in ("k7Wq3mZx9P", "k7Wq3mZx9Q"))
    root = ElementTree.fromstring(one)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "viewBox" in root.attrib
    assert "width" not in root.attrib
    assert one != other
    assert b"script" not in one
    assert b"style" not in one
