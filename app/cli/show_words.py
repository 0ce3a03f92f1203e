"""How the show stands, in lines for a terminal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def show_words(facts: Mapping[str, Any]) -> list[str]:
    """The show in a few lines; `facts` are inventory's show_document, with the shop's `time_zone`."""
    zone, stage = ZoneInfo(facts["time_zone"]), facts["on_stage"]
    lines = [f"{facts['mode']}, {facts['phase']}, {facts['queued']} wait"]
    if stage is None:
        lines.append("on stage  nothing")
    else:
        lines.append(f"on stage  {stage['deal_id']}  {stage['title']}")
        lines.append(f"sold      {stage['sold']} of {stage['quantity']}, {_pace(stage)}")
        lines.append(f"ends      {_end(stage, zone)}")
        if stage["stall"] is not None:
            lines.append(
                f"stalled   since {_moment(stage['stall']['since'], zone)}, {stage['stall']['to_go']} to go"
            )
    lines.append(f"next      {_next(facts, zone)}")
    return lines


def _pace(stage: Mapping[str, Any]) -> str:
    if not stage["per_minute"]:
        return "none in the last minute"
    minutes = -(-stage["sells_out_in_seconds"] // 60)
    return f"{stage['per_minute']:g} in the last minute, gone in {minutes} min at this pace"


def _end(stage: Mapping[str, Any], zone: ZoneInfo) -> str:
    if stage["ends_at"] is not None:
        return _moment(stage["ends_at"], zone)
    if stage["seconds_left"] is not None:
        return f"{stage['seconds_left'] // 60} min after the show goes on"
    return "when it is sold out"


def _next(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    following = facts["next"]
    if facts["stopping"]:
        return "the show stops when this deal is over"
    if following is None:
        return "nothing waits"
    held = following["not_before"]
    until = f", not before {_moment(held, zone)}" if held else ""
    return f"{following['deal_id']}  {following['title']}{until}"


def _moment(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
