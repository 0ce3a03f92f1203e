"""What it costs to define one kind of value, by each way of making it: `python bench/kinds_of_value.py`.

Nobody waits for one of them; a start defines some two hundred (docs/decisions/0036).
"""

import dataclasses  # noqa: TID251 - it is what is measured
import gc
import statistics
import time
import typing
from types import CodeType

import msgspec

ROUNDS = 7
TIMES = 200
FIELDS = """
    '''A value.'''
    number: int
    title: str
    until: float | None
    left: tuple[int, ...] = ()
    is_over: bool = False
"""
WAYS = {
    "msgspec.Struct, frozen": "class Value(msgspec.Struct, frozen=True):",
    "typing.NamedTuple": "class Value(typing.NamedTuple):",
    "dataclass": "@dataclasses.dataclass\nclass Value:",
    "dataclass, frozen, slots": "@dataclasses.dataclass(frozen=True, slots=True)\nclass Value:",
    "a class without methods": "class Value:",
}


def milliseconds(code: CodeType) -> float:
    """What running `code` once took, on average."""
    names = {"dataclasses": dataclasses, "msgspec": msgspec, "typing": typing, "__name__": __name__}
    began = time.perf_counter()
    for _ in range(TIMES):
        exec(code, dict(names))  # noqa: S102 - this file's own
    return (time.perf_counter() - began) / TIMES * 1000


def main() -> None:
    """All ways in turn, so that the machine's moods meet each of them."""
    gc.disable()
    codes = {way: compile(head + FIELDS, way, "exec") for way, head in WAYS.items()}
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way, code in codes.items():
            took[way].append(milliseconds(code))
    least = min(took["msgspec.Struct, frozen"])
    for way, times in took.items():
        middle = statistics.median(times)
        print(f"{way:26} least {min(times):6.3f} ms   × {min(times) / least:4.1f}   median {middle:6.3f} ms")


if __name__ == "__main__":
    main()
