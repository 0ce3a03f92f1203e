"""What a line does next, by how things stand."""

import pytest
from msgspec.structs import replace

from app.sales.line.step import (
    AT_ONCE,
    LineState,
    OfferTo,
    Step,
    TellOver,
    Wait,
    can_come,
    may_join,
    next_step,
)

SOLD_OUT = LineState(left=0, kept=0, on_sale=False, withdrawn=False, may_come_back=True, waiting=3)


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ({}, Wait()),
        ({"waiting": 0, "left": 5}, Wait()),
        ({"left": 1}, OfferTo(1)),
        ({"left": 2, "kept": 1}, OfferTo(1)),
        ({"left": 2, "kept": 2}, Wait()),
        ({"left": 9}, OfferTo(3)),
        ({"left": 999, "waiting": 999}, OfferTo(AT_ONCE)),
        ({"left": 1, "on_sale": True}, Wait()),  # the gate sells it, to whoever comes first
        ({"may_come_back": False}, TellOver()),
        ({"may_come_back": False, "waiting": 0}, Wait()),
        ({"may_come_back": False, "on_sale": True}, TellOver()),
        ({"may_come_back": False, "on_sale": True, "left": 1}, Wait()),
        ({"may_come_back": False, "left": 1, "kept": 1}, Wait()),  # whoever has the offer may let it go by
        ({"may_come_back": False, "left": 1}, OfferTo(1)),
        ({"withdrawn": True}, TellOver()),
        ({"withdrawn": True, "left": 5}, TellOver()),
    ],
)
def test_the_next_step(changed: dict[str, int], step: Step) -> None:
    assert next_step(replace(SOLD_OUT, **changed)) == step


@pytest.mark.parametrize(
    ("changed", "has_sold_out", "may"),
    [
        ({}, True, True),
        ({}, False, True),  # as with a few left for somebody who wanted more of them
        ({"on_sale": True}, True, True),
        ({"on_sale": True, "left": 1}, True, False),  # it can be bought
        ({"left": 1, "kept": 1}, True, True),
        ({"left": 1}, True, True),  # come back, and nobody is there to take it
        ({"left": 1}, False, False),  # left over when its time was up
        ({"may_come_back": False}, True, False),
        ({"withdrawn": True, "left": 1}, True, False),
    ],
)
def test_who_may_stand_in_line(changed: dict[str, int], has_sold_out: bool, may: bool) -> None:
    assert may_join(replace(SOLD_OUT, **changed), has_sold_out=has_sold_out) is may


def test_nothing_can_come_of_a_deal_that_was_withdrawn() -> None:
    assert can_come(SOLD_OUT)
    assert not can_come(replace(SOLD_OUT, withdrawn=True, left=3, kept=1))
