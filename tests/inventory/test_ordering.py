"""Where a moved deal comes to stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inventory.ordering import NowhereError, Target, changed_span, moved, the_one_that_moved

ABCD = [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("deal_id", "to", "expected"),
    [
        (3, Target(step="top"), [3, 1, 2, 4]),
        (3, Target(step="up"), [1, 3, 2, 4]),
        (3, Target(step="down"), [1, 2, 4, 3]),
        (3, Target(step="bottom"), [1, 2, 4, 3]),
        (1, Target(step="up"), ABCD),
        (4, Target(step="down"), ABCD),
        (1, Target(place=3), [2, 3, 1, 4]),
        (1, Target(place=999), [2, 3, 4, 1]),
        (4, Target(ahead_of=2), [1, 4, 2, 3]),
        (1, Target(behind=3), [2, 3, 1, 4]),
        (2, Target(behind=1), ABCD),
    ],
)
def test_a_deal_is_moved_and_the_others_keep_their_order(
    deal_id: int, to: Target, expected: list[int]
) -> None:
    assert moved(ABCD, deal_id, to) == expected


def test_beside_a_deal_that_does_not_wait_there_is_no_place() -> None:
    for to in (Target(behind=9), Target(ahead_of=9), Target(behind=2), Target()):
        with pytest.raises(NowhereError):
            moved(ABCD, 2, to)


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_only_the_span_differs_and_one_mover_is_told_from_many(before: list[int], after: list[int]) -> None:
    span = changed_span(before, after)
    assert before[: span.start] + after[span] + before[span.stop :] == after
    one = the_one_that_moved(before, after)
    alike_without = [
        deal_id
        for deal_id in before
        if [x for x in before if x != deal_id] == [x for x in after if x != deal_id]
    ]
    assert (one in alike_without) if one is not None else (before == after or alike_without == [])
