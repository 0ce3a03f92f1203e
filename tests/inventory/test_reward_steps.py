"""The steps of a reward, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inventory.reward_steps import read_steps, write_steps
from app.payments import parse_money

STEPS = st.lists(
    st.fixed_dictionaries({"after_minutes": st.integers(0, 44_640), "reward": st.integers(0, 20_000_000)}),
    max_size=5,
)


def dollars(text: str) -> int:
    return parse_money(text, "USD").amount


@pytest.mark.parametrize("text", ["15: 3.00; 30: 5.00", " 15:3; 30 = 5.00 ;", "15: 3.00\r\n30: 5.00\n"])
def test_steps_are_read_however_they_are_set_apart(text: str) -> None:
    assert read_steps(text, dollars) == [
        {"after_minutes": 15, "reward": 300},
        {"after_minutes": 30, "reward": 500},
    ]


@pytest.mark.parametrize("text", ["", "  ", ";"])
def test_nothing_written_is_no_step(text: str) -> None:
    assert read_steps(text, dollars) == []


@pytest.mark.parametrize(
    "text", ["15", "15:", "soon: 3.00", "-1: 3", "1.5: 3", "15: 3.00, 30: 5.00", "15: a lot"]
)
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        read_steps(text, dollars)


@given(STEPS)
def test_what_is_written_is_read_as_it_was(steps: list[dict[str, int]]) -> None:
    for currency in ("USD", "JPY", "KWD"):

        def amount(text: str, code: str = currency) -> int:
            return parse_money(text, code).amount

        assert read_steps(write_steps(steps, currency), amount) == steps
