"""What everybody is told of who helped to sell a deal, in words."""

from datetime import datetime, tzinfo

from msgspec import Struct

from app.pages.stall_views import counted, weekday_and_hour
from app.platform.clock import rfc3339
from app.sharing import PotWon, WhoHelped


class HelperView(Struct, frozen=True):
    name: str
    units: str  # empty while it is not told


class WhoHelpedView(Struct, frozen=True):
    """`title` is the deal's; the others are whole sentences, or empty."""

    title: str
    is_over: bool
    lead: str
    team: str
    pot: str
    named: tuple[HelperView, ...]
    others: str
    later: str  # when each one's part is told


def who_helped_view(
    title: str,
    told: WhoHelped,
    *,
    over_at: datetime | None,
    held_up: bool,
    team: int,
    pot: PotWon | None,
    zone: tzinfo,
) -> WhoHelpedView:
    """The page about a deal that was over at `over_at` (None: it is live). `team` counts those who took one for it."""
    return WhoHelpedView(
        title=title,
        is_over=over_at is not None,
        lead=_lead(told, held_up and over_at is not None),
        team=f"{team:,} took one for the team: they bought it only so that the show goes on." if team else "",
        pot=_pot(pot) if pot and told.helpers else "",
        named=tuple(HelperView(one.name, _units(one.units)) for one in told.named),
        others=_others(told),
        later=_later(told, over_at, zone),
    )


def _pot(pot: PotWon) -> str:
    won = f"Together they have won the pot of {pot.amount}"
    if pot.shared is None:
        return (
            f"{won}. It is shared by what each link sold, as far as that was not sent back, "
            "when nothing can be any more."
        )
    if pot.shared == pot.amount:
        return f"{won}, and shared it by what each link sold."
    if not pot.shared.amount:
        return f"{won}. Nothing that their links sold has stood, so none of it was shared."
    return f"{won}. Some of what was sold came back, so they have shared {pot.shared} of it by what each link sold."


def _lead(told: WhoHelped, was_stuck: bool) -> str:
    stuck = "It held up the show, and it is gone. " if was_stuck else ""
    if not told.helpers:
        return f"{stuck}Nobody’s link has sold one of it."
    return f"{stuck}{counted(told.helpers, 'helper')} sold {told.units:,} of it by their links."


def _units(units: int | None) -> str:
    return "" if units is None else f"{units:,}"


def _others(told: WhoHelped) -> str:
    if not told.others:
        return ""
    if not told.named:
        return "Who they are, they keep to themselves."
    return f"And {told.others:,} more, who keep it to themselves."


def _later(told: WhoHelped, over_at: datetime | None, zone: tzinfo) -> str:
    if not told.named:
        return ""
    if told.figures_at is not None:
        return f"How much each of them sold is told from {weekday_and_hour(rfc3339(told.figures_at), zone)}."
    return "" if over_at is not None else "How much each of them sold is told when it is over."
