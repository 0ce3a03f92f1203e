"""The steps by which a reward rises, as people write them: "15: 3.00; 30: 5.00", minutes since the stall began."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from app.payments.money import minor_digits

SUCH_AS = "15: 3.00; 30: 5.00"
STEP = re.compile(r"(\d{1,6})\s*[:=]\s*(\S.*)", re.ASCII)


def read_steps(text: str, amount: Callable[[str], int]) -> list[dict[str, int]]:
    """The steps as a deal has them; none where nothing is written. `amount` reads one, in minor units.

    Raises ValueError, and what `amount` raises. Whether they grow is the deal's to say.
    """
    steps = []
    for part in re.split(r"[;\n]", text):
        if not part.strip():
            continue
        found = STEP.fullmatch(part.strip())
        if found is None:
            raise ValueError(
                f"not steps such as {SUCH_AS}: minutes since the stall began, and the reward then"
            )
        steps.append({"after_minutes": int(found[1]), "reward": amount(found[2])})
    return steps


def write_steps(steps: Iterable[Mapping[str, int]], currency: str) -> str:
    """The same as text."""
    digits = minor_digits(currency)

    def plain(amount: int) -> str:
        return f"{Decimal(amount).scaleb(-digits):.{digits}f}"

    return "; ".join(f"{step['after_minutes']}: {plain(step['reward'])}" for step in steps)
