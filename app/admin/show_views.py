"""The show's controls as a template takes them: what can be done now, and what would come of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from app.admin.rescue_views import stall_words
from app.admin.shop_time import moment_words, rough_words
from app.admin.title_words import set_apart

SAID = {
    "started": "The show runs.",
    "paused": "The show is paused. Nobody can buy.",
    "resumed": "The show goes on.",
    "rescued": "Done. Everyone sees it.",
    "skipped": "Skipped.",
    "stopped": "The show is stopped.",
    "stopping": "The show stops when this deal is over.",
}
UNSAID = {
    "over": "Nothing was changed: that deal was over already.",
    "as-it-was": "Nothing was changed: it was so already.",
    "not-stalled": "Nothing was changed: the deal on stage does not hold up the show.",
    "not-live": "Nothing was changed: that deal is not on stage.",
    "not-started": "Nothing was changed: the show has not been started.",
}


class StageView(Struct, frozen=True):
    """The deal on stage, in words. `stall` is empty where it does not hold up the show."""

    deal_id: int
    title: str
    sold: str
    ends: str
    stall: tuple[str, ...] = ()


class Button(Struct, frozen=True):
    """A form that changes the show: where it is sent, the mode that it asks for or nothing, and its words."""

    action: str
    words: str
    mode: str = ""
    strong: bool = False


class ShowControlsView(Struct, frozen=True):
    """What show_controls.html takes. `message` is empty where nothing was done, and `good` where it was not."""

    headline: str
    message: str
    good: bool
    stage: StageView | None
    next: str
    notes: tuple[str, ...]
    buttons: tuple[Button, ...]
    can_skip: bool
    can_stop: bool


class ConfirmView(Struct, frozen=True):
    """What show_confirm.html takes: what would come of it, and the forms that do it."""

    title: str
    deal_id: int | None
    consequences: tuple[str, ...]
    action: str
    choices: tuple[tuple[str, str], ...]  # what is sent as `when`, and the button's words


def show_controls_view(
    show: Mapping[str, Any], *, zone: ZoneInfo, event_name: str, said: str = ""
) -> ShowControlsView:
    """The controls for a show that stands so (inventory's show_document); `said` names what was just done."""
    stage = show["on_stage"]
    return ShowControlsView(
        headline=_headline(show, event_name),
        message=SAID.get(said) or UNSAID.get(said, ""),
        good=said in SAID,
        stage=None if stage is None else _stage(show, stage, zone),
        next=_next(show, zone),
        notes=_notes(show),
        buttons=_buttons(show, event_name),
        can_skip=stage is not None,
        can_stop=show["started"],
    )


def confirm_skip(show: Mapping[str, Any], *, zone: ZoneInfo) -> ConfirmView | None:
    """What a skip of the live deal would do; None where nothing is on stage."""
    stage = show["on_stage"]
    if stage is None:
        return None
    return ConfirmView(
        title=f"Skip {set_apart(stage['title'])}?",
        deal_id=stage["deal_id"],
        consequences=(_not_sold(stage), *_lost_pot(stage), _after_a_skip(show, zone)),
        action="/desk/show/skip",
        choices=(("", f"Skip {set_apart(stage['title'])}"),),
    )


def confirm_withdrawal(show: Mapping[str, Any], *, zone: ZoneInfo) -> ConfirmView | None:
    """What withdrawing the live deal would do; None where nothing is on stage."""
    asked = confirm_skip(show, zone=zone)
    if asked is None:
        return None
    words = f"Withdraw {set_apart(show['on_stage']['title'])}"
    return replace(
        asked,
        title=f"{words} from the stage?",
        action=f"/desk/deals/{asked.deal_id}/withdraw",
        choices=(("off-stage", words),),
    )


def confirm_stop(show: Mapping[str, Any], *, zone: ZoneInfo) -> ConfirmView:
    """What a stop of the show would do."""
    stage, waits = show["on_stage"], _waits(show["queued"])
    if stage is None:
        title, consequences = "Stop the show?", (f"Nothing is on stage. {waits}",)
        return ConfirmView(title, None, consequences, "/desk/show/stop", (("now", "Stop the show"),))
    ends = _ends(stage, zone)
    return ConfirmView(
        title="Stop the show?",
        deal_id=stage["deal_id"],
        consequences=(
            f"Now: {set_apart(stage['title'])} ends at once, for everyone. {_not_sold(stage)}",
            f"After this deal: {set_apart(stage['title'])} goes on selling. {ends} Then nothing opens.",
            waits,
        ),
        action="/desk/show/stop",
        choices=(("after-deal", f"Stop after {set_apart(stage['title'])}"), ("now", "Stop now")),
    )


def _headline(show: Mapping[str, Any], event_name: str) -> str:
    if not show["started"]:
        return "The show is stopped"
    mode = event_name if show["mode"] == "woot-off" else "Daily deal"
    words = {
        "live": "live",
        "sold-out": "sold out until midnight",
        "paused": "paused",
        "closed": "queue empty",
    }
    if show["phase"] == "closed" and show["queued"]:
        return f"{mode}: waiting for the next deal"
    return f"{mode}: {words[show['phase']]}"


def _stage(show: Mapping[str, Any], stage: Mapping[str, Any], zone: ZoneInfo) -> StageView:
    sold = f"{stage['sold']:,} of {stage['quantity']:,} sold, {stage['left']:,} left"
    stall = stall_words(stage, paused=show["paused"], zone=zone)
    return StageView(stage["deal_id"], stage["title"], sold, _ends(stage, zone), stall)


def _ends(stage: Mapping[str, Any], zone: ZoneInfo) -> str:
    if stage["ends_at"] is not None:
        return f"It ends at {_moment(stage['ends_at'], zone)}."
    if stage["seconds_left"] is not None:
        return f"{rough_words(stage['seconds_left'])} of its time is kept for it."
    return "It stays until it is sold out."


def _next(show: Mapping[str, Any], zone: ZoneInfo) -> str:
    following = show["next"]
    if following is None:
        return "Nothing waits behind it."
    if following["not_before"] is not None:
        return f"Next: {set_apart(following['title'])}, not before {_moment(following['not_before'], zone)}."
    return f"Next: {set_apart(following['title'])}."


def _notes(show: Mapping[str, Any]) -> tuple[str, ...]:
    return ("The show stops when this deal is over.",) if show["stopping"] else ()


def _buttons(show: Mapping[str, Any], event_name: str) -> tuple[Button, ...]:
    start, mode = "/desk/show/start", show["mode"]
    if not show["started"]:
        woot_off = Button(start, f"Start the {event_name}", "woot-off", strong=True)
        return (woot_off, Button(start, "Start the daily deal", "daily"))
    if show["paused"]:
        return (Button("/desk/show/resume", "Go on selling", strong=True),)
    if mode == "daily":
        change = Button(start, f"Change to {event_name}", "woot-off")
    else:
        change = Button(start, "Change to daily deals", "daily")
    keep_on = (Button(start, "Do not stop after it", mode),) if show["stopping"] else ()
    return (Button("/desk/show/pause", "Pause"), *keep_on, change)


def _not_sold(stage: Mapping[str, Any]) -> str:
    match stage["left"]:
        case 0:
            return "Nothing of it is left."
        case 1:
            return "The 1 that is left is not sold."
        case left:
            return f"The {left:,} that are left are not sold."


def _lost_pot(stage: Mapping[str, Any]) -> tuple[str, ...]:
    stall = stage["stall"]
    if stall is None or stall["pot_until"] is None:
        return ()
    return (f"Its helpers can not win the pot of {stall['pot']['text']} any more.",)


def _after_a_skip(show: Mapping[str, Any], zone: ZoneInfo) -> str:
    following = show["next"]
    if show["stopping"]:
        return "Then the show stops, as you have asked for."
    if following is None:
        return "Nothing waits, so the stage stays empty until something is queued."
    if following["not_before"] is not None:
        return f"{set_apart(following['title'])} comes next, at {_moment(following['not_before'], zone)}."
    if show["paused"]:
        return f"{set_apart(following['title'])} comes next, when the show goes on."
    return f"{set_apart(following['title'])} comes next, at once."


def _waits(queued: int) -> str:
    match queued:
        case 0:
            return "Nothing waits in the queue."
        case 1:
            return "1 deal stays in the queue until you start again."
        case _:
            return f"{queued:,} deals stay in the queue until you start again."


def _moment(text: str, zone: ZoneInfo) -> str:
    return moment_words(datetime.fromisoformat(text), zone)
