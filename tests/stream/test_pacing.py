"""When a `stock` may go out."""

from hypothesis import given
from hypothesis import strategies as st

from app.stream.pacing import StockPace


def test_the_first_goes_at_once_and_the_next_a_quarter_of_a_second_later() -> None:
    pace = StockPace()
    assert pace.next_at(10.0, urgent=False) == 10.0
    pace.sent(10.0)
    assert pace.next_at(10.1, urgent=False) == 10.25
    assert pace.next_at(11.0, urgent=False) == 11.0


def test_an_empty_shelf_does_not_wait_its_turn() -> None:
    pace = StockPace()
    pace.sent(10.0)
    assert pace.next_at(10.01, urgent=True) == 10.01


@given(st.lists(st.tuples(st.floats(0, 0.5), st.booleans()), min_size=20, max_size=60))
def test_there_are_never_more_than_five_within_a_second(arrivals: list[tuple[float, bool]]) -> None:
    pace, now, sent = StockPace(), 100.0, [float(0)]
    for wait, urgent in arrivals:
        now = max(now + wait, pace.next_at(now + wait, urgent=urgent))
        pace.sent(now)
        sent.append(now)
    assert all(later - earlier > 1 for earlier, later in zip(sent, sent[5:], strict=False))
