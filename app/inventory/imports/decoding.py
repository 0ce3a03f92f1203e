"""Which letters a file's bytes are, without ever holding the whole text.

A byte order mark decides, then UTF-8, then what a western spreadsheet would have written, then charset-normalizer where
it is sure. What stays in doubt is refused: a wrong guess would put wrong letters on the shop's page.
"""

import codecs
import re

from app.inventory.imports.findings import NotATableError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WESTERN = ("cp1252", "mac_roman", "latin_1")
OTHERS = ["cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1250", "cp1251", "cp1253", "cp1254", "koi8_r"]
LETTERS = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÝŸ")
SIGNS = frozenset("–—‘’‚“”„…€£¥°®™©«»‹›·•¡¿½¼¾×ªº§¶²³±\u00a0")
CHUNK = 65_536
NUL = "contains a NUL character, so it is not a text file; save it as CSV UTF-8"
SAMPLE = 65_536  # bytes of lines that are not ASCII


def find_encoding(body: bytes) -> tuple[str, int]:
    """The codec to read `body` by, and how many bytes of a mark to leave out. Raises NotATableError where the bytes are
    no text, or it cannot be told which."""
    for mark, codec in MARKS:
        if body.startswith(mark):
            _check(body, codec, len(mark))
            return codec, len(mark)
    wide = _wide(body)
    if wide is None and b"\0" in body:
        raise _nul(body, body.index(b"\0"))
    codec = wide or _narrow(body)
    _check(body, codec, 0)
    return codec, 0


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: half of the bytes of western text are zero, always the same half."""
    start = body[:4096]
    if len(start) < 4 or len(body) % 2:
        return None
    even, odd = start[0::2].count(0) / len(start[0::2]), start[1::2].count(0) / len(start[1::2])
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _narrow(body: bytes) -> str:
    if _is_valid(body, "utf-8"):
        return "utf-8"
    found = re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", body)
    sample = b""
    for line in found:
        sample += line[0][:1000] + b"\n"
        if len(sample) > SAMPLE:
            break
    rated = [(_western(sample, codec), codec) for codec in WESTERN if _is_valid(body, codec)]
    best, western = max(rated, key=lambda pair: pair[0])
    if best > 0.8:
        return western
    from charset_normalizer import from_bytes  # seldom needed, and slow to load

    guess = from_bytes(sample, cp_isolation=OTHERS).best()
    if guess is not None and guess.chaos < 0.1 and _is_valid(body, guess.encoding) and _says_enough(sample):
        return guess.encoding
    raise NotATableError(
        "is written in an encoding that cannot be told; save it as CSV UTF-8", _bad_line(body)
    )


def _says_enough(sample: bytes) -> bool:
    """Few bytes prove little: a guess counts where there is something to guess by."""
    return sum(byte > 127 for byte in sample) >= 6


def _western(sample: bytes, codec: str) -> float:
    """How much the letters beyond ASCII look like western ones, from 0 to 1."""
    text = sample.decode(codec, "replace")
    score = count = 0.0
    for before, character in zip("\n" + text, text, strict=False):
        if character.isascii():
            continue
        count += 1
        if character in SIGNS:
            score += 1
        elif character in LETTERS:
            runs_on = (
                before in LETTERS
            )  # two in a row are rare here, and the rule in Cyrillic read as western
            shouts = character.isupper() and before.islower()
            score += 0.2 if shouts or runs_on else 1
    return score / max(count, 1)


def _is_valid(body: bytes, codec: str) -> bool:
    try:
        _check(body, codec, 0)
    except NotATableError:
        return False
    return True


def _check(body: bytes, codec: str, start: int) -> None:
    """Decode piece by piece and keep nothing. Raises NotATableError at the first line that is no text."""
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    for at in range(start, max(len(body), start + 1), CHUNK):
        piece = body[at : at + CHUNK]
        try:
            text = decoder.decode(piece, final=at + CHUNK >= len(body))
        except UnicodeDecodeError as error:
            line += piece[: error.start].count(b"\n")
            raise NotATableError(
                f"is not {codec} text as it says it is; save it as CSV UTF-8", line
            ) from None
        if "\0" in text:
            raise NotATableError(NUL, line + text[: text.index("\0")].count("\n"))
        line += text.count("\n")


def _nul(body: bytes, at: int) -> NotATableError:
    line = body[:at].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    return NotATableError(NUL, line)


def _bad_line(body: bytes) -> int:
    found = re.search(rb"[\x80-\xff]", body)
    return body[: found.start() if found else 0].count(b"\n") + 1
