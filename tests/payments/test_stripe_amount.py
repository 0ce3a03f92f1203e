"""Money as Stripe counts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments import Money
from app.payments.stripe_amount import (
    MOST,
    THREE_DECIMAL,
    TWO_THAT_ARE_NONE,
    ZERO_DECIMAL,
    NotChargeable,
    from_stripe,
    to_stripe,
)


@pytest.mark.parametrize(
    ("money", "sent"),
    [
        (Money(4999, "USD"), 4999),
        (Money(500, "JPY"), 500),
        (Money(500, "KRW"), 500),
        (Money(5000, "KWD"), 5000),
        (Money(5120, "BHD"), 5120),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(5, "RSD"), 500),  # shown without decimals, sent with two
        (Money(4999, "HUF"), 4999),
        (Money(4999, "TWD"), 4999),
    ],
)
def test_an_amount_goes_out_in_stripes_units_and_comes_back_in_ours(money: Money, sent: int) -> None:
    assert to_stripe(money) == sent
    assert from_stripe(sent, money.currency.lower()) == money


@pytest.mark.parametrize(
    "money", [Money(5001, "KWD"), Money(1, "TND"), Money(MOST + 1, "USD"), Money(-1, "USD")]
)
def test_what_stripe_does_not_take_is_not_sent(money: Money) -> None:
    with pytest.raises(NotChargeable):
        to_stripe(money)


@pytest.mark.parametrize("currency", ["isk", "ugx"])
def test_a_part_of_what_has_no_parts_is_an_error_and_never_rounded(currency: str) -> None:
    with pytest.raises(NotChargeable):
        from_stripe(550, currency)


@given(
    st.integers(0, 999_999), st.sampled_from(sorted(ZERO_DECIMAL | TWO_THAT_ARE_NONE | {"USD", "EUR", "CLF"}))
)
def test_no_amount_changes_on_its_way(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    try:
        sent = to_stripe(money)
    except NotChargeable:
        return
    assert from_stripe(sent, currency.lower()) == money


@given(st.integers(0, 9_999_999), st.sampled_from(sorted(THREE_DECIMAL)))
def test_three_decimals_are_sent_in_tens_or_not_at_all(amount: int, currency: str) -> None:
    if amount % 10:
        with pytest.raises(NotChargeable):
            to_stripe(Money(amount, currency))
    else:
        assert from_stripe(to_stripe(Money(amount, currency)), currency.lower()) == Money(amount, currency)
