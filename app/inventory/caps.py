"""What the caps of a deal let a reward be: nobody is promised more for one unit than they let a helper have."""

from collections.abc import Mapping
from typing import Any

CAPS = ("reward_cap_each", "reward_cap")
REWARDED = ("reward", "reward_steps", *CAPS)


def highest_reward(fields: Mapping[str, Any]) -> int | None:
    """The most that a unit may bring its helper, in minor units, by the caps among these fields; None: anything."""
    return min((fields[name] for name in CAPS if fields.get(name) is not None), default=None)


def over_the_caps(fields: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a deal's rewards and its caps, by field; what is not among the fields is not looked at."""
    wrong: dict[str, str] = {}
    reward, steps, most = fields.get("reward"), fields.get("reward_steps"), highest_reward(fields)
    for name in CAPS:
        if reward is not None and fields.get(name) is not None and reward > fields[name]:
            wrong[name] = "must not be less than the reward for one unit"
    if steps and most is not None and max(step["reward"] for step in steps) > most:
        wrong["reward_steps"] = "must not rise above what the caps let a helper have"
    return wrong
