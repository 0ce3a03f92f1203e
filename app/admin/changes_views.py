"""The audit trail in words. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.shop_time import moment_words
from app.admin.title_words import set_apart
from app.inventory.desk import write_steps
from app.payments import Money

AMOUNTS = (
    "price",
    "list_price",
    "shipping",
    "reward",
    "friend_discount",
    "reward_cap",
    "reward_cap_each",
    "friends_discount",
    "pot",
)
UNDOABLE = ("add", "duplicate", "edit", "import", "move", "photo", "reorder", "withdraw")
OF_THE_ORDER = ("move", "reorder")
WITH_FIELDS = ("edit", "photo", "rescue", "show")
LONGEST = 80  # characters of a text that are shown


class Trace(Struct, frozen=True):
    """A change as the trail keeps it; `title` and `currency` are the deal's, as it is now."""

    change_id: int
    at: datetime
    who: str
    action: str
    deal_id: int | None
    title: str | None
    currency: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    queue_version: int | None
    is_undone: bool


class FieldChange(Struct, frozen=True):
    """One field, before and after."""

    name: str
    before: str
    after: str


class ChangeView(Struct, frozen=True):
    """A change for people. `what` begins with a verb: "moved Umbrellas from 3 to 1"."""

    change_id: int
    who: str
    when: str
    at: str
    what: str
    deal_id: int | None
    fields: list[FieldChange]
    is_undone: bool
    can_undo: bool


def change_view(trace: Trace, zone: ZoneInfo, queue_version: int) -> ChangeView:
    """`trace` for people; `queue_version` is the present one, since a move is undone while nothing has moved since."""
    still_so = trace.action not in OF_THE_ORDER or trace.queue_version == queue_version
    from_stage = trace.before.get("state") == "live"
    has_fields = trace.action in WITH_FIELDS or trace.after.get("undone_action") == "edit"
    return ChangeView(
        trace.change_id,
        trace.who,
        moment_words(trace.at, zone),
        trace.at.isoformat(timespec="seconds"),
        said(trace),
        trace.deal_id,
        _fields(trace, zone) if has_fields else [],
        trace.is_undone,
        trace.action in UNDOABLE and not trace.is_undone and still_so and not from_stage,
    )


def said(trace: Trace) -> str:
    """What was done, beginning with a verb."""
    deal = _deal(trace)
    match trace.action:
        case "move":
            return f"moved {deal} from {trace.before.get('place')} to {trace.after.get('place')}"
        case "reorder":
            return f"put {len(trace.after.get('ids', ()))} deals into another order"
        case "import":
            return f"imported {_deals(len(trace.after.get('deals', ())))}"
        case "ship":
            return f"marked {_orders(trace)} as shipped{_by(trace)}"
        case "refund":
            return f"gave {_amount(trace)} of {_orders(trace)} back{_because(trace)}"
        case "review":
            how = "is earned" if trace.after.get("earns") else "earns nothing"
            return f"decided that the reward for {_orders(trace)} {how}{_because(trace)}"
        case "resend":
            mail = "word of the shipping" if trace.after.get("mail") == "shipped" else "the receipt"
            return f"sent {mail} of {_orders(trace)} again"
        case "undo":
            return f"undid: {_undone(trace)}"
        case action:
            verb = _VERBS.get(action)
            return f"{verb} {deal}" if verb and trace.deal_id else verb or action


_VERBS = {
    "add": "queued",
    "duplicate": "queued a copy:",
    "edit": "edited",
    "photo": "changed the photo of",
    "rescue": "rescued",
    "show": "set the show",
    "skip": "skipped",
    "withdraw": "withdrew",
}


def _undone(trace: Trace) -> str:
    done = {
        "add": "queuing",
        "duplicate": "copying",
        "edit": "an edit of",
        "import": "an import of",
        "move": "a move of",
        "photo": "a change of the photo of",
        "reorder": "another order of",
        "withdraw": "withdrawing",
    }
    action = str(trace.after.get("undone_action", ""))
    if action == "import":
        return f"an import of {_deals(len(trace.before.get('deals', ())))}"
    if action == "reorder":
        return "another order of the queue"
    return f"{done.get(action, action)} {_deal(trace)}"


def _orders(trace: Trace) -> str:
    numbers = [str(number) for number in trace.after.get("orders", ())]
    return f"order {numbers[0]}" if len(numbers) == 1 else f"{len(numbers):,} orders of {_deal(trace)}"


def _by(trace: Trace) -> str:
    words = " ".join(str(trace.after[name]) for name in ("carrier", "tracking") if trace.after.get(name))
    return f", {words}" if words else ""


def _amount(trace: Trace) -> str:
    amount = trace.after.get("amount")
    return str(Money(amount, trace.currency)) if isinstance(amount, int) and trace.currency else "money"


def _because(trace: Trace) -> str:
    return f", because: {trace.after['why']}" if trace.after.get("why") else ""


def _deals(count: int) -> str:
    return f"{count:,} deal{'' if count == 1 else 's'}"


def _deal(trace: Trace) -> str:
    return set_apart(trace.title or "") or (f"deal {trace.deal_id}" if trace.deal_id else "the queue")


def _fields(trace: Trace, zone: ZoneInfo) -> list[FieldChange]:
    names = [name for name in trace.after if not name.startswith("undone") and name in trace.before]
    return [
        FieldChange(
            name.removeprefix("unit_").replace("_", " "),
            _value(name, trace.before[name], trace.currency, zone),
            _value(name, trace.after[name], trace.currency, zone),
        )
        for name in names
    ]


def _value(name: str, value: Any, currency: str | None, zone: ZoneInfo) -> str:
    if value is None or value in ("", []):
        return "none"
    if name == "reward_steps" and currency:
        return write_steps(value, currency)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in AMOUNTS and isinstance(value, int) and currency:
        return str(Money(value, currency))
    if name == "not_before":
        return moment_words(datetime.fromisoformat(value), zone)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
