"""Patterns over past deals as their page shows them."""

from collections.abc import Sequence

from msgspec import Struct

from app.admin.record_words import pace_words, percent_words
from app.admin.shop_time import span_words
from app.inventory.desk import Group, Pattern

BY = {
    "price": ("Price", "price"),
    "hour": ("Hour of the day", "opened from"),
    "weekday": ("Weekday", "opened on"),
    "category": ("Category", "category"),
    "condition": ("Condition", "condition"),
    "discount": ("Below the list price", "by"),
    "quantity": ("Quantity", "units"),
}
NO_ADVICE = ("no category", "other categories")  # there is nothing to choose in these


class GroupView(Struct, frozen=True):
    """A group of a pattern. The bars are percent of the longest."""

    name: str
    deals: int
    too_few: bool
    sold_out: str
    sold_out_in: str
    pace: str
    pace_bar: float
    sell_through: str
    sell_through_bar: float
    is_best: bool


class PatternView(Struct, frozen=True):
    """A pattern as a table with bars, and in a sentence where there is something to say."""

    by: str
    title: str
    head: str
    lead: str
    groups: tuple[GroupView, ...]


def view_pattern(pattern: Pattern) -> PatternView:
    """A pattern with the best of its groups marked, of those that hold enough deals."""
    title, head = BY[pattern.by]
    sure = [group for group in pattern.groups if not group.too_few and group.name not in NO_ADVICE]
    best = max(sure, key=lambda group: group.units_per_minute) if len(sure) > 1 else None
    longest = max((group.units_per_minute for group in pattern.groups), default=0) or 1
    groups = tuple(_group(group, longest, group is best) for group in pattern.groups)
    return PatternView(pattern.by, title, head, _lead(sure, best), groups)


def _group(group: Group, longest: float, is_best: bool) -> GroupView:
    minutes = group.minutes_to_sell_out
    return GroupView(
        name=group.name,
        deals=group.deals,
        too_few=group.too_few,
        sold_out=f"{group.sold_out:,} of {group.deals:,}",
        sold_out_in="–" if minutes is None else span_words(minutes * 60),
        pace=pace_words(group.units_per_minute),
        pace_bar=round(100 * group.units_per_minute / longest, 1),
        sell_through=percent_words(group.sell_through),
        sell_through_bar=round(100 * group.sell_through, 1),
        is_best=is_best,
    )


def _lead(sure: Sequence[Group], best: Group | None) -> str:
    if best is None:
        return "Too few deals to compare yet." if not sure else "Nothing to compare it with yet."
    slowest = min(sure, key=lambda group: group.units_per_minute)
    if slowest.units_per_minute == best.units_per_minute:
        return "No group is faster than the others."
    return (
        f"Fastest: {best.name}, {pace_words(best.units_per_minute)} units a minute. "
        f"Slowest: {slowest.name}, {pace_words(slowest.units_per_minute)}."
    )
