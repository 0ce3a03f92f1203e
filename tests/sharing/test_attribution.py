"""Who is thanked for an order."""

from datetime import UTC, datetime, timedelta

from app.sharing.attribution import COUNTS_FOR, MOST_VISITS, Visited, after_visit, counting, without

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def visit(code: str, deal: int = 37, ago: float = 0) -> Visited:
    return Visited(code, deal, NOW - timedelta(seconds=ago))


def test_the_last_visit_within_the_deal_counts_and_another_deals_does_not() -> None:
    kept: tuple[Visited, ...] = ()
    for one in (visit("ada", ago=30), visit("bob", ago=20), visit("eve", deal=38, ago=10)):
        kept = after_visit(kept, one)
    assert counting(kept, 37, NOW) == visit("bob", ago=20)
    assert counting(kept, 38, NOW) == visit("eve", deal=38, ago=10)
    assert counting(kept, 39, NOW) is None


def test_its_shopper_may_have_it_forgotten_and_other_deals_stay() -> None:
    kept = after_visit((visit("eve", deal=38),), visit("ada"))
    assert without(kept, 37) == (visit("eve", deal=38),)
    assert counting(without(kept, 37), 37, NOW) is None


def test_a_visit_counts_for_a_day_and_one_of_the_future_never() -> None:
    kept = (visit("ada"),)
    assert counting(kept, 37, NOW + COUNTS_FOR - timedelta(seconds=1)) == visit("ada")
    assert counting(kept, 37, NOW + COUNTS_FOR) is None
    assert counting(kept, 37, NOW - timedelta(seconds=1)) is None


def test_a_browser_keeps_a_few_deals_and_no_more() -> None:
    kept: tuple[Visited, ...] = ()
    for deal in range(100):
        kept = after_visit(kept, visit("ada", deal=deal))
    assert [one.deal_id for one in kept] == list(range(99, 99 - MOST_VISITS, -1))
