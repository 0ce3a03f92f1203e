"""What help with a deal costs, against what it sold; and all deals together."""

from collections.abc import Iterable

from msgspec import Struct

from app.sales.desk import HelpedSales
from app.sharing.desk import Given, HelpCost


class HelpSum(Struct, frozen=True):
    """What help cost and sold, in minor units of one currency."""

    currency: str
    cost: HelpCost
    sold: HelpedSales

    @property
    def costs(self) -> int:
        """Coupons that are spent or may still be, the pot, and what came off for friends."""
        return self.cost.rewards.cost + self.cost.pot.cost + self.sold.friend_discounts

    @property
    def part_of_revenue(self) -> float | None:
        """What part of the revenue that help brought it costs, from 0 on; None where it brought none."""
        return self.costs / self.sold.revenue if self.sold.revenue else None

    @property
    def help_share(self) -> float:
        """What part of all the units somebody's link sold, from 0 to 1."""
        return self.sold.units / self.sold.all_units if self.sold.all_units else 0.0


class DealHelp(Struct, frozen=True):
    """A deal that is or was on stage, and what help with it cost and sold. `turn` is its place in the show."""

    deal_id: int
    turn: int
    title: str
    is_live: bool
    sum: HelpSum


def add_up(these: Iterable[DealHelp]) -> list[HelpSum]:
    """What they come to, one sum for each currency, in the order in which they come first."""
    sums: dict[str, HelpSum] = {}
    for one in these:
        so_far = sums.get(one.sum.currency)
        sums[one.sum.currency] = one.sum if so_far is None else _both(so_far, one.sum)
    return list(sums.values())


def _both(one: HelpSum, other: HelpSum) -> HelpSum:
    cost = HelpCost(
        _given(one.cost.rewards, other.cost.rewards),
        _given(one.cost.pot, other.cost.pot),
        one.cost.held + other.cost.held,
        one.cost.refused + other.cost.refused,
    )
    names = HelpedSales.__struct_fields__
    sold = HelpedSales(**{name: getattr(one.sold, name) + getattr(other.sold, name) for name in names})
    return HelpSum(one.currency, cost, sold)


def _given(one: Given, other: Given) -> Given:
    names = Given.__struct_fields__
    return Given(**{name: getattr(one, name) + getattr(other, name) for name in names})
