"""Files made to hurt are refused in words, in little memory, in a process that is not the shop's."""

# ruff: noqa: E501 - a table's rows are easier to read whole
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from app.inventory.imports import aside as room
from app.inventory.imports import parse_aside
from app.inventory.imports.aside import ROOT, START
from app.inventory.imports.passing import pack, pack_asked, unpack, unpack_asked
from tests.factories.imports import asked, parse, titles

MEBIBYTE = 1024 * 1024
# Not what getrusage says, which begins with the memory of whoever started the process.
PEAK = r"""
import re
print("PEAK" + re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
"""
ROOMY = 420 * MEBIBYTE  # what the process with nothing to do takes, and a few times the largest file


def workbook(rows: list[list[object]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("Empty")
        sheet = book.add_worksheet("Deals")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def bomb() -> bytes:
    return zipped({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b"0" * (200 * MEBIBYTE)})


def lying_bomb() -> bytes:
    """Says in its directory that it is small."""
    body = bytearray(bomb())
    size = (200 * MEBIBYTE).to_bytes(4, "little")
    while (at := body.find(size)) >= 0:
        body[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(body)


def far_cell(quote: bytes = b'"') -> bytes:
    whole = workbook([["title", "price", "quantity"], ["Loaf", 1, 5]])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet2.xml"
    parts[sheet] = (
        parts[sheet].replace(b'r="A2"', b'r="XFD1048576"').replace(b'row r="2"', b'row r="1048576"')
    ).replace(b'"', quote)
    return zipped(parts)


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><rss><item><id>&b;</id></item></rss>'
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd"><rss><item><id>1</id></item></rss>'
)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a million columns": (lambda: b"title," * 1_000_000 + b"\n1", "more than 1000 columns"),
    "two thousand columns": (
        lambda: b"title,price,quantity" + b",x" * 2_000 + b"\n",
        "more than 1000 columns",
    ),
    "nothing but commas": (lambda: b"," * (20 * MEBIBYTE), "columns"),
    "nothing but quotes": (lambda: b'"' * (20 * MEBIBYTE), "longer than"),
    "quotes and lines": (lambda: b'"\n' * (10 * MEBIBYTE), "not known"),
    "nothing but line ends": (
        lambda: b"\n" * (20 * MEBIBYTE - 20) + b"title,price",
        "more than 500000 lines",
    ),
    "one long word": (lambda: b"x" * (20 * MEBIBYTE), "longer than"),
    "too many rows": (lambda: b"title,price,quantity\n" + b"L,1,1\n" * 20_001, "more than 20000 rows"),
    "too many bytes": (lambda: b"x" * (20 * MEBIBYTE + 1), "larger than 20 MiB"),
    "a zip bomb": (bomb, "unpacks to more than"),
    "a zip bomb that lies": (lying_bomb, "cannot be read"),
    "a cell at the far end": (far_cell, "more than 1000 columns"),
    "a cell at the far end, written otherwise": (lambda: far_cell(b"'"), "more than 1000 columns"),
    "a billion laughs": (lambda: LAUGHS, "document type"),
    "a document type elsewhere": (lambda: OUTSIDE, "document type"),
    "deep xml": (lambda: b"<rss>" + b"<a>" * 3_000_000, "nested too deep"),
    "xml that ends too early": (lambda: b"<rss><item>", "broken XML"),
}


def read_in_child(body: bytes) -> tuple[str, int]:
    """The only problem's words, and how much memory the child took at most, in bytes."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", START + PEAK, str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(pack_asked(asked()) + body)
    child.stdin.close()
    answer = child.stdout.read()
    child.stdout.close()
    assert child.wait() == 0
    answer, _, peak = answer.rpartition(b"PEAK")
    return " ".join(problem.message for problem in unpack(answer).wrong), int(peak) * 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_hurt_is_refused_and_memory_stays_flat(name: str) -> None:
    make, words = HOSTILE[name]
    said, memory = read_in_child(make())
    assert words in said
    assert memory < ROOMY, f"{memory // MEBIBYTE} MiB"


async def test_a_file_is_read_aside_as_it_would_be_here() -> None:
    body = b"title,price,quantity\nLoaf,1,5\nCrumb,x,5\n"
    assert await parse_aside(body, asked()) == parse(body)


async def test_what_dies_of_its_limits_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "START", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    (problem,) = (await parse_aside(b"x" * MEBIBYTE, asked())).wrong
    assert "too much memory or time" in problem.message


async def test_when_many_wait_the_next_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "WAITING", 0)
    with pytest.raises(room.BusyError):
        await parse_aside(b"", asked())


def test_what_was_found_and_what_was_asked_survive_being_packed() -> None:
    question = asked(quantity=3, mended={2: {"price": "1"}})
    assert unpack_asked(pack_asked(question)) == question
    parsed = parse(
        "title,price,quantity,story\nLoaf,x,,a\nCrumb,1,,\u2028\n", quantity=3, mended={2: {"price": "1"}}
    )
    assert unpack(pack(parsed)) == parsed


def test_a_workbook_is_read_from_its_first_sheet_with_anything_in_it() -> None:
    parsed = parse(
        workbook(
            [
                ["Title", "Price", "Quantity", "Not before"],
                ["Loaf", 12.5, 5, "2026-11-27"],
                [],
                ["", "x", 1.5],
            ]
        )
    )
    assert (parsed.format, titles(parsed)) == ("simple-xlsx", ["Loaf"])
    assert (parsed.good[0].line, parsed.good[0].deal.price, parsed.good[0].deal.quantity) == (2, 1250, 5)
    assert {problem.line for problem in parsed.wrong} == {4}


def test_a_workbook_may_begin_with_a_sheet_of_notes_or_a_hidden_one() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        notes, hidden, deals = (book.add_worksheet(name) for name in ("Notes", "Old", "Deals"))
        notes.write(0, 0, "Read me first")
        for sheet, title in ((hidden, "Crust"), (deals, "Loaf")):
            sheet.write_row(0, 0, ["title", "price", "quantity"])
            sheet.write_row(1, 0, [title, 1, 5])
        hidden.hide()
    assert titles(parse(buffer.getvalue())) == ["Loaf"]
    (problem,) = parse(workbook([["Read me first"]])).wrong
    assert "Read me first" in problem.message
    (problem,) = parse(workbook([])).wrong
    assert "nothing in it" in problem.message


def test_a_workbooks_number_has_a_decimal_point_wherever_it_was_written() -> None:
    parsed = parse(workbook([["Title", "Price", "Quantity"], ["Loaf", 1299, 5], ["Crumb", 1.299, 5]]))
    assert [row.deal.price for row in parsed.good] == [129900]
    assert "USD has 2 decimals" in parsed.wrong[0].message


def test_the_child_allows_itself_little() -> None:
    script = START.replace("main()", "import app.inventory.imports.child as c; print(c.MEMORY)")
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, str(ROOT)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= 1024 * MEBIBYTE
