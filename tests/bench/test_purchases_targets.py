"""From figures to targets: ratios of one run, and nothing about what was not measured."""

import pytest

from bench.books import Books
from bench.load import Gap, Report
from bench.measuring import Measured
from bench.outage import Outage
from bench.purchases import Run
from bench.purchases_targets import noise, targets
from bench.table import table


def run(answers: int, p99_ms: float = 1.0, gaps: list[Gap] | None = None, **statuses: int) -> Run:
    """A run of ten seconds."""
    counted = {name.removeprefix("of_"): count for name, count in statuses.items()}
    report = Report(counted, 0, 0, answers, 10.0, 1.0, p99_ms, p99_ms, gaps or [], 1.0)
    books = Books(1_000_000, answers, answers, answers, answers, 0)
    return Run("a run", Measured(report, {}), books)


def test_each_target_is_a_ratio_of_two_runs() -> None:
    runs = {"hello": run(1000), "usual": run(100, 400), "one": run(5000, 8), "two": run(6000)}
    found = {target.name: (target.measured, target.is_met) for target in targets(runs)}
    assert found == {
        "one worker, × the usual way": (50, True),
        "p99 of the usual way, × one worker's": (50, True),
        "one worker, × FastAPI hello": (5, True),
        "two workers, × one worker": (1.2, False),
    }


def test_a_gap_is_compared_with_its_own_outage() -> None:
    killed = run(1000, gaps=[Gap(1.0, 1.5), Gap(4.9, 5.5), Gap(8.0, 8.1)], of_503=3)
    killed.outages.extend([Outage(5.0, 5.2), Outage(8.0, 8.1)])
    gap, unavailable, recount = targets({"killed": killed})
    assert gap.measured == pytest.approx(3), "0.6 seconds for an outage of 0.2"
    assert (unavailable.measured, unavailable.is_met) == (3, True)
    assert recount.measured == pytest.approx(0.04), "0.4 seconds for what took ten to sell"


def test_noise_is_known_only_where_the_same_was_measured_twice() -> None:
    assert noise({"hello": run(900)}) is None
    assert noise({"hello": run(900), "hello-last": run(1100)}) == pytest.approx(0.2)


def test_books_are_wrong_where_an_order_was_promised_that_is_not_there() -> None:
    assert Books(10, sold=3, orders=3, units=3, promised=3, unanswered=0).are_right
    assert Books(10, sold=4, orders=4, units=4, promised=3, unanswered=1).are_right
    assert not Books(10, sold=3, orders=3, units=3, promised=4, unanswered=0).are_right
    assert not Books(10, sold=4, orders=4, units=4, promised=3, unanswered=0).are_right
    assert not Books(3, sold=4, orders=4, units=4, promised=4, unanswered=0).are_right


def test_a_table_is_straight() -> None:
    lines = table(("what", "much"), [["a loaf", "1"], ["two", "1,000"]]).splitlines()
    assert lines == ["| what   |  much |", "| ------ | ----: |", "| a loaf |     1 |", "| two    | 1,000 |"]
