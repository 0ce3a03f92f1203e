"""The simple CSV: what is good is read, and all that is wrong is found at once."""

import pytest

from app.inventory.imports import Parsed, Wrong, parse_simple_csv
from app.inventory.imports.simple_csv import COLUMNS, FIELD_LIMIT

HEADER = "title,price,quantity\n"


def parse(text: str, currency: str = "USD") -> Parsed:
    return parse_simple_csv(text.encode(), currency)


def wrong(text: str, currency: str = "USD") -> list[tuple[int, str]]:
    return [(problem.line, problem.field) for problem in parse(text, currency).wrong]


def test_a_full_row_becomes_a_deal_with_its_photo() -> None:
    parsed = parse(
        f"{','.join(COLUMNS)}\n"
        'Loaf,Fresh,"Once, a *story*","1,299.99",$1500,60,3,loaf.jpg,A loaf\n'
        "Crumb,,,0.5,,1,,,\n"
    )
    assert (parsed.rows, parsed.wrong) == (2, [])
    loaf, crumb = parsed.good
    assert (loaf.line, loaf.photo, loaf.alt) == (2, "loaf.jpg", "A loaf")
    assert (loaf.deal.title, loaf.deal.tagline, loaf.deal.story) == ("Loaf", "Fresh", "Once, a *story*")
    assert (loaf.deal.price, loaf.deal.list_price, loaf.deal.quantity, loaf.deal.limit) == (
        129999,
        150000,
        60,
        3,
    )
    assert (crumb.photo, crumb.alt) == ("", "Crumb")
    assert (crumb.deal.price, crumb.deal.list_price, crumb.deal.limit) == (50, None, 3)


def test_a_byte_order_mark_crlf_and_unordered_upper_case_columns_are_read() -> None:
    parsed = parse_simple_csv(b"\xef\xbb\xbfQuantity, TITLE ,Price\r\n5,Loaf,1.00\r\n\r\n6,Crumb,2.00", "USD")
    assert parsed.wrong == []
    assert [(row.line, row.deal.title, row.deal.quantity) for row in parsed.good] == [
        (2, "Loaf", 5),
        (4, "Crumb", 6),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_number_is_where_the_row_begins_even_behind_quoted_newlines(end: str) -> None:
    text = end.join(
        ["title,story,price,quantity", 'A,"one', "", 'two",1,1', 'B,"x', 'y",oops,1', "C,,1,none"]
    )
    assert wrong(text) == [(5, "price"), (7, "quantity")]
    assert [row.line for row in parse(text).good] == [2]


def test_a_missing_an_unknown_and_a_double_column_are_all_named() -> None:
    found = parse("title,prise,title,\nLoaf,1,2,3\n")
    assert [(problem.line, problem.field) for problem in found.wrong] == [
        (1, "price"),
        (1, "quantity"),
        (1, "prise"),
        (1, "(empty)"),
        (1, "title"),
    ]
    assert (found.rows, found.good) == (0, [])
    assert "there are title, tagline" in found.wrong[2].message


def test_everything_that_is_wrong_in_a_row_is_found_at_once_and_good_rows_stay_good() -> None:
    text = (
        "title,price,list_price,quantity,limit\n"
        ",free,12.999,0,-1\n"
        "Loaf,1.00,,1,\n"
        f"{'x' * 121},-5,,1000001,101\n"
        'two\tlines,"12,99",,1.5,٣\n'
        "Short,1.00\n"
    )
    assert sorted(wrong(text)) == [
        (2, "limit"),
        (2, "list_price"),
        (2, "price"),
        (2, "quantity"),
        (2, "title"),
        (4, "limit"),
        (4, "price"),
        (4, "quantity"),
        (4, "title"),
        (5, "limit"),
        (5, "price"),
        (5, "quantity"),
        (5, "title"),
        (6, "row"),
    ]
    parsed = parse(text)
    assert parsed.rows == 5
    assert [row.deal.title for row in parsed.good] == ["Loaf"]
    assert Wrong(6, "row", "has 2 fields, but the first line names 5") in parsed.wrong


def test_amounts_are_read_in_the_shops_currency() -> None:
    assert parse(f"{HEADER}Loaf,1500,1\n", "JPY").good[0].deal.price == 1500
    (problem,) = parse(f"{HEADER}Loaf,15.00,1\n", "JPY").wrong
    assert problem == Wrong(2, "price", "not an amount in JPY, such as 50")


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(A1)", "@SUM(A1)", "+1-800", "-2"])
def test_what_looks_like_a_formula_stays_text(text: str) -> None:
    assert parse(f"{HEADER}{text},1.00,1\n").good[0].deal.title == text


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        (b"", 1, "is empty; it should begin with title,"),
        (b"\xef\xbb\xbf", 1, "is empty"),
        (b"\n\r\n", 1, "is empty"),
        (b"title,price,quantity\nLo\0af,1,1\n", 2, "NUL"),
        (b"title,price,quantity\nA,1,1\nCaf\xe9,1,1\n", 3, "not UTF-8"),
        ("title,price,quantity".encode("utf-16"), 1, "not UTF-8"),
        (b"PK\x03\x04\xff\xfe", 1, "not UTF-8"),
    ],
)
def test_what_is_no_csv_is_refused_in_plain_words(body: bytes, line: int, words: str) -> None:
    parsed = parse_simple_csv(body, "USD")
    (problem,) = parsed.wrong
    assert (problem.line, problem.field) == (line, "file")
    assert words in problem.message
    assert parsed.good == []


@pytest.mark.parametrize("broken", ['"Loaf"x,1,1', '"Loaf,1,1'])
def test_broken_quotes_end_the_reading_where_they_begin(broken: str) -> None:
    parsed = parse(f"{HEADER}Good,1,1\n{broken}\nC,1,1\n")
    assert [row.line for row in parsed.good] == [2]
    (problem,) = parsed.wrong
    assert (problem.line, problem.field) == (3, "row")
    assert "a quote inside a field is written twice" in problem.message


def test_broken_quotes_in_the_first_line_are_found_too() -> None:
    assert wrong('"title"x,price,quantity\n') == [(1, "row")]


def test_a_huge_field_is_refused_for_its_length() -> None:
    parsed = parse(f"{HEADER}{'x' * (FIELD_LIMIT + 1)},1,1\n")
    (problem,) = parsed.wrong
    assert (problem.line, problem.field) == (2, "row")
    assert str(FIELD_LIMIT) in problem.message
    assert wrong(f"title,price,quantity,story\nLoaf,1,1,{'x' * 20_001}\n") == [(2, "story")]


def test_ten_thousand_rows_are_read_and_every_tenth_that_is_wrong_is_found() -> None:
    rows = [f"Loaf {n},{'oops' if n % 10 == 0 else '1.00'},1" for n in range(10_000)]
    parsed = parse(HEADER + "\n".join(rows))
    assert (parsed.rows, len(parsed.good), len(parsed.wrong)) == (10_000, 9_000, 1_000)
    assert [problem.line for problem in parsed.wrong] == list(range(2, 10_002, 10))
