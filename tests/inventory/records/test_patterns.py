"""What sells fast, as a rule over records."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.inventory.records.patterns import BY_THE_HOUR, TOO_FEW, Group, find_patterns
from app.inventory.records.record import Record
from tests.factories.records import EVENING, a_record

CHICAGO = ZoneInfo("America/Chicago")
WAYS = ["price", "hour", "weekday", "category", "condition", "discount", "quantity"]


def groups(by: str, *records: Record, currency: str = "USD") -> list[Group]:
    found = {pattern.by: pattern for pattern in find_patterns(records, CHICAGO, currency)}
    assert list(found) == WAYS
    return list(found[by].groups)


def names(by: str, *records: Record, currency: str = "USD") -> list[str]:
    return [group.name for group in groups(by, *records, currency=currency)]


def test_without_a_past_deal_there_is_no_group() -> None:
    assert [groups(by) for by in WAYS] == [[]] * len(WAYS)


def test_one_deal_is_a_group_of_its_own_and_too_few_to_say() -> None:
    for by in WAYS:
        (group,) = groups(by, a_record(sold_out_after=10, first_minutes_units=50))
        assert (group.deals, group.sold_out, group.too_few) == (1, 1, True), by
        assert (group.minutes_to_sell_out, group.units_per_minute, group.sell_through) == (10, 10, 1), by


def test_from_five_deals_on_a_group_says_something() -> None:
    (few,) = groups("price", *(a_record() for _ in range(TOO_FEW - 1)))
    (enough,) = groups("price", *(a_record() for _ in range(TOO_FEW)))
    assert (few.too_few, enough.too_few) == (True, False)


def test_medians_are_of_the_middle_also_of_an_even_number() -> None:
    odd = [a_record(sold_out_after=m, first_minutes_units=u) for m, u in ((6, 10), (60, 20), (8, 500))]
    (group,) = groups("price", *odd)
    assert (group.minutes_to_sell_out, group.units_per_minute) == (8, 4)
    (group,) = groups("price", *odd, a_record(sold_out_after=10, first_minutes_units=30))
    assert (group.minutes_to_sell_out, group.units_per_minute) == (9, 5)


def test_a_deal_that_did_not_sell_out_counts_as_one_that_takes_for_ever() -> None:
    left = a_record(sold_out_after=None)
    (group,) = groups("price", a_record(sold_out_after=2), a_record(sold_out_after=30), left)
    assert (group.sold_out, group.minutes_to_sell_out) == (2, 30)
    (group,) = groups("price", a_record(sold_out_after=2), left)
    assert (group.sold_out, group.minutes_to_sell_out) == (1, None)
    (group,) = groups("price", left)
    assert (group.sold_out, group.minutes_to_sell_out) == (0, None)


def test_sell_through_is_of_all_units_together() -> None:
    large = a_record(sold_out_after=None, units=0, quantity=900)
    (group,) = groups("price", a_record(quantity=100), large)
    assert group.sell_through == pytest.approx(0.1)


def test_pace_is_of_the_time_in_which_there_was_something_to_buy_but_of_a_minute_at_least() -> None:
    assert a_record(sold_out_after=2, first_minutes_units=100).first_pace == 50
    assert a_record(sold_out_after=0.1, first_minutes_units=100).first_pace == 100
    assert a_record(sold_out_after=None, first_minutes_units=100).first_pace == 20


def test_prices_fall_into_bands_whose_edge_belongs_to_the_one_above() -> None:
    prices = (999, 1000, 2499, 2500, 24999, 25000)
    assert names("price", *(a_record(price=price) for price in prices)) == [
        "under $10",
        "$10 to under $25",
        "$25 to under $50",
        "$100 to under $250",
        "$250 and more",
    ]


def test_only_prices_in_the_shops_currency_are_compared() -> None:
    yen = a_record(price=4999, currency="JPY")
    assert names("price", yen) == []
    assert names("price", yen, a_record(), currency="JPY") == ["¥2,500 to under ¥5,000"]
    assert groups("hour", yen)[0].deals == 1


def test_hours_and_weekdays_are_the_shops() -> None:
    assert names("hour", a_record(opened_at=EVENING)) == ["18:00 to 21:00"]
    assert names("weekday", a_record(opened_at=EVENING)) == ["Thursday"]
    late = a_record(opened_at=datetime(2026, 11, 20, 5, 30, tzinfo=UTC))
    assert names("hour", a_record(opened_at=EVENING), late) == ["18:00 to 21:00", "21:00 to 00:00"]


def test_with_many_deals_each_hour_stands_alone() -> None:
    many = [a_record(opened_at=EVENING)] * BY_THE_HOUR
    assert names("hour", *many) == ["20:00 to 21:00"]
    assert names("hour", *many[1:]) == ["18:00 to 21:00"]


def test_categories_are_named_with_the_largest_first_and_those_without_last() -> None:
    kitchen, garden, none = a_record(), a_record(category="Garden"), a_record(category="")
    assert names("category", none, garden, garden, kitchen) == ["Garden", "Kitchen", "no category"]
    many = [a_record(category=f"c{number:02}") for number in range(25)]
    found = groups("category", none, *many)
    assert (len(found), found[-2].name, found[-2].deals, found[-1].name) == (
        22,
        "other categories",
        5,
        "no category",
    )


def test_discounts_are_below_the_list_price_and_some_deals_have_none() -> None:
    records = [a_record(price=price, list_price=10000) for price in (12000, 10000, 8001, 8000, 4000)]
    bands = {
        g.name: g.deals
        for g in groups("discount", *records, a_record(list_price=None), a_record(list_price=0))
    }
    assert bands == {"under 20%": 3, "20% to under 40%": 1, "60% and more": 1, "no list price": 2}


def test_quantities_fall_into_bands() -> None:
    assert names("quantity", *(a_record(quantity=quantity) for quantity in (24, 25, 1000))) == [
        "under 25",
        "25 to under 100",
        "1000 and more",
    ]
