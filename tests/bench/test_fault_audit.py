"""The audit of a fault run: it has to notice what it is there for."""

import pytest

from bench.fault_audit import Written, compare
from bench.fault_buyers import Promise

ORDER = {"id": "abc", "unit_price": {"amount": 4999}, "total": {"amount": 9998}, "place": 3}
PROMISE = Promise(7, "37/0/1", 2, ORDER)
ROW = ("abc", 7, "37/0/1", 2, 4999, 9998, 3)


def test_a_promise_that_stands_word_for_word_is_right() -> None:
    assert compare({"37/0/1": ROW}, [PROMISE]) == []


@pytest.mark.parametrize(
    ("written", "promises", "said"),
    [
        ({}, [PROMISE], "order abc was promised and is not in the books"),
        ({"37/0/1": ROW}, [], "order abc is in the books, and nobody was told"),
        ({"37/0/1": (*ROW[:4], 3999, *ROW[5:])}, [PROMISE], "3999"),
        ({"37/0/1": ("abc", 8, *ROW[2:])}, [PROMISE], "('abc', 8,"),
        ({"37/0/1": (*ROW[:6], 4)}, [PROMISE], "was promised"),
    ],
)
def test_whatever_differs_is_named(written: Written, promises: list[Promise], said: str) -> None:
    (wrong,) = compare(written, promises)
    assert said in wrong
