"""A measured figure beside what it must be and what it aims at."""

from collections.abc import Sequence

from msgspec import Struct

from bench.table import short, table

HEAD = ("target", "measured", "must", "aim", "met")


class Target(Struct, frozen=True):
    """`is_most` where less is better; `must` is None where nothing is demanded."""

    name: str
    measured: float
    must: float | None
    aim: float | None
    is_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it is what it must be."""
        if self.must is None:
            return True
        return self.measured <= self.must if self.is_most else self.measured >= self.must


def target_table(targets: Sequence[Target]) -> str:
    """All of them, a line each."""
    return table(HEAD, [_row(target) for target in targets])


def _row(target: Target) -> list[str]:
    sign = "≤" if target.is_most else "≥"
    must, aim = ("–" if bound is None else f"{sign} {short(bound)}" for bound in (target.must, target.aim))
    met = "–" if target.must is None else "yes" if target.is_met else "NO"
    return [target.name, short(target.measured), must, aim, met]
