"""A shop's HTML as Markdown for a story: paragraphs, headings, lists, emphasis and links; everything else goes."""

import html
import re
from functools import lru_cache
from html.parser import HTMLParser

SILENT = {
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "head",
    "title",
    "textarea",
}
BREAKS = {
    "p",
    "div",
    "section",
    "article",
    "table",
    "tr",
    "blockquote",
    "figure",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "pre",
}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
WRAPS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);|<!--")
SPECIAL = re.compile(r"([\\`*_\[\]<>])")
LINE_START = re.compile(r"^(\s*)([#+\-=~]|\d{1,9}(?=[.)]))", re.MULTILINE)
MOST = 100_000  # characters
BREAK = "\x1e"  # stands for a line break until it is known whether anything follows


def is_html(text: str) -> bool:
    """Whether a text has markup in it, rather than being plain."""
    return MARKUP.search(text) is not None


@lru_cache(maxsize=256)  # the variants of a product share their text
def to_markdown(text: str) -> str:
    """A description, HTML or plain, as Markdown that shows the same words. No script, no picture, no raw HTML is left,
    and only links to http(s) and mailto."""
    text = text[:MOST]
    if not is_html(text):
        return _escaped(text.strip())
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.markdown()


def to_line(text: str) -> str:
    """A description as one line of plain text."""
    return html.unescape(" ".join(re.sub(r"<[^<>]*>", " ", text[:MOST]).split()))


def _escaped(text: str) -> str:
    text = SPECIAL.sub(r"\\\1", text)
    return LINE_START.sub(lambda m: m[1] + (m[2] + "\\" if m[2].isdigit() else "\\" + m[2]), text)


class _Reader(HTMLParser):
    """Collects Markdown; knows no style, only order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.silent: list[str] = []
        self.lists: list[int] = []  # -1 for bullets, else the next number
        self.links: list[str] = []

    def markdown(self) -> str:
        lines = [re.sub(r"[ \t]+$", "", line) for line in "".join(self.out).split("\n")]
        text = re.sub(rf"(?:{BREAK}\n\s*){{2,}}|{BREAK}\n(?=\n)", "\n\n", "\n".join(lines))
        text = re.sub(r"\n{3,}", "\n\n", text).strip(f" \n{BREAK}").replace(BREAK, "\\")
        return re.sub(r"\*\*\s*\*\*|(?<!\*)\*\s+\*(?!\*)", "", text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        if self.silent:
            return
        if tag == "br":
            self.out.append(f"{BREAK}\n")
        elif tag in HEADINGS:
            self.out.append("\n\n### ")
        elif tag in WRAPS:
            self.out.append(WRAPS[tag])
        elif tag == "li":
            self._item()
        elif tag in ("td", "th"):
            self.out.append(" ")
        elif tag in BREAKS:
            if tag in ("ul", "ol") and len(self.lists) < 6:
                self.lists.append(-1 if tag == "ul" else 1)
            self.out.append("\n" if self.lists and tag in ("ul", "ol", "p", "div") else "\n\n")
        elif tag == "a":
            self._link(dict(attrs).get("href") or "")

    def _item(self) -> None:
        depth = "   " * max(len(self.lists) - 1, 0)
        number = self.lists[-1] if self.lists else -1
        if number > 0:
            self.lists[-1] += 1
        self.out.append(f"\n{depth}{'-' if number < 0 else f'{number}.'} ")

    def _link(self, address: str) -> None:
        address = address.strip()
        is_safe = re.fullmatch(r"(https?://|mailto:)[^\s<>()\\\"]{1,2000}", address, re.IGNORECASE)
        self.links.append(address if is_safe else "")
        if is_safe:
            self.out.append("[")

    def handle_endtag(self, tag: str) -> None:
        if self.silent:
            if tag == self.silent[-1]:
                self.silent.pop()
            return
        if tag in WRAPS:
            self._close(WRAPS[tag])
        elif tag == "a" and self.links:
            if address := self.links.pop():
                self.out.append(f"]({address})")
        elif tag in HEADINGS or tag in BREAKS:
            if tag in ("ul", "ol") and self.lists:
                self.lists.pop()
            self.out.append("\n" if self.lists else "\n\n")

    def _close(self, mark: str) -> None:
        """`**bold **` is no emphasis in Markdown: a blank goes outside."""
        blank = ""
        while self.out and self.out[-1] == " ":
            blank = self.out.pop()
        self.out.append(mark + blank)

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        text = re.sub(r"\s+", " ", data.replace(BREAK, " "))
        ends_blank = text.endswith(" ") and text != " "
        begins_line = not self.out or self.out[-1].endswith("\n")
        if begins_line:
            text = text.lstrip()
        escaped = _escaped(text) if begins_line else SPECIAL.sub(r"\\\1", text)
        if ends_blank:
            self.out += [escaped[:-1], " "] if escaped.endswith(" ") else [escaped]
        elif escaped:
            self.out.append(escaped)
