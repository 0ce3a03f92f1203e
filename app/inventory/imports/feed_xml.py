"""A product feed in XML (RSS or Atom): each item a row, read as it streams by.

No document type is allowed, so there are no entities to blow up and none to fetch.
"""

from collections.abc import Callable
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from app.inventory.imports.findings import NotATableError
from app.inventory.imports.format import Row
from app.inventory.imports.sheet import MAX_FIELD, MAX_ROWS, key

MAX_DEPTH = 32
CHUNK = 65_536
ITEMS = {"item", "entry", "product"}


def is_xml(body: bytes) -> bool:
    """Whether it begins as XML does, in one of the usual encodings."""
    start = body[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith((b"<?xml", b"<rss", b"<feed", b"<!DOCTYPE", b"<channel", b"<products"))


def read_feed(body: bytes, column: Callable[[str], str | None]) -> list[Row]:
    """Every item as a row, its elements by the names that `column` gives them. Raises NotATableError."""
    parser = DefusedExpatParser(forbid_dtd=True)
    rows = _Rows(column, parser)
    parser.setContentHandler(rows)
    try:
        for at in range(0, len(body), CHUNK):
            parser.feed(body[at : at + CHUNK])
        parser.close()
    except DefusedXmlException as error:
        raise NotATableError(
            "is XML with a document type of its own, which is not read; leave <!DOCTYPE ...> out"
        ) from error
    except SAXParseException as error:
        message = f"is broken XML: {error.getMessage()}"
        raise NotATableError(message, error.getLineNumber() or 1) from error
    except (SAXException, ValueError, LookupError) as error:
        raise NotATableError("is XML that cannot be read; save it as UTF-8") from error
    return rows.rows


class _Rows(ContentHandler):
    """Collects the items; an element inside an element of an item (shipping, tax) is left out."""

    def __init__(self, column: Callable[[str], str | None], locator: Locator) -> None:
        super().__init__()
        self.locator = locator
        self.column = column
        self.rows: list[Row] = []
        self.path: list[str] = []
        self.at: int | None = None  # how deep the item is that we are in
        self.row = Row(0, {})
        self.text: list[str] = []
        self.length = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802, ARG002 - as SAX has it
        """An element begins."""
        self.path.append(name.rpartition(":")[2].lower())
        if len(self.path) > MAX_DEPTH:
            raise NotATableError("is XML that is nested too deep to be a feed", self._line())
        if self.at is None and self.path[-1] in ITEMS:
            self.at = len(self.path)
            self.row = Row(self._line(), {})
            if len(self.rows) >= MAX_ROWS:
                raise NotATableError(f"has more than {MAX_ROWS} rows; split it", self._line())
        self.text, self.length = [], 0

    def characters(self, content: str) -> None:
        """Text, in pieces."""
        if self.at is None or len(self.path) != self.at + 1:
            return
        self.length += len(content)
        if self.length > MAX_FIELD:
            raise NotATableError(f"a field is longer than {MAX_FIELD} characters", self._line())
        self.text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002
        """An element ends."""
        tag = self.path.pop()
        if self.at is None:
            return
        if len(self.path) == self.at:
            column = self.column(key(tag))
            if column is not None:
                self.row.texts.setdefault(column, "".join(self.text).strip())
        elif len(self.path) < self.at:
            self.rows.append(self.row)
            self.at = None

    def _line(self) -> int:
        return self.locator.getLineNumber() or 1
