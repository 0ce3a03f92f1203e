"""What the live page says of a deal that holds up the show, and of one that did: a snapshot in, ready words out."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from math import ceil, floor
from typing import Any

from msgspec import Struct


class StallView(Struct, frozen=True):
    """All of them empty while nothing holds up the show."""

    stall: str = ""
    to_go: str = ""
    stall_words: str = ""
    pot: str = ""


# static/js/words.js says the same words in the browser; change both.
def stall_view(snapshot: Mapping[str, Any], *, event: str, zone: tzinfo) -> StallView:
    """The words on the tape. `event` is what the shop calls its show, `zone` is the shop's time zone."""
    stall, deal, stock = snapshot["stall"], snapshot["deal"], snapshot["stock"]
    if not stall or not deal or not stock:
        return StallView()
    crowd = snapshot["crowd"] or {}
    helpers, units, team = (int(crowd.get(name) or 0) for name in ("helpers", "helped_units", "team"))
    words = [
        _at_this_pace(stall.get("sells_out_in_seconds")),
        f"{100 - stock['left_percent']}% is sold." if stock["left_percent"] < 100 else "",
        f"{counted(helpers, 'helper')} brought {units:,} of it." if helpers else "",
        f"{team:,} took one for the team." if team else "",
        f"Each one that your link sells earns you {stall['reward']['text']}, as a coupon."
        if stall["reward"]
        else "",
    ]
    return StallView(
        stall=f"{deal['title']} is holding up the {event}.",
        to_go=f"{stall['to_go']:,} to go. Help sell it out.",
        stall_words=" ".join(filter(None, words)),
        pot=_pot(stall, zone),
    )


def cleared_words(snapshot: Mapping[str, Any]) -> str:
    """What is said of a stall that was cleared right before; empty where there was none."""
    cleared = snapshot.get("cleared")
    if not cleared:
        return ""
    if not cleared["helpers"]:
        return f"{cleared['title']} is gone at last."
    helped = f"{counted(cleared['helpers'], 'helper')} sold {cleared['helped_units']:,} of it."
    return f"{cleared['title']} is gone at last: {helped}"


def weekday_and_hour(at: str, zone: tzinfo) -> str:
    """Such as: Saturday, 12:00 AM CST"""
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%A}, {local.hour % 12 or 12}:{local:%M %p %Z}".strip()


def counted(number: int, thing: str) -> str:
    """Such as: 1 helper, 2 helpers"""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _at_this_pace(seconds: float | None) -> str:
    if seconds is None:
        return "Nothing is selling right now."
    return f"At this pace it takes another {_long(seconds)}."


def _long(seconds: float) -> str:
    minutes = ceil(seconds / 60)
    if minutes < 90:
        return counted(minutes, "minute")
    # Half up, as the browser rounds.
    hours = floor(minutes / 60 + 0.5)
    return counted(hours, "hour") if hours < 48 else counted(floor(hours / 24 + 0.5), "day")


def _pot(stall: Mapping[str, Any], zone: tzinfo) -> str:
    if not stall.get("pot"):
        return ""
    until = stall.get("pot_until")
    deadline = f"by {weekday_and_hour(until, zone)}" if until else "in time"
    return (
        f"The pot: {stall['pot']['text']} for everybody whose link sells, if the last one is gone {deadline}."
    )
