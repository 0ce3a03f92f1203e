"""Money as Stripe counts it. The rules are those of its page on currencies; ours are ISO's decimals, as CLDR has them.

Stripe takes every amount in the currency's smallest unit, but:
- its zero-decimal currencies are a list of its own; a few currencies that CLDR shows without decimals (such as RSD or
  LAK) still have two there;
- ISK and UGX have no decimals, yet are sent with two, which must be 00;
- the three-decimal currencies are charged in tens: the last digit must be 0.
"""

from app.payments.money import Money, minor_digits

ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
TWO_THAT_ARE_NONE = frozenset(("ISK", "UGX"))
MOST = 99_999_999  # what Stripe takes at once, in its own units


class NotChargeable(ValueError):
    """An amount that Stripe does not take, with the words why."""


def to_stripe(money: Money) -> int:
    """`money` in Stripe's units of its currency. Raises NotChargeable."""
    amount, rest = _shifted(money.amount, stripe_digits(money.currency) - minor_digits(money.currency))
    if rest:
        raise NotChargeable(f"{money} has finer parts than Stripe charges")
    if money.currency in THREE_DECIMAL and amount % 10:
        raise NotChargeable(
            f"{money} must end in 0: {money.currency} is charged in tens of its smallest part"
        )
    if money.currency in TWO_THAT_ARE_NONE and amount % 100:
        raise NotChargeable(f"{money.currency} has no smaller parts")
    if not 0 <= amount <= MOST:
        raise NotChargeable(f"{money} is more than can be charged at once")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """Stripe's `amount` (its currency in small letters) as our Money. Raises NotChargeable where it has no such."""
    code = currency.upper()
    ours, rest = _shifted(amount, minor_digits(code) - stripe_digits(code))
    if rest:
        raise NotChargeable(f"{amount} of {code} is no whole number of its smallest part")
    return Money(ours, code)


def stripe_digits(currency: str) -> int:
    """How many decimals Stripe's amounts in `currency` have."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def _shifted(amount: int, digits: int) -> tuple[int, int]:
    """`amount` with so many decimals more, and what is lost where they are fewer."""
    factor = int(10 ** abs(digits))
    return (amount * factor, 0) if digits >= 0 else divmod(amount, factor)
