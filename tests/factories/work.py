"""Whoever does the work that is asked of them."""

from typing import Any

import altcha


def solved(puzzle: dict[str, Any]) -> str:
    """The answer to a puzzle, as the field Proof-Of-Work has it."""
    challenge = altcha.Challenge.from_dict(puzzle)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()
