"""What is typed into a deal's form, and what it means."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.admin.deal_form import empty_form, plain_amount, read_form, typed_form

CHICAGO = ZoneInfo("America/Chicago")
TYPED = {"title": "Loaf", "price": "1,049.99", "quantity": "1,000", "limit": "", "list_price": ""}


def test_money_numbers_and_times_are_read_as_people_write_them() -> None:
    wanted = read_form(TYPED | {"not_before": "2026-11-27T06:00"}, "USD", CHICAGO, is_new=True)
    assert wanted.errors == {}
    held = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    expected = {"title": "Loaf", "price": 104_999, "quantity": 1000, "limit": 3, "list_price": None}
    assert wanted.fields == expected | {"not_before": held}
    yen = read_form(TYPED | {"price": "4999"}, "JPY", CHICAGO, is_new=True)
    assert yen.fields["price"] == 4999
    assert (plain_amount(4999, "JPY"), plain_amount(4999, "USD"), plain_amount(4999, "KWD")) == (
        "4999",
        "49.99",
        "4.999",
    )


def test_every_wrong_field_is_told_at_once() -> None:
    typed = {"title": " ", "price": "12,99", "quantity": "many", "shipping": "999999", "limit": "0"}
    wanted = read_form(typed | {"not_before": "2026-03-08T02:30"}, "USD", CHICAGO, is_new=True)
    assert set(wanted.errors) == {"title", "price", "quantity", "limit", "shipping", "not_before"}
    assert wanted.errors["price"] == "not an amount in USD, such as 49.99"
    assert wanted.errors["quantity"] == "not a whole number, such as 60"
    assert wanted.errors["title"] == "must not be empty"
    missing = read_form({"title": "Loaf", "price": ""}, "USD", CHICAGO, is_new=True)
    assert missing.errors == {"price": "is missing", "quantity": "is missing"}


def test_a_time_that_comes_twice_asks_which() -> None:
    typed = TYPED | {"not_before": "2026-11-01T01:30"}
    asked = read_form(typed, "USD", CHICAGO, is_new=True)
    assert asked.twice
    assert typed_form(typed, empty_form("USD", CHICAGO), asked).twice
    told = read_form(typed | {"which": "second"}, "USD", CHICAGO, is_new=True)
    assert told.fields["not_before"] == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


def test_what_was_typed_stands_beside_what_is_there() -> None:
    present = typed_form({"title": "Crumb", "story": "one\ntwo", "version": "2"}, empty_form("USD", CHICAGO))
    typed = {"title": "Loaf", "story": "one\r\ntwo", "version": "1"}
    shown = typed_form(typed, empty_form("USD", CHICAGO)).differing_from(present, "Somebody was quicker.")
    assert [(one.label, one.yours, one.theirs) for one in shown.differences] == [("Title", "Loaf", "Crumb")]
    assert (shown.values["title"], shown.version, shown.problem) == ("Loaf", 2, "Somebody was quicker.")
