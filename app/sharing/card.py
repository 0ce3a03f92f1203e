"""The picture that goes with a link where it is pasted: the photo, the price, and how much was left.

Drawn from our own files: the photo was made anew when it was given. Some tenth of a second each, so one at a time, in
a thread, and kept for those who come next.
"""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from app.platform.errors import Unavailable
from app.platform.site import SHARED

if TYPE_CHECKING:  # few ask for a picture, and the shop opens sooner without it
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630  # pixels, as those want it who show it
EDGE, PHOTO = 40, 550
TEXT_LEFT, TEXT_WIDTH = 640, 520
PAPER, INK, MUTE, SUN, CARD = "#fff6e3", "#201a33", "#5d5470", "#ffcf24", "#fffdf8"
TITLE_SIZES, MOST_LINES = (68, 58, 48, 40), 4
PRICE_SIZES = (84, 64, 48, 36)
KEPT = 64  # pictures, of some 200 KB
MOST_WAITING = 32
TYPEFACE = SHARED / "static/vendor/display.woff2"  # the set-up may not have fetched it

Photo = Callable[[], Awaitable[bytes | None]]


class CardWords(Struct, frozen=True):
    """What is written on a card; and `photo`, by which the picture on it is known."""

    title: str
    price: str
    left: str  # such as 70%
    sender: str
    photo: str


class Cards:
    """The cards that this process has drawn."""

    def __init__(self) -> None:
        self._kept: OrderedDict[CardWords, bytes] = OrderedDict()
        self._drawing: dict[CardWords, asyncio.Task[bytes]] = {}
        self._turn, self._rest_until = asyncio.Lock(), 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cards")

    def close(self) -> None:
        """Draw no more."""
        for drawing in [*self._drawing.values()]:
            drawing.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def kept(self, words: CardWords) -> bytes | None:
        """A PNG that was drawn before."""
        return self._kept.get(words)

    async def draw(self, words: CardWords, photo: Photo) -> bytes:
        """A PNG, drawn once for all who ask for the same; `photo` is read once, too.

        Raises Unavailable where too many different ones are asked for, and what `photo` raises.
        """
        drawing = self._drawing.get(words)
        if drawing is None:
            if len(self._drawing) >= MOST_WAITING:
                raise Unavailable("Many pictures are being drawn. Please ask again.")
            drawing = self._drawing[words] = asyncio.create_task(self._draw(words, photo))
            drawing.add_done_callback(lambda done: self._keep(words, done))
        return await asyncio.shield(drawing)

    async def _draw(self, words: CardWords, photo: Photo) -> bytes:
        async with self._turn:
            loop, picture = asyncio.get_running_loop(), await photo()
            await asyncio.sleep(self._rest_until - loop.time())
            began = loop.time()
            try:
                return await loop.run_in_executor(self._thread, draw_card, words, picture)
            finally:  # whoever asks for one after another has half of a processor at the most
                self._rest_until = 2 * loop.time() - began

    def _keep(self, words: CardWords, done: "asyncio.Task[bytes]") -> None:
        del self._drawing[words]
        if not done.cancelled() and done.exception() is None:
            self._kept[words] = done.result()
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)


def draw_card(words: CardWords, photo: bytes | None) -> bytes:
    """A PNG of 1200 by 630. What the typeface has no letters for is left out: a box says less than nothing."""
    from PIL import Image, ImageDraw

    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(card)
    _hang(card, draw, photo)
    bottom = _write_title(draw, words.title)
    _write_price(draw, words.price, bottom + 30)
    _write_when(draw, words)
    drawn = io.BytesIO()
    # A palette makes it a fifth as large, which decides whether some programs show it at all.
    card.quantize(256).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


def _hang(card: "Image", draw: "ImageDraw", photo: bytes | None) -> None:
    from PIL import Image

    box = (EDGE, EDGE, EDGE + PHOTO, EDGE + PHOTO)
    draw.rounded_rectangle((box[0] - 5, box[1] - 5, box[2] + 5, box[3] + 5), 22, CARD, INK, 5)
    if photo is None:
        draw.text((EDGE + PHOTO // 2, EDGE + PHOTO // 2), "?", MUTE, _typeface(260), anchor="mm")
        return
    with Image.open(io.BytesIO(photo)) as picture:
        card.paste(picture.convert("RGB").resize((PHOTO, PHOTO), Image.Resampling.LANCZOS), box[:2])


def _write_title(draw: "ImageDraw", title: str) -> int:
    """Answers where it ends, in pixels from above."""
    title = _written(title, _typeface(TITLE_SIZES[0]))
    size = next((size for size in TITLE_SIZES if _has_room(title, _typeface(size))), TITLE_SIZES[-1])
    top, face = EDGE, _typeface(size)
    for line in list(_lines(title, face))[:MOST_LINES]:
        draw.text((TEXT_LEFT, top), _fitted(line, face), INK, face, anchor="la")
        top += int(size * 1.1)
    return top


def _has_room(title: str, face: "FreeTypeFont") -> bool:
    lines = list(_lines(title, face))
    return len(lines) <= MOST_LINES and all(face.getlength(line) <= TEXT_WIDTH for line in lines)


def _write_price(draw: "ImageDraw", price: str, top: int) -> None:
    """Whole or not at all: half a price is a wrong one."""
    price = price.replace("\u00a0", " ")
    faces = [_typeface(size) for size in PRICE_SIZES]
    face = next((face for face in faces if face.getlength(price) <= TEXT_WIDTH - 64), None)
    if face is None or not _written(price, face):
        return
    tag = (TEXT_LEFT, top, TEXT_LEFT + int(face.getlength(price)) + 56, top + 120)
    draw.rounded_rectangle((tag[0] + 8, tag[1] + 8, tag[2] + 8, tag[3] + 8), 24, INK)
    draw.rounded_rectangle(tag, 24, SUN, INK, 5)
    draw.text((tag[0] + 28, (tag[1] + tag[3]) // 2), price, INK, face, anchor="lm")


def _write_when(draw: "ImageDraw", words: CardWords) -> None:
    large, small = _typeface(56), _typeface(36)
    when = _written(f"when {words.sender} shared it", small) if words.sender else ""
    draw.text((TEXT_LEFT, HEIGHT - EDGE - 58), f"{words.left} left", INK, large, anchor="ls")
    fitted = _fitted(when or "when it was shared", small)
    draw.text((TEXT_LEFT, HEIGHT - EDGE - 10), fitted, MUTE, small, anchor="ls")


def _lines(text: str, face: "FreeTypeFont") -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and face.getlength(longer) > TEXT_WIDTH:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _fitted(text: str, face: "FreeTypeFont") -> str:
    """As much of a line as there is room for."""
    if face.getlength(text) <= TEXT_WIDTH:
        return text
    while text and face.getlength(f"{text}…") > TEXT_WIDTH:
        text = text[:-1]
    return f"{text.rstrip()}…" if _written("…", face) else text


def _written(text: str, face: "FreeTypeFont") -> str:
    """The text, or nothing where the typeface has not all of its letters."""
    missing = bytes(face.getmask("\uffff"))
    has_all = all(bytes(face.getmask(letter)) != missing for letter in set(text) if not letter.isspace())
    return text if has_all else ""


@lru_cache(maxsize=16)
def _typeface(size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    try:
        return ImageFont.truetype(TYPEFACE, size)
    except OSError:
        face = ImageFont.load_default(size)
        assert isinstance(face, ImageFont.FreeTypeFont)
        return face
