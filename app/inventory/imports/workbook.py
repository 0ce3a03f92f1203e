"""Workbooks of a spreadsheet, as records of texts.

An XLSX is a ZIP of XML. What it says of its own size is not believed: every part is inflated once, counted and thrown
away, before a reader that has no limits of its own gets it.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from app.inventory.imports.findings import NotATableError
from app.inventory.imports.sheet import MAX_COLUMNS, MAX_ROWS, Record

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MAX_INFLATED = 100 * 1024 * 1024  # bytes, of all parts together
MAX_PARTS = 1_000
CHUNK = 256 * 1024
CELL = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,10})["']""")
SLACK = 1_000  # empty rows between others
TOO_LARGE = f"unpacks to more than {MAX_INFLATED // 1024 // 1024} MiB; save its table as CSV"


def is_zip(body: bytes) -> bool:
    """Whether it begins as a ZIP does."""
    return body.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_old_workbook(body: bytes) -> bool:
    """Whether it begins as the workbooks before 2007 do."""
    return body.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def read_sheets(body: bytes) -> Iterator[list[Record]]:
    """The rows of each sheet that is shown and has anything in it. Raises NotATableError."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # most files are none

    if is_zip(body):
        _check_parts(body)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
        shown = [
            about.name for about in workbook.sheets_metadata if about.visible == SheetVisibleEnum.Visible
        ]
        for name in shown:
            records = list(_records(workbook, name))
            if records:
                yield records
    except NotATableError:
        raise
    except BaseException as error:  # the reader panics over some broken files, and a panic is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        raise NotATableError(
            "is a workbook that cannot be read; save it anew, or its table as CSV"
        ) from error


def _records(workbook: "CalamineWorkbook", name: str) -> Iterator[Record]:
    sheet = workbook.get_sheet_by_name(name)
    _check_size(sheet.total_height, sheet.total_width)
    for line, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield Record(line, texts)


def _text(cell: object) -> str:
    """A cell as somebody would have written it into a CSV."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            return ""
        return format(Decimal(repr(round(cell, 9))).normalize(), "f")
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


def _check_size(rows: int, columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise NotATableError(f"has more than {MAX_COLUMNS} columns")
    if rows > MAX_ROWS + SLACK:
        raise NotATableError(f"has more than {MAX_ROWS} rows; split it")


def _check_parts(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            listed = parts.infolist()
            names = {part.filename for part in listed}
            if (
                "xl/workbook.xml" not in names
                and "content.xml" not in names
                and "xl/workbook.bin" not in names
            ):
                raise NotATableError("is a ZIP and not a workbook; unpack it and take the file inside")
            if len(listed) > MAX_PARTS or sum(part.file_size for part in listed) > MAX_INFLATED:
                raise NotATableError(TOO_LARGE)
            left = MAX_INFLATED
            for part in listed:
                left -= _inflate(parts, part, left)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as error:
        raise NotATableError(
            "is a workbook that cannot be read; save it anew, or its table as CSV"
        ) from error


def _inflate(parts: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """How many bytes a part really has; the cells of a sheet must be near together, since a reader makes room for all
    between them."""
    if part.filename == "content.xml" and part.file_size > MAX_INFLATED // 10:
        raise NotATableError(TOO_LARGE)
    size = 0
    tail = b""
    is_sheet = part.filename.startswith("xl/worksheets/")
    with parts.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > left:
                raise NotATableError(TOO_LARGE)
            if is_sheet:
                _check_cells(tail + chunk)
                tail = chunk[-32:]
    return size


def _check_cells(xml: bytes) -> None:
    for letters, row in CELL.findall(xml):
        if len(letters) > 2 and letters > b"ALL":
            _check_size(0, MAX_COLUMNS + 1)
        if len(row) > 4 and int(row) > MAX_ROWS + SLACK:
            _check_size(MAX_ROWS + SLACK + 1, 0)
