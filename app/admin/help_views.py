"""What help cost, who brought whom, and rewards that wait, as their pages show them: plain texts, ready to print."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.record_views import Tile
from app.admin.record_words import percent_words
from app.admin.shop_time import moment_words
from app.inventory.desk import FEWEST, LOOKED_BACK, DealHelp, HelperCounts, HelpSum, NamedGraph, Review
from app.payments import Money
from app.platform.clock import rfc3339
from app.sharing.desk import Given, HelperSoFar

GONE = "an account that is gone"
FEW = f"fewer than {FEWEST}"
NOTHING = "–"
HANDS = ("First hand", "Second hand", "Third hand")


class HelpRow(Struct, frozen=True):
    """A deal in the list. `percent` is the share of its units that links sold, for a bar."""

    deal_id: int
    turn: int
    title: str
    is_live: bool
    sold: str
    percent: float
    revenue: str
    costs: str
    of_revenue: str
    held: int


class CostLine(Struct, frozen=True):
    """One kind of cost; `states` are pending, ready, used and void."""

    name: str
    states: tuple[str, str, str, str]
    costs: str


class SumView(Struct, frozen=True):
    """What help cost and sold, in one currency."""

    currency: str
    tiles: tuple[Tile, ...]
    lines: tuple[CostLine, ...]
    costs: str
    notes: tuple[str, ...]


class HelperView(Struct, frozen=True):
    """A helper and whom they brought, counted. `percent` of the most that one brought, for a bar."""

    name: str
    buyers: str
    percent: float
    units: str
    helped_on: str


class GraphView(Struct, frozen=True):
    """Who brought whom. `hands`: how they came, how many, percent of all. Without `helpers` there is only `lead`."""

    lead: str
    helpers: tuple[HelperView, ...]
    hands: tuple[tuple[str, str, float], ...]


class ReviewView(Struct, frozen=True):
    """A reward that waits."""

    order_id: str
    number: str
    what: str
    title: str
    why: str
    helper: str
    so_far: str
    worth: str
    when: str
    at: str
    is_own: bool  # whoever looks is helper or buyer


def help_row(one: DealHelp) -> HelpRow:
    """A deal in a row."""
    sold, part = one.sum.sold, one.sum.part_of_revenue
    return HelpRow(
        one.deal_id,
        one.turn,
        one.title,
        one.is_live,
        f"{sold.units:,} of {sold.all_units:,}",
        round(one.sum.help_share * 100, 1),
        _money(sold.revenue, one.sum),
        _money(one.sum.costs, one.sum),
        NOTHING if part is None else _percent(part),
        one.sum.cost.held,
    )


def sum_view(one: HelpSum) -> SumView:
    """What help cost and sold."""
    sold, cost = one.sold, one.cost
    return SumView(
        one.currency,
        _tiles(one),
        (
            _line("Rewards", cost.rewards, one),
            _line("The pot", cost.pot, one),
            CostLine(
                "Off for friends",
                (NOTHING, NOTHING, _money(sold.friend_discounts, one), NOTHING),
                _money(sold.friend_discounts, one),
            ),
        ),
        _money(one.costs, one),
        _notes(one),
    )


def _tiles(one: HelpSum) -> tuple[Tile, ...]:
    sold, part = one.sold, one.part_of_revenue
    orders = f"{sold.orders:,} order{'' if sold.orders == 1 else 's'}"
    tiles = [
        Tile(_money(sold.revenue, one), f"for goods that links sold, in {orders}"),
        Tile(_money(one.costs, one), "is what help costs, spent or promised"),
    ]
    if part is not None:
        tiles.append(Tile(_percent(part), "of what links sold goes into help"))
    share = percent_words(one.help_share)
    tiles.append(Tile(share, f"of all units were sold by links, {sold.units:,} of {sold.all_units:,}"))
    return tuple(tiles)


def _line(name: str, given: Given, one: HelpSum) -> CostLine:
    states = (given.pending, given.ready, given.used, given.void)
    pending, ready, used, void = (_money(amount, one) for amount in states)
    return CostLine(name, (pending, ready, used, void), _money(given.cost, one))


def _notes(one: HelpSum) -> tuple[str, ...]:
    notes = []
    if one.cost.held:
        notes.append(
            f"{_rewards(one.cost.held)} for somebody to look, and {_are(one.cost.held)} not counted."
        )
    if one.cost.refused:
        notes.append(f"{one.cost.refused:,} {_were(one.cost.refused)} not earned, and cost nothing.")
    return tuple(notes)


def _percent(part: float) -> str:
    """It may well be more than a hundred."""
    return "under 1%" if 0 < part < 0.01 else f"{round(part * 100):,}%"


def _rewards(count: int) -> str:
    return "1 reward waits" if count == 1 else f"{count:,} rewards wait"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _were(count: int) -> str:
    return "reward was" if count == 1 else "rewards were"


def _money(amount: int, one: HelpSum) -> str:
    return str(Money(amount, one.currency))


def graph_view(drawn: NamedGraph, *, of_deal: bool) -> GraphView:
    """Who brought whom: to a deal, or to any within the last months."""
    graph = drawn.graph
    when = "" if of_deal else f" within the last {LOOKED_BACK.days} days"
    if not graph.helpers:
        return GraphView(f"Nobody has brought anybody{when} yet.", (), ())
    who = "1 helper" if graph.helpers == 1 else f"{graph.helpers:,} helpers"
    units = "1 unit" if graph.units == 1 else f"{graph.units:,} units"
    if graph.buyers is None:
        return GraphView(f"{who} sold {units}{when}, to {FEW} people: too few to say more.", (), ())
    lead = f"{who} brought {graph.buyers:,} people{when}, who bought {units}."
    if graph.helped_on is not None:
        lead += f" {graph.helped_on:,} of those have brought somebody themselves."
    most = max((one.buyers for one in graph.named), default=0)
    most = max(most, graph.other_buyers)
    helpers = [_helper(one, drawn.names.get(one.helper_id) or GONE, most) for one in graph.named]
    if graph.others:
        others = "1 other" if graph.others == 1 else f"{graph.others:,} others"
        percent = graph.other_buyers * 100 / most
        helpers.append(
            HelperView(others, f"{graph.other_buyers:,}", percent, f"{graph.other_units:,}", NOTHING)
        )
    return GraphView(lead, tuple(helpers), _hands(graph.hands, is_open=graph.is_open, of=graph.buyers))


def _helper(one: HelperCounts, name: str, most: int) -> HelperView:
    helped_on = FEW if one.helped_on is None else f"{one.helped_on:,}"
    return HelperView(name, f"{one.buyers:,}", one.buyers * 100 / most, f"{one.units:,}", helped_on)


def _hands(hands: Sequence[int], *, is_open: bool, of: int) -> tuple[tuple[str, str, float], ...]:
    last = len(hands) - 1
    return tuple(
        (_hand(place) + (" and further" if is_open and place == last else ""), f"{count:,}", count * 100 / of)
        for place, count in enumerate(hands)
    )


def _hand(place: int) -> str:
    return HANDS[place] if place < len(HANDS) else f"{place + 1}th hand"


def review_view(one: Review, zone: ZoneInfo, looker_id: int) -> ReviewView:
    """A reward that waits; times are the shop's. `looker_id` is who looks, who may be helper or buyer themselves."""
    held = one.held
    return ReviewView(
        held.order_id,
        one.order.number,
        "1 unit" if held.units == 1 else f"{held.units:,} units",
        one.order.title,
        held.why,
        one.helper or GONE,
        _so_far(one.so_far),
        "nothing" if held.worth is None else str(held.worth),
        moment_words(held.placed_at, zone),
        rfc3339(held.placed_at),
        looker_id in (held.helper_id, held.shopper_id),
    )


def _so_far(so_far: HelperSoFar) -> str:
    units = "1 unit" if so_far.units == 1 else f"{so_far.units:,} units"
    people = "1 person" if so_far.buyers == 1 else f"{so_far.buyers:,} people"
    refused = "no reward was refused"
    if so_far.refused:
        refused = f"{so_far.refused:,} {_were(so_far.refused)} refused"
    return f"{units} to {people} so far, this one with them; {refused}"
