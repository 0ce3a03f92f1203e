"""A file of order numbers and tracking numbers, as a carrier's program or a spreadsheet writes it."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from app.inventory.imports.decoding import find_encoding
from app.inventory.imports.findings import NotATableError, Wrong
from app.inventory.imports.sheet import (
    DELIMITERS,
    Open,
    Record,
    keys,
    open_text,
    read_records,
    told_delimiter,
)
from app.inventory.orders.parcels import NotAParcel, Parcel, read_parcel
from app.platform.csv_export import plain_cell

MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5_000
COLUMNS = {
    "order id": "order_id",
    "number": "number",
    "order": "number",
    "order no": "number",
    "order number": "number",
    "tracking": "tracking",
    "tracking number": "tracking",
    "tracking no": "tracking",
    "tracking code": "tracking",
    "carrier": "carrier",
    "shipping carrier": "carrier",
}
NAMES_AN_ORDER = ("order_id", "number")
NUMBER = re.compile(r"#?\s*(\d{1,18})\s*[-–]\s*(\d{1,9})", re.ASCII)
DATE = re.compile(r"\d{1,4}[-./ ][A-Za-z\d]{2,4}([-./ ]\d{2,4})?|[A-Za-z]{3,4}[-./ ]\d{1,4}")
RIGHT = "an order number, such as 37-3"


class Line(Struct, frozen=True):
    """A line that can be acted on. It names its order by `order_id`, else by `number` (37-3)."""

    line: int
    order_id: str
    number: str
    parcel: Parcel

    @property
    def named(self) -> str:
        """What it calls its order."""
        return self.number or self.order_id


class TrackingFile(Struct, frozen=True):
    """What was found. `left` counts the lines that say nothing of a parcel: those orders are not shipped yet."""

    rows: int = 0
    left: int = 0
    lines: list[Line] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


def read_tracking_file(body: bytes, carrier: str = "") -> TrackingFile:
    """Read a whole file. `carrier` is that of lines which name none. Nothing is raised for what the file holds."""
    try:
        return _read(body, carrier)
    except NotATableError as error:
        return TrackingFile(wrong=[Wrong(error.line, error.field, f"The file {error}.")])


def _read(body: bytes, carrier: str) -> TrackingFile:
    if body.startswith(b"PK\x03\x04"):
        raise NotATableError("is a workbook; save its sheet as CSV UTF-8")
    if not body.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise NotATableError("is empty; its first line should be number,carrier,tracking")
    codec, start = find_encoding(body)
    names, records = _table(open_text(body, codec, start))
    found = TrackingFile()
    rows = left = 0
    seen: dict[str, int] = {}
    for record in records:
        rows += 1
        if rows > MAX_ROWS:
            raise NotATableError(f"has more than {MAX_ROWS:,} rows; split it", record.line)
        try:
            line = _line(names, record, carrier)
        except NotAParcel as error:
            found.wrong.append(Wrong(record.line, error.field, str(error)))
            continue
        if line is None:
            left += 1
        elif (before := seen.setdefault(line.order_id or line.number, line.line)) != line.line:
            found.wrong.append(Wrong(line.line, "number", f"{line.named} stands on line {before} already"))
        else:
            found.lines.append(line)
    if not rows:
        found.wrong.append(Wrong(1, "file", "The file has a first line and no rows behind it."))
    return TrackingFile(rows, left, found.lines, found.wrong)


def _table(lines: Open) -> tuple[list[str | None], Iterator[Record]]:
    """The columns by our names and the records behind them, by whichever delimiter makes a header of the first line."""
    told = told_delimiter(lines())
    best: tuple[list[str | None], Iterator[Record]] | None = None
    for delimiter in DELIMITERS if told is None else (told,):
        records = read_records(lines, delimiter)
        header = next((record for record in records if told is None or record.line > 1), Record(1, []))
        names = [COLUMNS.get(key) for key in keys(header.cells)]
        if any(name in names for name in NAMES_AN_ORDER) and "tracking" in names:
            _refuse_twice(names, header.line)
            if best is None or len(names) > len(best[0]):
                best = names, records
    if best is None:
        raise NotATableError("has no columns number and tracking in its first line")
    return best


def _refuse_twice(names: Sequence[str | None], line: int) -> None:
    for name in filter(None, names):
        if names.count(name) > 1:
            raise NotATableError(f"has two columns for {name}", line)


def _line(names: Sequence[str | None], record: Record, carrier: str) -> Line | None:
    """The record as a line; None where it says nothing of a parcel. Raises NotAParcel."""
    if record.broken or (len(record.cells) > len(names) and any(record.cells[len(names) :])):
        raise NotAParcel(
            "row", record.broken or f"has {len(record.cells)} fields, the first line {len(names)}"
        )
    cells = {
        name: plain_cell(text.strip())
        for name, text in zip(names, record.cells, strict=False)
        if name is not None
    }
    if not cells.get("tracking") and not cells.get("carrier"):
        return None
    order_id, number = cells.get("order_id", ""), cells.get("number", "")
    if not order_id:
        number = read_number(number)
    return Line(
        record.line, order_id, number, read_parcel(cells.get("carrier") or carrier, cells.get("tracking", ""))
    )


def read_number(text: str) -> str:
    """An order number as we write it. Raises NotAParcel with what would be right."""
    plain = text.strip()
    if (found := NUMBER.fullmatch(plain)) is not None:
        return f"{int(found[1])}-{int(found[2])}"
    if DATE.fullmatch(plain):
        words = "a spreadsheet has made a date of this order number; keep the column order_id in the file"
        raise NotAParcel("number", f"{words}, or write {RIGHT}")
    raise NotAParcel("number", f"not {RIGHT}" if plain else f"no order is named; write {RIGHT}")
