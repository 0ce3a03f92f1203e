"""What becomes of a reward: every cent that is promised is pending, ready, used or taken back, whatever happens."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import Struct, field
from msgspec.structs import replace

from app.sharing.discounts import taken_off
from app.sharing.reward_case import (
    RETURN_WINDOW,
    CouponState,
    Grant,
    Judge,
    RewardCase,
    RewardTerms,
    Ripen,
    TakeBack,
    Verdict,
    Wait,
    grant,
    next_step,
)

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
AMOUNTS = st.integers(0, 10_000)
CAPS = st.none() | st.integers(0, 30_000)


@given(AMOUNTS, CAPS, CAPS, st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), max_size=40))
def test_caps_hold_and_nothing_below_them_is_kept_back(
    reward: int, each: int | None, all_of_them: int | None, helped: list[tuple[int, int]]
) -> None:
    terms = RewardTerms("USD", reward, cap_per_helper=each, cap_per_deal=all_of_them)
    earned: dict[int, int] = {}
    for helper, units in helped:
        got = grant(terms, units, of_helper=earned.get(helper, 0), of_deal=sum(earned.values()))
        earned[helper] = earned.get(helper, 0) + got
        is_short = got < reward * units
        is_full = (each is not None and earned[helper] == each) or (
            all_of_them is not None and sum(earned.values()) == all_of_them
        )
        assert not is_short or is_full
        assert 0 <= got <= reward * units
        assert each is None or earned[helper] <= each
        assert all_of_them is None or sum(earned.values()) <= all_of_them


def test_a_cap_that_was_lowered_below_what_is_given_takes_nothing_back() -> None:
    assert grant(RewardTerms("USD", 500, cap_per_deal=100), 1, of_helper=0, of_deal=400) == 0


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_no_discount_is_larger_than_the_goods_and_none_is_lost_below_that(
    goods: int, friend: int, coupon: int
) -> None:
    off = taken_off(goods, friend=friend, coupon=coupon)
    assert 0 <= off <= goods
    assert off == goods or off == friend + coupon


def test_a_coupon_is_ready_once_the_order_is_paid_and_cannot_be_sent_back_any_more() -> None:
    case = RewardCase("placed", "earns", is_granted=True, coupon="pending")
    assert next_step(case, NOW) == Wait(None)
    paid = replace(case, order="paid", paid_at=NOW)
    assert next_step(paid, NOW) == Wait(NOW + RETURN_WINDOW)
    assert next_step(paid, NOW + RETURN_WINDOW - timedelta(seconds=1)) == Wait(NOW + RETURN_WINDOW)
    assert next_step(paid, NOW + RETURN_WINDOW) == Ripen()


def test_what_is_held_waits_for_the_staff_and_what_is_refused_is_taken_back() -> None:
    held = RewardCase("paid", "held", NOW, is_granted=True, coupon="pending")
    assert next_step(held, NOW + 2 * RETURN_WINDOW) == Wait(None)
    assert next_step(replace(held, verdict="refused", by_staff=True), NOW) == TakeBack()
    assert next_step(replace(held, verdict="earns", by_staff=True), NOW + RETURN_WINDOW) == Ripen()


def test_without_a_coupon_it_is_judged_a_last_time_all_the_same_and_then_left_alone() -> None:
    case = RewardCase("paid", "earns", NOW, is_granted=True, judged_at=NOW)
    ripe = NOW + RETURN_WINDOW
    assert next_step(case, NOW) == Wait(ripe)
    assert next_step(case, ripe) == Judge()
    assert next_step(replace(case, judged_at=ripe), ripe) == Wait(None)
    assert next_step(replace(case, by_staff=True), ripe) == Wait(None)
    assert next_step(replace(case, order="placed", paid_at=None), ripe) == Wait(None)


def test_a_coupon_that_is_spent_cannot_be_taken_back() -> None:
    case = RewardCase("over", "earns", NOW, is_granted=True, coupon="used")
    assert next_step(case, NOW) == Wait(None)


class Reward(Struct):
    """One reward of the model, and what its coupon is worth."""

    helper: int
    units: int
    case: RewardCase = field(default_factory=lambda: RewardCase("placed", ""))
    worth: int = 0
    earned: int = 0


class Crowd(RuleBasedStateMachine):
    """Orders are helped, paid, cancelled; coupons are spent and come back; time passes. In any order."""

    terms = RewardTerms("USD", 250, cap_per_helper=1500, cap_per_deal=4000)

    def __init__(self) -> None:
        super().__init__()
        self.now, self.rewards = NOW, list[Reward]()
        self.promised = self.taken_back = 0

    @rule(helper=st.integers(1, 3), units=st.integers(1, 4))
    def help(self, helper: int, units: int) -> None:
        self.rewards.append(Reward(helper, units))

    @precondition(lambda self: self.rewards)
    @rule(data=st.data())
    def order_is_paid(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.rewards))
        if one.case.order == "placed":
            one.case = replace(one.case, order="paid", paid_at=self.now)

    @precondition(lambda self: self.rewards)
    @rule(data=st.data())
    def order_is_over(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.rewards))
        one.case = replace(one.case, order="over")

    @precondition(lambda self: self.rewards)
    @rule(data=st.data())
    def spend_or_give_back(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.rewards))
        turned: dict[CouponState | None, CouponState] = {"ready": "used", "used": "ready"}
        if one.case.coupon in turned:
            one.case = replace(one.case, coupon=turned[one.case.coupon])

    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(data=st.data())
    def round(self, data: st.DataObject) -> None:
        """As the round does it; the judgement is whatever it may be."""
        for one in self.rewards:
            while not isinstance(step := next_step(one.case, self.now), Wait):
                self._act(one, step, data)

    def _act(self, one: Reward, step: object, data: st.DataObject) -> None:
        words: tuple[Verdict, ...] = ("earns", "held", "refused")
        judgement = st.sampled_from(words)
        match step:
            case Judge():
                one.case = replace(one.case, verdict=data.draw(judgement), judged_at=self.now)
            case Grant():
                mine = sum(other.earned for other in self.rewards if other.helper == one.helper)
                of_deal = sum(other.earned for other in self.rewards)
                one.worth = one.earned = grant(self.terms, one.units, of_helper=mine, of_deal=of_deal)
                self.promised += one.worth
                one.case = replace(one.case, is_granted=True, coupon="pending" if one.worth else None)
            case Ripen():
                verdict = data.draw(judgement)
                coupon: CouponState = "ready" if verdict == "earns" else "pending"
                one.case = replace(one.case, verdict=verdict, coupon=coupon)
            case TakeBack():
                self.taken_back += one.worth
                one.earned = 0
                one.case = replace(one.case, coupon="void")

    @invariant()
    def every_cent_is_somewhere(self) -> None:
        worth = {
            state: sum(one.worth for one in self.rewards if one.case.coupon == state)
            for state in ("pending", "ready", "used", "void")
        }
        assert self.promised == sum(worth.values())
        assert worth["void"] == self.taken_back
        assert sum(one.earned for one in self.rewards) == self.promised - self.taken_back

    @invariant()
    def no_cap_is_passed(self) -> None:
        by_helper: dict[int, int] = {}
        for one in self.rewards:
            by_helper[one.helper] = by_helper.get(one.helper, 0) + one.earned
        assert all(earned <= 1500 for earned in by_helper.values())
        assert sum(by_helper.values()) <= 4000

    @invariant()
    def nothing_is_ready_before_its_time(self) -> None:
        for one in self.rewards:
            if one.case.coupon in ("ready", "used"):
                assert one.case.paid_at is not None
                assert self.now >= one.case.paid_at + RETURN_WINDOW


TestCrowd = Crowd.TestCase
