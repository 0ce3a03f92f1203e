"""Sharing a pot by units, to the cent: each gets the whole part, and the largest remainders get what is left over."""

from collections.abc import Mapping


def part_that_stands(pot: int, stands: int, quantity: int) -> int:
    """What helpers share of a pot, in minor units, where so many of a deal's units were sold for good: in proportion,
    rounded down. What was bought to win the pot, and sent back, is not paid for.
    """
    return pot * min(max(stands, 0), quantity) // quantity if quantity > 0 else 0


def split_pot(pot: int, units: Mapping[int, int]) -> dict[int, int]:
    """The share of each helper, by id, in minor units; together they are the pot. Empty where nobody sold any.

    Where two remainders are the same, the one who sold more comes first, then the smaller id.
    """
    counted = {helper: sold for helper, sold in units.items() if sold > 0}
    total = sum(counted.values())
    if total == 0:
        return {}
    shares = {helper: pot * sold // total for helper, sold in counted.items()}
    left = pot - sum(shares.values())
    by_remainder = sorted(counted, key=lambda one: (-(pot * counted[one] % total), -counted[one], one))
    for helper in by_remainder[:left]:
        shares[helper] += 1
    return shares
