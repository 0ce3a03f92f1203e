"""Choosing among records."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.inventory.records.record import Record, Sought, choose_records, page_of_records
from tests.factories.records import EVENING, a_record

CHICAGO = ZoneInfo("America/Chicago")


def chosen(records: list[Record], **sought: Any) -> list[int]:
    return [record.turn for record in choose_records(records, Sought(**sought), CHICAGO, "USD")]


@pytest.fixture
def three() -> list[Record]:
    """An evening's Woot-Off deal, a daily one the day after, and one of yen."""
    return [
        a_record(turn=1, title="Ångström Loaf", price=1000, sold_out_after=5),
        a_record(
            turn=2,
            title="Spoon",
            mode="daily",
            category="",
            price=2000,
            sold_out_after=None,
            opened_at=EVENING + timedelta(days=1),
        ),
        a_record(
            turn=3, title="loaf, small", currency="JPY", price=1500, sold_out_after=1, category="garden"
        ),
    ]


WANTED: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [3, 2, 1]),
    ({"text": "LOAF"}, [3, 1]),
    ({"text": "ångström"}, [1]),
    ({"mode": "daily"}, [2]),
    ({"category": "Garden"}, [3]),
    ({"sold_out": True}, [3, 1]),
    ({"sold_out": False}, [2]),
    ({"since": date(2026, 11, 20)}, [2]),
    ({"until": date(2026, 11, 19)}, [3, 1]),
    ({"price_from": 1000, "price_to": 1999}, [1]),
    ({"price_from": 1001}, [2]),
    ({"price_to": 0}, []),
    ({"mode": "woot-off", "text": "loaf", "category": "kitchen"}, [1]),
]


@pytest.mark.parametrize(("sought", "turns"), WANTED)
def test_records_are_chosen_by_what_is_sought(
    three: list[Record], sought: dict[str, Any], turns: list[int]
) -> None:
    assert chosen(three, **sought) == turns


def test_a_day_is_the_shops_also_where_clocks_change() -> None:
    before_midnight = a_record(
        turn=1, opened_at=datetime(2026, 11, 2, 5, 59, tzinfo=UTC)
    )  # the day of 25 hours
    after = a_record(turn=2, opened_at=datetime(2026, 11, 2, 6, 0, tzinfo=UTC))
    assert chosen([before_midnight, after], since=date(2026, 11, 1), until=date(2026, 11, 1)) == [1]


SORTED: list[tuple[str, list[int]]] = [
    ("latest", [3, 2, 1]),
    ("earliest", [1, 2, 3]),
    ("title", [3, 2, 1]),
    ("price", [2, 3, 1]),
    ("sell-out", [3, 1, 2]),
    ("sell-through", [3, 1, 2]),
    ("units", [3, 1, 2]),
    ("pace", [3, 2, 1]),
]


@pytest.mark.parametrize(("sort", "turns"), SORTED)
def test_records_are_sorted_and_of_two_alike_the_later_comes_first(
    three: list[Record], sort: str, turns: list[int]
) -> None:
    assert chosen(three, sort=sort) == turns


def test_pages_follow_one_another_without_a_gap() -> None:
    records = [a_record() for _ in range(5)]
    seen: list[int] = []
    after = None
    while True:
        page, after = page_of_records(records, after, 2)
        seen += [record.deal_id for record in page]
        if after is None:
            break
    assert seen == [record.deal_id for record in records]
    assert page_of_records(records, 999_999, 2) == ([], None)
    assert page_of_records(records, records[-1].deal_id, 2) == ([], None)
    assert page_of_records([], None, 2) == ([], None)
