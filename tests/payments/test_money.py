"""Money: whole minor units and a currency."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments import Money, NotAnAmount, minor_digits, parse_money
from app.payments.money import example


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("49.99", "USD", 4999),
        (" $49.99 ", "USD", 4999),
        ("$ 5", "USD", 500),
        ("50", "USD", 5000),
        ("50.", "USD", 5000),
        ("50.5", "USD", 5050),
        ("0", "USD", 0),
        ("007", "USD", 700),
        ("1,299.99", "USD", 129999),
        ("1,234,567", "USD", 123456700),
        ("999999999.99", "USD", 99999999999),
        ("500", "JPY", 500),
        ("1,500", "JPY", 1500),
        ("4.999", "KWD", 4999),
        ("4.9", "KWD", 4900),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, currency: str, amount: int) -> None:
    assert parse_money(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        *((text, "USD") for text in ("", " ", "$", ".", ".99", "-1", "+1", "1e3", "NaN", "Infinity")),
        *((text, "USD") for text in ("1.999", "1.2.3", "1 000", "€5", "5 USD", "$$5", "0x10", "1_000")),
        *((text, "USD") for text in ("12,99", "1,2,3", ",100", "100,", "1,0000", "1234,567", "1.000,00")),
        *((text, "USD") for text in ("٤٩", "４９", "1234567890", "4\n9", "=1+1")),
        ("5.0", "JPY"),
        ("5.", "JPY"),
        ("1.2345", "KWD"),
    ],
)
def test_nonsense_is_no_amount_and_the_words_say_what_would_be(text: str, currency: str) -> None:
    with pytest.raises(NotAnAmount, match=f"not an amount in {currency}, such as {example(currency)}"):
        parse_money(text, currency)


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_the_example_in_the_words_is_an_amount(currency: str) -> None:
    assert parse_money(example(currency), currency).amount > 0


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(4999, "USD"), "$49.99"),
        (Money(5, "USD"), "$0.05"),
        (Money(0, "USD"), "$0.00"),
        (Money(123456789, "USD"), "$1,234,567.89"),
        (Money(-500, "USD"), "-$5.00"),
        (Money(1500, "JPY"), "¥1,500"),
        (Money(4999, "KWD"), "KWD4.999"),
        (Money(4999, "EUR"), "€49.99"),
    ],
)
def test_money_is_shown_with_the_decimals_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text
    assert money.document() == {"amount": money.amount, "currency": money.currency, "text": text}


@given(st.integers(0, 10**11 - 1))
def test_what_is_shown_reads_back_as_the_same_amount(cents: int) -> None:
    assert parse_money(str(Money(cents, "USD")), "USD") == Money(cents, "USD")


@given(st.integers(0, 10**9 - 1), st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLP", "TND"]))
def test_every_amount_of_every_currency_survives_being_written_out(minor: int, currency: str) -> None:
    plain = f"{Decimal(minor).scaleb(-minor_digits(currency)):f}"
    assert parse_money(plain, currency) == Money(minor, currency)


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_not_and_never_anything_worse(text: str) -> None:
    with suppress(NotAnAmount):
        assert parse_money(text, "USD").amount >= 0
