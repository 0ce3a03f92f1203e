"""Buckets: a burst, then a steady rate, each key for itself."""

from hypothesis import given
from hypothesis import strategies as st

from app.platform.buckets import TOLD_FROM, Buckets

NOW = 1000.0


def asked(buckets: Buckets[str], times: int, now: float, key: str = "ada") -> int:
    """So many fitted in."""
    fitted = 0
    for _ in range(times):
        if buckets.held(key, now) <= buckets.burst - 1:
            buckets.put(key, now)
            fitted += 1
    return fitted


def test_a_burst_fits_in_and_then_as_much_as_has_drained() -> None:
    buckets: Buckets[str] = Buckets(burst=10, per_second=2)
    assert asked(buckets, 50, NOW) == 10
    assert asked(buckets, 50, NOW + 3) == 6
    assert asked(buckets, 50, NOW + 1000) == 10


def test_each_key_has_its_own() -> None:
    buckets: Buckets[str] = Buckets(burst=10, per_second=2)
    asked(buckets, 50, NOW)
    assert asked(buckets, 50, NOW, "eve") == 10


def test_it_says_when_there_is_room() -> None:
    buckets: Buckets[str] = Buckets(burst=10, per_second=2)
    asked(buckets, 10, NOW)
    wait = buckets.seconds_until("ada", NOW, 9)
    assert abs(wait - 0.5) < 1e-6
    assert asked(buckets, 1, NOW + wait - 0.1) == 0
    assert asked(buckets, 1, NOW + wait + 0.001) == 1


@given(st.lists(st.floats(0, 30), max_size=60))
def test_nobody_gets_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    buckets: Buckets[str] = Buckets(burst=5, per_second=1)
    now, fitted = NOW, 0
    for pause in pauses:
        now += pause
        fitted += asked(buckets, 1, now)
    assert fitted <= 5 + (now - NOW) + 1e-6


def test_what_is_forgotten_was_empty() -> None:
    buckets: Buckets[str] = Buckets(burst=10, per_second=2)
    now = NOW
    for step in range(40):
        now = NOW + step
        asked(buckets, 1, now, f"passer-by {step}")
        asked(buckets, 5, now)
        assert step < 4 or buckets.held("ada", now) > 8, "whoever never rests is never forgotten"
    assert len(buckets._empty_at) + len(buckets._empty_at_before) < 20


def test_processes_that_tell_one_another_count_together() -> None:
    here, there = (Buckets[str](burst=100, per_second=1) for _ in range(2))
    asked(here, 60, NOW)
    there.hear(here.take_news().items(), NOW)
    untold = 100 * TOLD_FROM
    assert asked(there, 200, NOW) <= 100 - 60 + untold
    assert there.take_news().keys() == {"ada"}


def test_processes_that_do_not_tell_count_alone() -> None:
    """The control: without the news, each lets in all."""
    here, there = (Buckets[str](burst=100, per_second=1) for _ in range(2))
    assert asked(here, 200, NOW) + asked(there, 200, NOW) == 200


def test_in_calm_there_is_no_news() -> None:
    buckets: Buckets[str] = Buckets(burst=100, per_second=1)
    for n in range(50):
        asked(buckets, 3, NOW, f"shopper {n}")
    assert buckets.take_news() == {}


def test_what_was_heard_goes_no_further() -> None:
    buckets: Buckets[str] = Buckets(burst=100, per_second=1)
    buckets.hear([("ada", 90.0)], NOW)
    assert buckets.take_news() == {}
