"""What a merchandiser asked of the records' page."""

from datetime import date

from app.admin.record_filter import read_asked
from app.inventory.desk import SoughtRecords


def test_empty_fields_ask_for_nothing() -> None:
    asked = read_asked({"text": " ", "since": "", "mode": "", "sold_out": "", "deal": "1"}, "USD")
    assert (asked.sought, asked.wrong, asked.narrows, asked.query, asked.export) == (
        SoughtRecords(),
        (),
        False,
        "",
        "",
    )


def test_a_form_is_read_with_prices_as_people_write_them() -> None:
    form = {
        "text": "loaf & co",
        "since": "2026-11-01",
        "price_from": "$9.99",
        "price_to": "50",
        "sold_out": "false",
    }
    asked = read_asked(form | {"sort": "revenue"}, "USD")
    assert asked.sought == SoughtRecords(
        text="loaf & co",
        since=date(2026, 11, 1),
        price_from=999,
        price_to=5000,
        sold_out=False,
        sort="revenue",
    )
    assert asked.narrows
    assert asked.query.startswith("text=loaf+%26+co&since=2026-11-01&price_from=%249.99&price_to=50&")
    assert asked.export == (
        "since=2026-11-01&price_from=999&price_to=5000&sold_out=false&text=loaf+%26+co&sort=revenue"
    )


def test_a_price_of_nought_stays_a_number_in_the_export() -> None:
    assert read_asked({"price_from": "0", "price_to": "0.01"}, "USD").export == "price_from=0&price_to=1"


def test_sorting_alone_narrows_nothing() -> None:
    assert not read_asked({"sort": "title"}, "USD").narrows


def test_what_is_wrong_is_said_in_words_and_nothing_is_sought() -> None:
    form = {"since": "soon", "price_from": "free", "mode": "weekly", "text": "loaf"}
    asked = read_asked(form, "USD")
    assert asked.sought == SoughtRecords()
    assert asked.wrong == (
        "Price from: not an amount in USD, such as 49.99",
        "From: not a day, such as 2026-11-27",
        "Mode: Input should be 'daily' or 'woot-off'",
    )
    assert asked.given["since"] == "soon", "to be mended"
    assert read_asked({"since": "2026-11-02", "until": "2026-11-01"}, "USD").wrong == (
        "Until must not be before since",
    )
