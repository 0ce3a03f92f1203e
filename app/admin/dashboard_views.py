"""The dashboard as its template takes it: numbers in, ready words out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.chart_views import ChartView, charts
from app.admin.refusal_words import refusal_words
from app.admin.shop_time import moment_words, rough_words, span_words
from app.admin.title_words import set_apart
from app.inventory.desk import CurveDocument, DashboardDocument

Dashboard = DashboardDocument
UNKNOWN = "–"
PHASES = {"live": "Live", "sold-out": "Sold out", "paused": "Paused", "closed": "Closed"}
SPOKEN_STEPS = (1, 5, 10, 25, 50, 75)  # percent left at which the page says how it stands


class NumberView(Struct, frozen=True):
    """A number and what it counts. `name` is for the page's script."""

    name: str
    value: str
    label: str


class NextView(Struct, frozen=True):
    """A deal that waits, in one line."""

    deal_id: int
    title: str
    fine: str


class DashboardView(Struct, frozen=True):
    """Everything that the dashboard shows. Without a deal on stage there are no numbers and no charts.

    `said` is for ears, to be said when `said_at` changes.
    """

    deal_id: int | None
    heading: str
    phase: str
    status: str
    mode: str
    notes: tuple[str, ...]
    numbers: tuple[NumberView, ...]
    charts: tuple[ChartView, ...]
    refused: tuple[tuple[str, str], ...]
    helpers: tuple[tuple[str, str, str], ...]
    other_helpers: str
    next: tuple[NextView, ...]
    queued: str
    said: str
    said_at: str
    title: str


def dashboard_view(
    shown: Dashboard, curve: CurveDocument | None, *, zone: ZoneInfo, event_name: str
) -> DashboardView:
    """The dashboard of these numbers. `zone` is the shop's, in which times are said."""
    deal = shown.deal
    numbers = _numbers(shown, zone)
    said = ", ".join(f"{number.value} {number.label}" for number in numbers[:3])
    return DashboardView(
        deal_id=deal.id if deal else None,
        heading=f"Deal {deal.id}: {set_apart(deal.title)}" if deal else "Nothing is on stage",
        phase=shown.phase,
        status=PHASES[shown.phase],
        mode=event_name if shown.mode == "woot-off" else "One deal a day",
        notes=_notes(shown, zone),
        numbers=numbers,
        charts=charts(curve, deal.loaded) if deal and curve else (),
        refused=_refused(shown),
        helpers=tuple((h.name, _count(h.orders), _count(h.units)) for h in shown.help.most),
        other_helpers=_other_helpers(shown),
        next=tuple(
            NextView(d.id, d.title, _fine(d.price.text, d.loaded, d.not_before, shown.at, zone))
            for d in shown.next
        ),
        queued=_queued(shown),
        said=f"{PHASES[shown.phase]}. {said}" if deal else PHASES[shown.phase],
        said_at=_said_at(shown),
        title=f"{deal.sold:,} of {deal.loaded:,}" if deal else PHASES[shown.phase],
    )


def _numbers(shown: Dashboard, zone: ZoneInfo) -> tuple[NumberView, ...]:
    deal = shown.deal
    if deal is None:
        return ()
    helped = f"sold with help, by {_count(shown.help.helpers)}" if shown.help.helpers else "sold with help"
    sold_out = deal.refused.get("sold-out", 0)
    refused = "refused, sold out" if sold_out else "refused"
    total = sum(deal.refused.values())
    if sold_out and sold_out != total:
        refused = f"refused, {_count(sold_out)} of them sold out"
    return (
        NumberView("sold", _count(deal.sold), f"sold of {_count(deal.loaded)}"),
        NumberView("pace", _count(deal.per_minute), "a minute, now"),
        _forecast(shown, zone),
        NumberView("refused", _count(total), refused),
        NumberView("watching", _count(shown.watching), "watching"),
        NumberView("helped", _count(shown.help.units), helped),
    )


