"""Who brought whom, in counts that tell of nobody."""

from hypothesis import given
from hypothesis import strategies as st

from app.inventory.help.graph import FEWEST, Graph, HelperCounts, draw_graph
from app.sharing.desk import Brought

BEA, CY, DAN = 1, 2, 3


def by(helper: int, buyers: range, units: int = 1) -> list[Brought]:
    return [Brought(helper, buyer, units) for buyer in buyers]


orders = st.lists(
    st.builds(Brought, st.integers(1, 9), st.integers(1, 40), st.integers(1, 3)).filter(
        lambda one: one.helper_id != one.buyer_id
    ),
    max_size=120,
)


def test_nobody_brought_anybody() -> None:
    assert draw_graph([], most=10) == Graph(0, 0)


def test_of_fewer_than_five_people_nothing_is_told_but_helpers_and_units() -> None:
    assert draw_graph(by(BEA, range(10, 14), 2), most=10) == Graph(helpers=1, units=8)


def test_a_helper_who_brought_five_is_named_and_those_who_brought_few_are_one_group() -> None:
    few = by(CY, range(20, 23)) + by(DAN, range(30, 33), 2)
    graph = draw_graph(by(BEA, range(10, 15), 3) + few, most=10)
    assert graph.named == (HelperCounts(BEA, 5, 15, None),)
    assert (graph.helpers, graph.buyers, graph.units) == (3, 11, 24)
    assert (graph.others, graph.other_buyers, graph.other_units) == (2, 6, 9)


def test_what_is_left_over_is_never_so_small_that_taking_away_would_tell() -> None:
    graph = draw_graph(by(BEA, range(10, 20)) + by(CY, range(20, 26)) + by(DAN, range(30, 32)), most=10)
    assert [one.helper_id for one in graph.named] == [BEA], "Cy stands with Dan, who brought two"
    assert (graph.others, graph.other_buyers) == (2, 8)


def test_somebody_who_bought_twice_is_one_buyer() -> None:
    graph = draw_graph(by(BEA, range(10, 15)) * 2, most=10)
    assert (graph.buyers, graph.units, graph.hands) == (5, 10, (5,))


def test_whom_somebody_brought_who_was_brought_came_second_hand() -> None:
    first = by(BEA, range(10, 20))
    second = by(10, range(20, 26))
    graph = draw_graph(first + second, most=10)
    assert (graph.hands, graph.is_open) == ((10, 6), False)
    graph = draw_graph([*first, *second, *by(20, range(30, 33))], most=10)
    assert (graph.hands, graph.is_open) == ((10, 9), True), "three came third hand"


def test_who_helped_before_they_were_brought_does_not_make_their_buyers_second_hand() -> None:
    graph = draw_graph([*by(CY, range(10, 16)), Brought(BEA, CY, 1), *by(CY, range(20, 26))], most=10)
    assert graph.hands == (13,)


def test_how_many_helped_on_is_told_where_they_are_enough_and_not_by_what_is_left() -> None:
    first = by(BEA, range(10, 20)) + by(CY, range(50, 56))
    beas = [Brought(helper, 100 + helper, 1) for helper in range(10, 15)]
    cys = [Brought(50, 200, 1)]
    graph = draw_graph(first + beas, most=10)
    assert (graph.named[0].helped_on, graph.helped_on) == (5, 5)
    graph = draw_graph(first + beas + cys, most=10)
    assert (graph.named[0].helped_on, graph.helped_on) == (5, None), "else 6 less 5 would tell of one"


def test_no_more_are_named_than_are_asked_for() -> None:
    graph = draw_graph(by(BEA, range(10, 20)) + by(CY, range(20, 28)) + by(DAN, range(30, 36)), most=2)
    assert [one.helper_id for one in graph.named] == [BEA, CY]
    assert (graph.others, graph.other_buyers) == (1, 6)


@given(orders)
def test_no_count_of_people_is_small_and_nothing_is_lost(brought: list[Brought]) -> None:
    graph = draw_graph(brought, most=5)
    assert graph.units == sum(one.units for one in brought)
    assert graph.helpers == len({one.helper_id for one in brought})
    if graph.buyers is None:
        assert graph == Graph(graph.helpers, graph.units)
        return
    counts = [graph.buyers, graph.other_buyers, *graph.hands]
    for one in graph.named:
        counts += [one.buyers, one.helped_on or 0]
    assert all(count == 0 or count >= FEWEST for count in counts)
    assert sum(graph.hands) == graph.buyers
    assert len(graph.named) + graph.others == graph.helpers
    assert sum(one.units for one in graph.named) + graph.other_units == graph.units
    if graph.helped_on is not None:
        left = graph.helped_on - sum(one.helped_on or 0 for one in graph.named)
        assert left <= 0 or left >= FEWEST
