"""What to do next for an order, decided without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from app.payments import Cancelled, Declined, StepNeeded
from app.sales.settlement.case import (
    MENDING,
    STEP_LOOKS,
    Ask,
    Attempt,
    Begin,
    Case,
    End,
    GiveBack,
    Look,
    OrderRefund,
    Refund,
    Release,
    SayShipped,
    Step,
    Wait,
    Withdraw,
    attempt_name,
    change_by,
    end_of_mending,
    may_cancel_until,
    may_take_address,
    needs_of,
    next_step,
    order_of,
    wait_after,
)

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SOON, PAST = NOW + timedelta(minutes=5), NOW - timedelta(seconds=1)
OPEN = Attempt(1, "sandbox", "customer", "card", NOW, None, False)
PAID = replace(OPEN, reference="payment", is_paid=True)
NEW = Case(
    status="placed",
    state="new",
    total=4999,
    kept=0,
    attempt=None,
    refund=None,
    has_address=True,
    again=False,
    ending="",
    mend_until=None,
    grace_until=SOON,
)
ASKED = replace(NEW, state="asked", attempt=OPEN)
STEP = replace(ASKED, state="step", mend_until=SOON)
DECLINED = replace(STEP, state="declined", status="declined")
SETTLED = replace(NEW, state="paid", status="paid", attempt=PAID, kept=4999)
BACK = Refund("key", 4999, None)


@pytest.mark.parametrize(
    ("case", "step"),
    [
        (NEW, Begin()),
        (ASKED, Ask(OPEN)),
        (STEP, Look(OPEN)),
        (replace(STEP, mend_until=NOW), End("step")),
        (replace(DECLINED, mend_until=NOW), End("card")),
        (replace(DECLINED, again=True), Withdraw(OPEN)),
        (replace(DECLINED, again=True, mend_until=PAST), Withdraw(OPEN)),
        (replace(DECLINED, again=True, attempt=None), Begin()),
        (replace(DECLINED, attempt=None), Wait(SOON)),
        (SETTLED, Wait(None)),
        (replace(SETTLED, has_address=False), Wait(SOON)),
        (replace(SETTLED, has_address=False, grace_until=NOW), End("address")),
        (replace(ASKED, has_address=False, grace_until=NOW), End("address")),
        (replace(SETTLED, status="shipped", parcel_untold=True), SayShipped()),
        (replace(SETTLED, status="shipped"), Wait(None)),
        (replace(NEW, ending="cancelling"), Release()),
        (replace(ASKED, ending="cancelling"), Withdraw(OPEN)),
        (replace(SETTLED, ending="refunding"), OrderRefund(4999)),
        (replace(SETTLED, ending="refunding", kept=0, refund=BACK), GiveBack(PAID, BACK)),
        (replace(SETTLED, ending="refunding", kept=0), Release()),
        (replace(SETTLED, refund=BACK, kept=0), GiveBack(PAID, BACK)),
        (replace(SETTLED, status="refunded", kept=0), Wait(None)),
        (replace(SETTLED, status="cancelled", state="cancelled", kept=0), Wait(None)),
    ],
)
def test_each_case_has_its_next_step(case: Case, step: Step) -> None:
    assert next_step(case, NOW) == step


def test_what_was_looked_at_just_now_is_looked_at_again_later_but_before_its_end() -> None:
    assert next_step(STEP, NOW, looked=True) == Wait(NOW + STEP_LOOKS)
    near = NOW + timedelta(seconds=3)
    assert next_step(replace(STEP, mend_until=near), NOW, looked=True) == Wait(near)
    assert next_step(DECLINED, NOW, looked=True) == Wait(SOON)


def test_a_further_decline_gives_no_further_time() -> None:
    assert end_of_mending(NEW, NOW) == NOW + MENDING
    assert end_of_mending(DECLINED, NOW) == SOON


def test_whoever_waits_in_vain_waits_ever_longer() -> None:
    waits = [wait_after(tries) for tries in range(12)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(minutes=5)


def test_what_an_answer_changes() -> None:
    declined = change_by(ASKED, Declined("ref", "code", "No."))
    assert (declined.state, declined.status, declined.words) == ("declined", "declined", "No.")
    step = change_by(ASKED, StepNeeded("ref", "https://bank.test"))
    assert (step.state, step.status, step.step_address) == ("step", "placed", "https://bank.test")
    assert change_by(ASKED, StepNeeded("ref", "")).state == "declined", "a step that nobody can take"
    assert change_by(ASKED, Cancelled("ref")).attempt_is_over


def test_until_when_somebody_may_cancel() -> None:
    later = SOON + timedelta(minutes=3)
    assert may_cancel_until(NEW) == SOON
    assert may_cancel_until(replace(DECLINED, mend_until=later)) == later
    for status in ("shipped", "cancelled", "refunded"):
        assert may_cancel_until(replace(SETTLED, status=status)) is None
    assert may_cancel_until(replace(SETTLED, ending="refunding")) is None


def test_until_when_it_can_be_said_where_it_goes() -> None:
    assert may_take_address(SETTLED, SOON), "changed, until it has left"
    assert not may_take_address(replace(SETTLED, status="shipped"), NOW)
    homeless = replace(SETTLED, has_address=False)
    assert may_take_address(homeless, PAST)
    assert not may_take_address(homeless, SOON)


def test_what_a_shopper_has_to_give() -> None:
    assert needs_of(NEW) == frozenset()
    assert needs_of(replace(DECLINED, has_address=False)) == {"card", "address"}
    assert needs_of(replace(DECLINED, again=True)) == frozenset(), "a card that may pay is being tried"
    assert needs_of(STEP) == {"step"}
    assert needs_of(replace(DECLINED, ending="cancelling")) == frozenset()


def test_an_attempt_names_its_order() -> None:
    assert order_of(attempt_name("a.b-c_", 12)) == "a.b-c_"
