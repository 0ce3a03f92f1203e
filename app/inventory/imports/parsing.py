"""A file of any kind that we know, from bytes to deals, with everything that is wrong said at once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from app.inventory.imports.decoding import find_encoding
from app.inventory.imports.feed_xml import is_xml, read_feed
from app.inventory.imports.findings import COLUMNS, WHAT_IS_WRONG, Asked, NotATableError, Parsed, Wrong
from app.inventory.imports.format import Format, Row, called_by
from app.inventory.imports.google_merchant import GOOGLE
from app.inventory.imports.rows import read_drafts
from app.inventory.imports.sheet import (
    DELIMITERS,
    MAX_COLUMNS,
    MAX_ROWS,
    Open,
    Record,
    keys,
    open_text,
    read_records,
    told_delimiter,
)
from app.inventory.imports.shopify import SHOPIFY
from app.inventory.imports.simple_csv import SIMPLE
from app.inventory.imports.square import SQUARE
from app.inventory.imports.woocommerce import WOOCOMMERCE
from app.inventory.imports.workbook import is_old_workbook, is_zip, read_sheets

FORMATS = (WOOCOMMERCE, SHOPIFY, SQUARE, GOOGLE, SIMPLE)  # ours last, since its names are everybody's
MAX_FILE_BYTES = 20 * 1024 * 1024
BEFORE_HEADER = 10  # records; some exports begin with a title of their own
MOST_SHOWN = 20  # headers
NO_TABLES = (
    (b"\xff\xd8\xff", "is a JPEG picture"),
    (b"\x89PNG", "is a PNG picture"),
    (b"GIF8", "is a GIF picture"),
    (b"%PDF", "is a PDF"),
    (b"\x1f\x8b", "is packed with gzip"),
    (b"Rar!", "is packed with RAR"),
    (b"7z\xbc\xaf", "is packed with 7-Zip"),
)
RIGHT = "save the table as CSV UTF-8 or XLSX"


class _Table(Struct, frozen=True):
    """A header that was recognised, and the records behind it."""

    format: Format
    headers: list[str]
    line: int
    records: Iterator[Record]


def parse_file(body: bytes, asked: Asked) -> Parsed:
    """Read a whole file: which kind it is shows by itself. Nothing is raised for what the file holds."""
    try:
        return _parse(body, asked)
    except NotATableError as error:
        return Parsed("unknown", 0, [], [Wrong(error.line, error.field, str(error))], [])


def _parse(body: bytes, asked: Asked) -> Parsed:
    if len(body) > MAX_FILE_BYTES:
        raise NotATableError(f"is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB; split it")
    if is_zip(body) or is_old_workbook(body):
        return _from_table(_find_sheet(body), asked, in_workbook=True)
    if is_xml(body) and not _is_page(body):
        rows = read_feed(body, GOOGLE.column)
        if not rows:
            raise NotATableError("is XML without an <item> or <entry>, so it is no product feed")
        return _from_rows(GOOGLE, rows, [], asked, called={})
    _refuse_what_is_no_table(body)
    codec, start = find_encoding(body)
    return _from_table(_find_table(_readings(open_text(body, codec, start))), asked, in_workbook=False)


def _is_page(body: bytes) -> bool:
    return re.search(rb"<html[\s>]|<!doctype html", body[:1000], re.IGNORECASE) is not None


def _refuse_what_is_no_table(body: bytes) -> None:
    for mark, words in NO_TABLES:
        if body.startswith(mark):
            raise NotATableError(f"{words}, not a table; {RIGHT}")
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _is_page(body) or start.startswith(b"<"):
        raise NotATableError(f"is a web page, not a table; {RIGHT}")
    if re.match(rb'[{\[]\s*["{\[}\]]', start):
        raise NotATableError(f"is JSON, not a table; {RIGHT}")
    if not body.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise NotATableError(f"is empty; it should begin with {','.join(COLUMNS[:7])}")


def _readings(lines: Open) -> list[Iterator[Record]]:
    """The file by each delimiter, or by the one that it names itself."""
    if (told := told_delimiter(lines())) is not None:
        return [_behind_the_first(read_records(lines, told))]
    return [read_records(lines, delimiter) for delimiter in DELIMITERS]


def _behind_the_first(records: Iterator[Record]) -> Iterator[Record]:
    return (record for record in records if record.line > 1)


def _find_sheet(body: bytes) -> _Table:
    """The first sheet whose header is recognised; a page of notes may stand before it. Where none is, what is said is
    of the first."""
    refused: NotATableError | None = None
    for records in read_sheets(body):
        try:
            return _find_table([iter(records)])
        except NotATableError as error:
            refused = refused or error
    raise refused or NotATableError("is a workbook with nothing in it")


def _find_table(readings: Sequence[Iterator[Record]]) -> _Table:
    """The reading whose header is recognised; of several, the one with the most columns in use."""
    found: list[tuple[int, _Table]] = []
    seen: list[Record] = []
    for records in readings:
        start = list(islice(records, BEFORE_HEADER))
        seen.append(max(start, key=lambda record: len(record.cells), default=Record(1, [])))
        for place, record in enumerate(start):
            if (form := _recognised(record)) is not None:
                behind = _chained(start[place + 1 :], records)
                used = sum(form.column(key) is not None for key in keys(record.cells))
                found.append((used, _Table(form, record.cells, record.line, behind)))
                break
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    raise _unknown(seen)


def _chained(start: Sequence[Record], rest: Iterator[Record]) -> Iterator[Record]:
    yield from start
    yield from rest


def _recognised(record: Record) -> Format | None:
    names = keys(record.cells)
    return next((form for form in FORMATS if form.recognises(names)), None)


def _unknown(seen: Sequence[Record]) -> NotATableError:
    record = max(seen, key=lambda record: len(record.cells), default=Record(1, []))
    if record.broken:
        return NotATableError(record.broken, record.line, "row")
    shown = ", ".join(cell.strip()[:40] or "(empty)" for cell in record.cells[:MOST_SHOWN])
    more = " ..." if len(record.cells) > MOST_SHOWN else ""
    known = "; ".join(form.words for form in reversed(FORMATS))
    return NotATableError(
        f"begins with columns that are not known: {shown or '(none)'}{more}. What is known: {known}",
        record.line,
    )


def _from_table(table: _Table, asked: Asked, *, in_workbook: bool) -> Parsed:
    headers = table.headers
    while headers and not headers[-1].strip():
        headers = headers[:-1]
    if len(headers) > MAX_COLUMNS:
        raise NotATableError(f"has more than {MAX_COLUMNS} columns", table.line)
    names = keys(headers)
    form = replace(table.format, mark=".") if in_workbook else table.format
    wrong = _wrong_headers(form, headers, names, table.line)
    if any(problem.message.endswith("twice") for problem in wrong):
        return Parsed(form.name, 0, [], wrong, [])
    rows, broken, count = _rows(form, names, table.records, is_ragged=in_workbook)
    if not count:
        wrong.append(Wrong(table.line, "file", "has a first line and no rows behind it"))
    parsed = _from_rows(form, rows, wrong + broken, asked, called=_called(form, headers, names))
    name = "simple-xlsx" if in_workbook and form.name == SIMPLE.name else form.name
    return replace(parsed, rows=count, format=name)


def _called(form: Format, headers: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    there = called_by(headers, names, names)
    return {field: name for field, name in form.called.items() if keys([name])[0] in there}


def _wrong_headers(form: Format, headers: Sequence[str], names: Sequence[str], line: int) -> list[Wrong]:
    used = [form.column(name) for name in names]
    wrong = []
    if form.shows_unknown:
        wrong += [
            Wrong(line, field, "this column is missing from the first line")
            for field in ("price",)
            if field not in used
        ]
        wrong += [
            Wrong(
                line,
                header.strip()[:80] or "(empty)",
                f"no such column, so it is left out; there are {', '.join(COLUMNS)}",
            )
            for header, column in zip(headers, used, strict=True)
            if column is None
        ]
    once = {
        column: name
        for name, column in zip(reversed(names), reversed(used), strict=True)
        if column is not None
    }
    twice = sorted(
        {name for name in names if names.count(name) > 1 and name in once.values()}
        if len(set(names)) < len(names)
        else ()
    )
    if form.shows_unknown:
        wrong += [Wrong(line, name, "this column is there twice") for name in twice]
    return wrong


def _rows(
    form: Format, names: Sequence[str], records: Iterable[Record], *, is_ragged: bool
) -> tuple[list[Row], list[Wrong], int]:
    """The rows by the format's names, what is wrong with their shape, and how many there were."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if (column := form.column(name)) is not None:
            places.setdefault(column, []).append(place)
    rows: list[Row] = []
    wrong: list[Wrong] = []
    count = 0
    for record in records:
        count += 1
        if count > MAX_ROWS:
            raise NotATableError(f"has more than {MAX_ROWS} rows; split it", record.line)
        if said := _misshapen(record, len(names), is_ragged=is_ragged):
            wrong.append(Wrong(record.line, "row", said))
            continue
        rows.append(Row(record.line, _texts(record.cells, places)))
    return rows, wrong, count


