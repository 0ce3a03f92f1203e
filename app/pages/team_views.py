"""Taking one for the team, in words: what the page of an order asks whoever bought while its deal held up the show."""

from typing import Literal

from msgspec import Struct

NO_MORE = ("cancelled", "refunded")


class TeamView(Struct, frozen=True):
    """`state` is empty where nothing is asked: the deal held up nothing then, or the order is no more."""

    state: Literal["", "ask", "said"]
    words: str


def team_view(status: str, *, asks: bool, said: bool, team: int) -> TeamView:
    """What is asked about an order with this status. `team` counts who has said so of its deal."""
    if not asks or status in NO_MORE:
        return TeamView("", "")
    if said:
        return TeamView("said", "Only you, so far." if team <= 1 else f"You and {team - 1:,} more.")
    others = f" {team:,} did so far." if team else ""
    return TeamView("ask", f"This one held up the show. Did you buy it only so that it goes on?{others}")
