"""Our CSV exports: no cell is a formula, and nothing is lost."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.platform.csv_export import RISKY, csv_lines, plain_cell, safe_cell

TEXT = some.text(some.characters(exclude_characters="\0", codec="utf-8"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])
def test_what_would_begin_a_formula_gets_a_mark(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", [-5, 0, 3.5, Decimal("-1.20")])
def test_numbers_stay_numbers(value: object) -> None:
    assert safe_cell(value) is value


def test_nothing_is_empty_and_truth_is_a_word() -> None:
    assert (safe_cell(None), safe_cell(True), safe_cell("")) == ("", "True", "")


@given(TEXT)
def test_no_text_ever_begins_a_formula_and_our_own_files_can_be_read_again(text: str) -> None:
    cell = str(safe_cell(text))
    assert not cell.lstrip().startswith(RISKY)
    if not text.startswith("'"):
        assert plain_cell(cell) == text


@given(some.lists(some.lists(TEXT, min_size=2, max_size=2)))
def test_every_row_comes_back_as_it_was_written(rows: list[list[str]]) -> None:
    text = "".join(csv_lines(["title", "=note"], rows))
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))
    assert read[0] == ["title", "'=note"]
    assert read[1:] == [[str(safe_cell(cell)) for cell in row] for row in rows]