def _forecast(shown: Dashboard, zone: ZoneInfo) -> NumberView:
    """When it will be gone, or was; or why nobody can say."""
    deal = shown.deal
    assert deal is not None
    if deal.sold_out_at is not None:
        took = span_words((deal.sold_out_at - deal.started_at).total_seconds())
        return NumberView("gone", took, f"until it was gone, at {_time(deal.sold_out_at, shown, zone)}")
    if shown.phase != "live":
        return NumberView("gone", UNKNOWN, "no forecast while nobody can buy")
    to_go, at = deal.sells_out_in_seconds, deal.predicted_sold_out_at
    if to_go is None or at is None:
        return NumberView("gone", UNKNOWN, "no forecast: nothing sold for 5 minutes")
    if deal.ends_at is not None and at > deal.ends_at:
        rest = max(0.0, (deal.ends_at - shown.at).total_seconds())
        over = round((deal.loaded - deal.sold) * (1 - rest / max(to_go, 1)))
        return NumberView(
            "gone",
            f"{_count(over)} over",
            f"when it ends, at {_time(deal.ends_at, shown, zone)}, at this pace",
        )
    return NumberView("gone", rough_words(to_go), f"gone at this pace, at {_time(at, shown, zone)}")


def _notes(shown: Dashboard, zone: ZoneInfo) -> tuple[str, ...]:
    deal = shown.deal
    if deal is None:
        return (_why_nothing(shown),)
    opened = f"{deal.price.text}, opened at {_time(deal.started_at, shown, zone)}"
    notes = [f"{opened}, {rough_words((shown.at - deal.started_at).total_seconds())} ago."]
    if shown.phase == "paused":
        notes.append("The show is paused: nobody can buy.")
    if shown.next_at is not None:
        notes.append(f"Sold out. The next deal opens at {_time(shown.next_at, shown, zone)}.")
        if deal.in_line:
            notes.append(
                f"{_count(deal.in_line)} {'stands' if deal.in_line == 1 else 'stand'} in line for it."
            )
    elif deal.ends_at is not None:
        notes.append(f"It ends at {_time(deal.ends_at, shown, zone)} at the latest.")
    return tuple(notes)


def _why_nothing(shown: Dashboard) -> str:
    if not shown.started:
        return "The show has not been started. Start it here when the queue is as you want it."
    if shown.paused:
        return "The show is paused, and nothing is on stage."
    if shown.queued:
        return "Every deal in the queue is held back until its time."
    return "The queue is empty. As soon as a deal is queued, the show goes on by itself."


def _refused(shown: Dashboard) -> tuple[tuple[str, str], ...]:
    kinds = shown.deal.refused if shown.deal else {}
    return tuple((refusal_words(kind), _count(times)) for kind, times in kinds.items())


def _other_helpers(shown: Dashboard) -> str:
    others = shown.help.helpers - len(shown.help.most)
    return f"And {_count(others)} more." if others > 0 else ""


def _queued(shown: Dashboard) -> str:
    others = shown.queued - len(shown.next)
    return f"And {_count(others)} more in the queue." if others > 0 else ""


def _fine(price: str, loaded: int, not_before: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    words = [price, f"{loaded:,} units" if loaded != 1 else "1 unit"]
    held = not_before is not None and not_before > now
    words.append(f"held until {moment_words(not_before, zone, now)}" if held and not_before else "ready")
    return " · ".join(words)


def _said_at(shown: Dashboard) -> str:
    """Changes with the deal, the phase, and each step of what is left."""
    deal = shown.deal
    if deal is None:
        return shown.phase
    left = (deal.loaded - deal.sold) * 100 / deal.loaded
    step = next((step for step in SPOKEN_STEPS if left <= step), 100)
    return f"{deal.id} {shown.phase} {step}"


def _time(moment: datetime, shown: Dashboard, zone: ZoneInfo) -> str:
    return moment_words(moment, zone, shown.at)


def _count(number: float) -> str:
    return f"{round(number):,}"
