"""Failpoints: named places at which a test makes this process die, stop, wait or fail.

In a shop that sells nothing is armed, and a place costs the look into an empty dict. Arming from outside needs
BREADMAKER_TEST_MODE=on; the settings refuse it otherwise. The plan is `NAME=ACTION`, several with commas between:
`after-commit=kill`, `after-admit=stop`, `before-commit=fail`, `before-answer=wait:seconds=2`; `:after=3` means the
third time that the place is reached, and only that one. Without it, it is the first.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal, cast, get_args

from msgspec import Struct

Name = Literal[
    "before-admit",
    "after-admit",
    "before-commit",
    "after-commit",
    "before-answer",
    "during-recount",
    "between-sell-out-and-advance",
    "before-provider",
    "after-provider",
    "after-settled",
    "after-line-offer",
    "after-line-commit",
    "before-mail-noted",
    "before-copies-are-posted",
    "before-cards-are-forgotten",
]
NAMES: tuple[str, ...] = get_args(Name)
LONGEST_WAIT_SECONDS = 600.0

Act = Callable[[], Awaitable[None]]


class FailpointError(Exception):
    """What a place raises that is armed with `fail`."""


class Trap(Struct):
    """What happens at a place; `only` names the one time that it does, None means each time."""

    act: Act
    only: int | None = None
    times: int = 0


_traps: dict[str, Trap] = {}


async def reach(name: Name) -> None:
    """This place is reached: nothing happens, unless a test has armed it."""
    if _traps and (trap := _traps.get(name)) is not None:
        trap.times += 1
        if trap.only in (None, trap.times):
            await trap.act()


def arm(plan: str) -> None:
    """Arm this process for the rest of its life. `plan` has passed the settings; an empty one changes nothing."""
    _traps.update(parse(plan))


@contextmanager
def armed(name: Name, what: Act | Exception) -> Iterator[None]:
    """While this lasts, each arrival at the place awaits `what`, or raises it."""
    before = _traps.get(name)
    _traps[name] = Trap(partial(_fail, what) if isinstance(what, Exception) else what)
    try:
        yield
    finally:
        del _traps[name]
        if before is not None:
            _traps[name] = before


def parse(plan: str) -> dict[str, Trap]:
    """What a plan arms, by name. Raises ValueError where it cannot be read."""
    traps: dict[str, Trap] = {}
    for step in filter(None, plan.split(",")):
        name, _, rest = step.strip().partition("=")
        if name not in NAMES:
            raise ValueError(f"there is no failpoint {name!r}; there are {', '.join(NAMES)}")
        action, *options = rest.split(":")
        numbers = _numbers(options)
        if ("seconds" in numbers) != (action == "wait"):
            raise ValueError(f"{step!r}: `wait` needs seconds, and nothing else takes them")
        traps[name] = Trap(_act(name, action, numbers.get("seconds", 0.0)), int(numbers.get("after", 1)))
    return traps


def _numbers(options: list[str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name == "after" and value.isdecimal() and int(value) > 0:
            numbers[name] = int(value)
        elif name == "seconds" and value.replace(".", "", 1).isdecimal():
            numbers[name] = min(float(value), LONGEST_WAIT_SECONDS)
        else:
            raise ValueError(f"{option!r} is neither after=TIMES nor seconds=SECONDS")
    return numbers


def _act(name: str, action: str, seconds: float) -> Act:
    match action:
        case "kill":
            return partial(_signal, signal.SIGKILL)
        case "stop":
            return partial(_signal, signal.SIGSTOP)
        case "fail":
            return partial(_fail, FailpointError(f"failpoint {name}"))
        case "wait":
            return cast(Act, partial(asyncio.sleep, seconds))
    raise ValueError(f"{action!r} is none of kill, stop, fail and wait:seconds=SECONDS")


async def _signal(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


async def _fail(error: Exception) -> None:
    raise error