def _misshapen(record: Record, width: int, *, is_ragged: bool) -> str:
    if record.broken:
        return record.broken
    if any(cell.strip() for cell in record.cells[width:]) or (len(record.cells) < width and not is_ragged):
        return (
            f"has {len(record.cells)} fields, but the first line names {width}; are all its quotes in place?"
        )
    return ""


def _texts(cells: Sequence[str], places: dict[str, list[int]]) -> dict[str, str]:
    """By name, the first cell with something in it among the columns of that name."""
    return {
        name: next((text for place in at if place < len(cells) and (text := cells[place].strip())), "")
        for name, at in places.items()
    }


def _from_rows(
    form: Format, rows: Sequence[Row], wrong: list[Wrong], asked: Asked, *, called: dict[str, str]
) -> Parsed:
    drafts = [replace(draft, called=called) for draft in form.drafts(rows, asked)]
    found = read_drafts(drafts, asked, form.mark, is_ours=form is SIMPLE or form.name == SIMPLE.name)
    everything = sorted([*wrong, *found.wrong], key=lambda problem: problem.line)
    return Parsed(form.name, len(rows), sorted(found.good, key=lambda row: row.line), everything, found.bad)


__all__ = ["MAX_FILE_BYTES", "WHAT_IS_WRONG", "parse_file"]
