"""CSV for spreadsheets: what we write is read as values, never as a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the machine's own encoding
RISKY = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # the wide ones count too, in Japanese Excel
MARK = "'"


def safe_cell(value: object) -> str | int | float | Decimal:
    """`value` as a cell that no spreadsheet computes. Numbers stay numbers; None is empty; text gets a `'` in front
    where it would begin a formula, also behind blanks."""
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    text = str(value)
    return MARK + text if text.startswith(RISKY) or text.lstrip().startswith(RISKY) else text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given, for reading our own files again."""
    inner = text.removeprefix(MARK)
    return inner if inner != text and safe_cell(inner) == text else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A whole CSV file, a line at a time: a byte order mark, the header, the rows; every cell made safe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([safe_cell(name) for name in header])
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe_cell(value) for value in row])
        yield buffer.getvalue()
