"""Amounts and numbers: what is certain is read, what is not is said to be in doubt."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.inventory.imports.amounts import Mark, UnreadableError, decimal_mark, read_amount, read_count

CENTS = some.integers(0, 99_999_999)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("49.99", 4999),
        ("49,99", 4999),
        ("$49.99", 4999),
        ("49.99 USD", 4999),
        ("USD 49.99", 4999),
        ("49.99usd", 4999),
        ("US$ 49.99", 4999),
        ("1,299.00", 129900),
        ("1.299,00", 129900),
        ("1 299,00", 129900),
        ("1\u202f299,00\u00a0$", 129900),
        ("1'299.00", 129900),
        ("1’299.50", 129950),
        ("1,234,567", 123456700),
        ("1.234.567", 123456700),
        ("12,34,567.00", 123456700),
        ("0.5", 50),
        ("50", 5000),
        ("50.", 5000),
        ("0", 0),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, cents: int) -> None:
    assert read_amount(text, "USD") == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "free",
        "-5",
        "(5.00)",
        "+5",
        "1e3",
        "12.999",
        "0.999",
        "1,2,3",
        "1,23.00",
        "1.2.3",
        "5 5",
        "٣",
        "5%",
        "1..2",
    ],
)
def test_what_is_no_amount_is_told_with_what_would_be_right(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"not an amount in USD, such as 49\.99|can be read"):
        read_amount(text, "USD")


@pytest.mark.parametrize("text", ["1,299", "1.299", "12.500"])
def test_three_digits_behind_one_mark_are_in_doubt_unless_the_file_says_more(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"can be read as 1\d+ and as 1\d*\.\d+; write"):
        read_amount(text, "USD")
    other: Mark = "," if "." in text else "."
    assert read_amount(text, "USD", other) == int(text.replace(",", "").replace(".", "")) * 100


def test_three_decimals_are_too_many_where_the_file_says_that_they_are_decimals() -> None:
    with pytest.raises(UnreadableError, match="has 2 decimals"):
        read_amount("1.299", "USD", ".")
    assert read_amount("1.299", "KWD", ".") == 1299


def test_yen_have_no_decimals() -> None:
    assert read_amount("1,500", "JPY") == 1500
    assert read_amount("¥1500", "JPY") == 1500
    with pytest.raises(UnreadableError, match="not an amount in JPY, such as 50"):
        read_amount("15.00", "JPY")


@pytest.mark.parametrize("text", ["49.99 EUR", "€49.99", "£5", "5 zł"])
def test_another_currency_is_not_taken_for_the_shops(text: str) -> None:
    with pytest.raises(UnreadableError, match="in another currency"):
        read_amount(text, "USD")


@given(CENTS, some.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("", "."), ("", ",")]))
def test_every_amount_with_its_cents_is_read_back(cents: int, marks: tuple[str, str]) -> None:
    thousands, decimals = marks
    text = (
        f"{Decimal(cents).scaleb(-2):,.2f}".replace(",", "T").replace(".", decimals).replace("T", thousands)
    )
    assert read_amount(text, "USD") == cents


@given(some.text(max_size=12))
def test_any_text_is_an_amount_or_refused_in_words(text: str) -> None:
    try:
        assert 0 <= read_amount(text, "USD") < 10**12
    except UnreadableError as error:
        said = str(error)
    else:
        said = "it is one"
    assert said


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.50"], "."),
        (["1,50"], ","),
        (["1.299,5"], ","),
        (["1,299"], None),
        (["1,50", "1.50"], None),
        (["1,299", "3.5"], "."),
        (["12", ""], None),
    ],
)
def test_a_file_shows_its_decimal_mark(texts: list[str], mark: str | None) -> None:
    assert decimal_mark(texts) == mark


@pytest.mark.parametrize(
    ("text", "number"), [("40", 40), ("0", 0), ("12.0000", 12), ("12,0", 12), ("1 200", 1200)]
)
def test_a_whole_number_is_read(text: str, number: int) -> None:
    assert read_count(text) == number


@pytest.mark.parametrize("text", ["1.5", "a few", "-3", "", "1,000", "٣", "1e3", "9" * 30])
def test_what_is_no_whole_number_is_told(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_count(text)
