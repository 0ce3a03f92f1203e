"""The simple CSV: title, tagline, story, price, list_price, quantity, limit, photo, photo_alt.

Only title, price and quantity must be there. Amounts are written as people write them (49.99).
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from app.inventory.deal import NewDeal
from app.payments import NotAnAmount, parse_money

REQUIRED = ("title", "price", "quantity")
COLUMNS = ("title", "tagline", "story", "price", "list_price", "quantity", "limit", "photo", "photo_alt")
FIELD_LIMIT = 100_000  # characters


@dataclass(frozen=True, slots=True)
class Good:
    """A row that can be queued. `line` is where it begins in the file; `photo` names a file, or is empty; `alt` says
    what is to be seen on it."""

    line: int
    deal: NewDeal
    photo: str
    alt: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong, and what would be right."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything that was found in a file; `rows` counts the rows behind the header."""

    rows: int
    good: list[Good]
    wrong: list[Wrong]


def parse_simple_csv(body: bytes, currency: str) -> Parsed:
    """Read a whole file and find all that is wrong with it at once."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        return Parsed(0, [], [Wrong(line, "file", "is not UTF-8 text; save it as CSV UTF-8")])
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return Parsed(0, [], [Wrong(line, "file", "contains a NUL character, so it is not a text file")])
    records = _records(text)
    header = next(records, None)
    if header is None:
        return Parsed(0, [], [Wrong(1, "file", f"is empty; it should begin with {','.join(COLUMNS)}")])
    if isinstance(header, Wrong):
        return Parsed(0, [], [header])
    names = [name.strip().lower() for name in header[1]]
    if wrong := _wrong_header(names):
        return Parsed(0, [], wrong)
    return _rows(records, names, currency)


def _records(text: str) -> Iterator[tuple[int, list[str]] | Wrong]:
    """Each record with the line that it begins on; a Wrong, and no more, where the quoting breaks."""
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:
            yield Wrong(line, "row", _broken(error))
            return
        if record is None:
            return
        if record:
            yield line, record


def _broken(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"a field is longer than {FIELD_LIMIT} characters, or a quote is never closed"
    return f"the quoting is broken ({error}); a quote inside a field is written twice"


def _wrong_header(names: list[str]) -> list[Wrong]:
    wrong = [
        Wrong(1, name, "this column is missing from the first line") for name in REQUIRED if name not in names
    ]
    wrong += [
        Wrong(1, name or "(empty)", f"no such column; there are {', '.join(COLUMNS)}")
        for name in names
        if name not in COLUMNS
    ]
    wrong += [
        Wrong(1, name, "this column is there twice")
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    return wrong


def _rows(records: Iterator[tuple[int, list[str]] | Wrong], names: list[str], currency: str) -> Parsed:
    rows, good, wrong = 0, [], []
    for record in records:
        rows += 1
        if isinstance(record, Wrong):
            wrong.append(record)
            break
        line, cells = record
        if len(cells) != len(names):
            wrong.append(
                Wrong(line, "row", f"has {len(cells)} fields, but the first line names {len(names)}")
            )
            continue
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
        found = _deal(line, row, currency)
        if isinstance(found, NewDeal):
            good.append(Good(line, found, row.get("photo", ""), row.get("photo_alt") or found.title))
        else:
            wrong += found
    if not rows:
        wrong.append(Wrong(1, "file", "has a first line and no rows behind it"))
    return Parsed(rows, good, wrong)


def _deal(line: int, row: dict[str, str], currency: str) -> NewDeal | list[Wrong]:
    values: dict[str, object] = {name: row[name] for name in ("title", "tagline", "story") if name in row}
    wrong = []
    for name in ("price", "list_price"):
        if row.get(name) or name in REQUIRED:
            try:
                values[name] = parse_money(row[name], currency).amount
            except NotAnAmount as error:
                wrong.append(Wrong(line, name, str(error)))
    for name in ("quantity", "limit"):
        if row.get(name) or name in REQUIRED:
            cell = row[name]
            if cell.isascii() and cell.isdigit() and len(cell) < 10:
                values[name] = int(cell)
            else:
                wrong.append(Wrong(line, name, "not a whole number"))
    unread = {problem.field for problem in wrong}
    try:
        deal = NewDeal.model_validate(values)
    except ValidationError as error:
        wrong += [
            Wrong(line, str(e["loc"][0]), _words(e["msg"]))
            for e in error.errors()
            if str(e["loc"][0]) not in unread
        ]
        return wrong
    return wrong or deal


def _words(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")
