"""What a deal's line should do next. Nothing here acts: it is told how things stand, and answers."""

from datetime import timedelta

from msgspec import Struct

OFFER_LASTS = timedelta(minutes=5)
AT_ONCE = 100  # offers made in one transaction; the next round makes more


class LineState(Struct, frozen=True):
    """A deal and its line. `kept` units are offered to somebody, and count as gone.

    `on_sale`: the gate sells it, or would but for a pause. `withdrawn`: nothing of it is sold any more.
    `may_come_back`: some order can still end without its units. `waiting` stand in line without an offer.
    """

    left: int  # units that are not sold
    kept: int
    on_sale: bool
    withdrawn: bool
    may_come_back: bool
    waiting: int

    @property
    def free(self) -> int:
        """Units that the line can have at this moment: while the deal is on sale, what is left is the gate's."""
        return 0 if self.on_sale or self.withdrawn else max(0, self.left - self.kept)


class Wait(Struct, frozen=True):
    """Nothing to do; something may still come back."""


class OfferTo(Struct, frozen=True):
    """The first so many in line get an offer."""

    first: int


class TellOver(Struct, frozen=True):
    """Nothing can come back any more: nobody is to wait for it."""


Step = Wait | OfferTo | TellOver


def next_step(line: LineState) -> Step:
    """What to do for those who wait."""
    if line.waiting == 0:
        return Wait()
    if line.free:
        return OfferTo(min(line.free, line.waiting, AT_ONCE))
    return Wait() if can_come(line) else TellOver()


def can_come(line: LineState) -> bool:
    """Whether anybody who stands in line may still get a unit, by an offer or at the gate."""
    return not line.withdrawn and (line.left > 0 or line.kept > 0 or line.may_come_back)


def may_join(line: LineState, *, has_sold_out: bool) -> bool:
    """Whether there is a line to stand in: the deal is sold out, or was when it was on sale, and is not over.

    While units are left on sale they can simply be bought; what was left over when a deal ended is not for sale.
    """
    nothing_left = line.left - line.kept <= 0
    return can_come(line) and (nothing_left or (has_sold_out and not line.on_sale))
