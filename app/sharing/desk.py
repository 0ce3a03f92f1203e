"""What merchandisers look up and decide about help: the room's other face, for the desk.

A shop that opens does without it for a moment, see docs/decisions/0027.
"""

from app.sharing.bringing import Brought, read_brought
from app.sharing.help_cost import Given, HelpCost, read_help_costs
from app.sharing.reviewing import (
    HeldReward,
    HelperSoFar,
    count_held,
    decide_held,
    held_rewards,
    helpers_so_far,
    is_in_it,
)

__all__ = [
    "Brought",
    "Given",
    "HeldReward",
    "HelpCost",
    "HelperSoFar",
    "count_held",
    "decide_held",
    "held_rewards",
    "helpers_so_far",
    "is_in_it",
    "read_brought",
    "read_help_costs",
]
