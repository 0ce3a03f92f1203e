"""A table as every kind of file gives it: records of texts, with the lines on which they begin."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from app.inventory.imports.findings import NotATableError

MAX_ROWS = 20_000
MAX_COLUMNS = 1_000
MAX_LINES = 500_000  # of the file; a row of the shop's own story may have many
MAX_FIELD = 100_000  # characters
MAX_MARKS = 100_000  # delimiters on one line of the file; far beyond what MAX_COLUMNS and a long story need
DELIMITERS = (",", ";", "\t", "|")


class Record(Struct, frozen=True):
    """One record: its cells, and the line of the file on which it begins. `broken` says why it could not be read."""

    line: int
    cells: list[str]
    broken: str = ""


Open = Callable[[], Iterator[str]]  # the file's lines from the beginning, their ends kept


def open_text(body: bytes, codec: str, start: int) -> Open:
    """Read `body` line by line, as often as asked, decoding as it goes."""

    def lines() -> Iterator[str]:
        return iter(io.TextIOWrapper(io.BytesIO(memoryview(body)[start:]), codec, newline=""))

    return lines


def told_delimiter(lines: Iterable[str]) -> str | None:
    """Excel's first line `sep=;`, where there is one."""
    first = next(iter(lines), "")
    found = re.fullmatch(r'"?sep=(.)"?[\r\n]*', first, re.IGNORECASE)
    return found[1] if found else None


def read_records(lines: Open, delimiter: str) -> Iterator[Record]:
    """Each record that is not empty. Tabs stand without quotes in many feeds; those are then taken as they are."""
    if delimiter == "\t":
        looked_at = islice(_read(lines(), delimiter, csv.QUOTE_MINIMAL), MAX_ROWS)
        if any(record.broken for record in looked_at):
            return _read(lines(), delimiter, csv.QUOTE_NONE)
    return _read(lines(), delimiter, csv.QUOTE_MINIMAL)


def _read(lines: Iterator[str], delimiter: str, quoting: int) -> Iterator[Record]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(
        _narrow(lines, delimiter),
        delimiter=delimiter,
        strict=True,
        quoting=quoting,  # type: ignore[arg-type]
    )
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Record(line, [], _words(error))
            if "expected after" not in str(error):
                return  # where a quote is never closed, nobody can say what the lines behind it are
            continue
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise NotATableError(f"has more than {MAX_COLUMNS} columns", line)
        if any(cells):
            yield Record(line, cells)


def _narrow(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    """Refuse a line of a million columns before a list of a million cells is made of it."""
    for number, line in enumerate(lines, start=1):
        if line.count(delimiter) > MAX_MARKS:
            raise NotATableError(f"has more than {MAX_COLUMNS} columns", number)
        if number > MAX_LINES:
            raise NotATableError(f"has more than {MAX_LINES} lines; split it", number)
        yield line


def _words(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"a field is longer than {MAX_FIELD} characters, or a quote is never closed; the reading ends here"
    if "expected after" in str(error):
        return "the quoting is broken; a cell with a quote in it stands in quotes, and a quote inside is written twice"
    return "a quote is opened and never closed; the reading ends here"


def key(header: str) -> str:
    """A header as formats compare it: "List_Price " is "list price"."""
    return " ".join(re.sub(r"[^\w]+|_+", " ", header.casefold()).split())


def keys(cells: Sequence[str]) -> list[str]:
    """The headers of a record, as formats compare them."""
    return [key(cell.removeprefix("\ufeff")) for cell in cells]
