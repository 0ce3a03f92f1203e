"""Who may ask to buy, how often, and who has to work first."""

import pytest

from app.platform.clock import SystemClock
from app.platform.errors import SlowDown
from app.platform.puzzles import Puzzles
from app.platform.rush import LASTS_SECONDS, RUSH_PER_SECOND, Mode, Rush
from app.platform.signing import Signer
from app.sales.turnstile import ACCOUNT, ADDRESS, CALM, Turnstile

NOW = 1000.0
HERE, THERE = "192.0.2.1", "192.0.2.2"


def turnstile(*, by_address: bool = True, mode: Mode = "suspicion") -> Turnstile:
    puzzles = Puzzles(Signer("a secret for tests, long enough to be one"), SystemClock())
    return Turnstile(puzzles, by_address=by_address, rush=Rush(mode))


def crowd(
    gate: Turnstile, people: int, *, first: int = 1, worked: bool = False, now: float = NOW
) -> list[str]:
    """So many shoppers of one address ask once each."""
    return [ask(gate, shopper, worked=worked, now=now) for shopper in range(first, first + people)]


def ask(
    gate: Turnstile,
    shopper: int,
    key: str = "a",
    *,
    address: str | None = HERE,
    worked: bool = False,
    now: float = NOW,
) -> str:
    try:
        return "in" if gate.lets_in(shopper, address, key, now, worked=worked) else "work"
    except SlowDown as refused:
        return refused.detail


def test_an_account_asks_so_often_and_then_waits_a_second() -> None:
    gate = turnstile()
    assert [ask(gate, 7, f"{n}", address=None) for n in range(ACCOUNT[0])] == ["in"] * ACCOUNT[0]
    with pytest.raises(SlowDown) as refused:
        gate.lets_in(7, None, "more", NOW)
    assert refused.value.headers()["Retry-After"] == "1"
    assert refused.value.headers()["RateLimit"] == '"account";r=0;t=1'
    assert ask(gate, 7, "more", now=NOW + 1) == "in"
    assert ask(gate, 8) == "in"


def test_without_limits_by_address_those_by_account_hold() -> None:
    gate = turnstile(by_address=False)
    assert set(crowd(gate, ADDRESS[0] * 2)) == {"in"}
    answers = [ask(gate, 7, f"{n}") for n in range(ACCOUNT[0] + 5)]
    assert answers.count("in") == ACCOUNT[0] - 1
    assert '"address"' not in gate.policy


def test_a_crowd_of_one_address_is_let_in_and_a_flood_has_to_work() -> None:
    gate = turnstile()
    answers = crowd(gate, ADDRESS[0] + 50)
    assert answers == ["in"] * CALM + ["work"] * (ADDRESS[0] + 50 - CALM)
    assert ask(gate, 9000, address=THERE) == "in", "nobody else has to"
    assert ask(gate, 9001, now=NOW + 1) == "in", "and a moment later they need not either"


def test_work_opens_the_gate_up_to_the_brim() -> None:
    gate = turnstile()
    answers = crowd(gate, ADDRESS[0] + 5, worked=True)
    assert answers[: ADDRESS[0]] == ["in"] * ADDRESS[0]
    assert set(answers[ADDRESS[0] :]) == {"That was tried too often from your network."}


def test_off_asks_nobody_for_work_and_holds_the_brim() -> None:
    answers = crowd(turnstile(mode="off"), ADDRESS[0] + 5)
    assert answers.count("in") == ADDRESS[0]
    assert "work" not in answers


def test_the_answer_to_a_lost_201_is_not_kept_from_its_buyer_by_a_flood() -> None:
    gate = turnstile()
    crowd(gate, 100)
    assert ask(gate, 5000, "mine") == "in"
    crowd(gate, ADDRESS[0], first=10_000, worked=True)
    assert ask(gate, 5000, "mine") == "in"
    assert ask(gate, 5000, "another") != "in", "the control: it is the key that is known"
    assert ask(gate, 5001, "mine") != "in", "and whose it is"


def test_who_repeats_one_key_may_do_so_for_long() -> None:
    gate = turnstile()
    answers = [ask(gate, 7, "mine", now=NOW + n / 20) for n in range(20 * 40)]  # 40 s, without a rest
    assert set(answers) == {"in"}
    others = [ask(gate, 8, f"{n}", now=NOW + n / 20) for n in range(20 * 40)]
    assert others.count("in") < 210, "the control: other keys are other purchases"


def test_always_asks_everybody_and_a_repeat_only_once() -> None:
    gate = turnstile(mode="always")
    assert ask(gate, 7, "mine") == "work"
    assert ask(gate, 7, "mine", worked=True) == "in"
    assert ask(gate, 7, "mine") == "in"
    assert ask(gate, 7, "another") == "work"


def test_a_rush_is_declared_by_demand_where_the_operator_lets_it() -> None:
    for mode, expected in (("rush", "work"), ("suspicion", "in")):
        gate = turnstile(by_address=False, mode=mode)  # type: ignore[arg-type]
        assert ask(gate, 9001) == "in"
        crowd(gate, RUSH_PER_SECOND)
        assert ask(gate, 9002) == expected
        assert ask(gate, 9003, now=NOW + LASTS_SECONDS + 1) == "in"


def test_a_calm_day_remembers_nobody() -> None:
    gate = turnstile()
    for second in range(600):
        for shopper in range(20):
            assert ask(gate, second * 20 + shopper, now=NOW + second) == "in"
    assert not gate._through
    assert not gate.accounts.take_news()
    assert not gate.addresses.take_news()
