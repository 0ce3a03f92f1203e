"""A deal that holds up the show, at the desk: how it stands in words, and what can be added for it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.shop_time import moment_words
from app.admin.title_words import set_apart

MORE_MINUTES = (15, 30, 60)


class MoreTime(Struct, frozen=True):
    """A form that gives something more time: its heading, the field, and each button's value and words."""

    heading: str
    words: str
    field: str
    choices: tuple[tuple[int, str], ...]


class RescueView(Struct, frozen=True):
    """What rescue.html takes. `typed` is the reward as somebody wrote it, with what is wrong with it in `problem`."""

    deal_id: int
    title: str
    stands: tuple[str, ...]
    currency: str
    more_time: tuple[MoreTime, ...]
    typed: str = ""
    problem: str = ""


def stall_words(stage: Mapping[str, Any], *, paused: bool, zone: ZoneInfo) -> tuple[str, ...]:
    """How a deal on stage (inventory's show_document) holds up the show; nothing where it does not."""
    stall = stage["stall"]
    if stall is None:
        return ()
    since = f"It holds up the show since {_moment(stall['since'], zone)}: {stall['to_go']:,} to go."
    return since, _reward(stall, zone), *_pot(stall, paused, zone)


def rescue_view(
    show: Mapping[str, Any], *, zone: ZoneInfo, typed: str = "", problem: str = ""
) -> RescueView | None:
    """What can be added for the live deal; None where it holds up nothing."""
    stage = show["on_stage"]
    if stage is None or stage["stall"] is None:
        return None
    stall = stage["stall"]
    return RescueView(
        deal_id=stage["deal_id"],
        title=set_apart(stage["title"]),
        stands=stall_words(stage, paused=show["paused"], zone=zone),
        currency=stall["currency"],
        more_time=_more_time(stall),
        typed=typed,
        problem=problem,
    )


def _reward(stall: Mapping[str, Any], zone: ZoneInfo) -> str:
    reward, rises_to, rises_at = stall["reward"], stall["rises_to"], stall["rises_at"]
    now = f"Helpers get {reward['text']} for each unit" if reward else "Helpers get nothing"
    if rises_to is None or rises_at is None:
        return f"{now}."
    return f"{now}, and {rises_to['text']} from {_moment(rises_at, zone)} on, if it lasts."


def _pot(stall: Mapping[str, Any], paused: bool, zone: ZoneInfo) -> tuple[str, ...]:
    pot, until = stall["pot"], stall["pot_until"]
    if pot is None:
        return ()
    if until is not None:
        return (f"Its helpers share a pot of {pot['text']} if it is gone by {_moment(until, zone)}.",)
    if paused:
        return (f"The time for its pot of {pot['text']} stands still.",)
    return (f"The time for its pot of {pot['text']} is over.",)


def _more_time(stall: Mapping[str, Any]) -> tuple[MoreTime, ...]:
    found = []
    if stall["pot_minutes"] is not None:
        words = "Who helps has longer to win the pot. Its amount stays."
        found.append(MoreTime("More time for the pot", words, "pot_minutes", _choices(stall["pot_minutes"])))
    if stall["max_minutes"] is not None:
        words = "The next deal waits for longer."
        found.append(MoreTime("More time on stage", words, "max_minutes", _choices(stall["max_minutes"])))
    return tuple(found)


def _choices(minutes: int) -> tuple[tuple[int, str], ...]:
    """Each says how long in all, so that what is sent twice is added once."""
    return tuple((minutes + more, f"{more} minutes more") for more in MORE_MINUTES)


def _moment(text: str, zone: ZoneInfo) -> str:
    return moment_words(datetime.fromisoformat(text), zone)
