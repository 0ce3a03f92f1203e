"""An issue of the newsletter: how its file is read, and whether it is its time."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

LONGEST_HEADING = 120  # characters
LONGEST_WORDS = 50_000  # characters; mail programs cut what is much longer than this, and with it the way out


class Issue(Struct, frozen=True):
    """What it is called, which is the mails' subject, and what it says, in plain text or Markdown as it was typed."""

    heading: str
    words: str


class PastIssue(Struct, frozen=True):
    """One that was begun before. `same`: it says the same as the one in question."""

    id: int
    heading: str
    same: bool
    begun_at: datetime
    ended_at: datetime | None


class GoOn(Struct, frozen=True):
    """It was begun, and not every reader has it: go on with issue `id`."""

    id: int


class Begin(Struct, frozen=True):
    """Nothing is against it."""


class NotNow(Struct, frozen=True):
    """It may not be sent, unless for a reason that is written down."""

    why: str


Verdict = GoOn | Begin | NotNow


def read_issue(text: str) -> Issue:
    """The issue in a Markdown file that begins with `# Its heading`. Raises ValueError, with words for people."""
    heading, _, words = text.removeprefix("\ufeff").lstrip().partition("\n")
    if not heading.startswith("# "):
        raise ValueError("its first line must be its heading, such as: # What is coming in May")
    heading, words = heading[2:].strip(), "\n".join(words.strip().splitlines())
    if not heading or not heading.isprintable() or "=?" in heading:
        raise ValueError("its heading must be one line of plain words, without =?")
    if len(heading) > LONGEST_HEADING:
        raise ValueError(f"its heading may have {LONGEST_HEADING} characters, and has {len(heading)}")
    if not words or "\0" in words:
        raise ValueError("below its heading there must be something to read, and nothing but text")
    if len(words) > LONGEST_WORDS:
        raise ValueError(f"it may have {LONGEST_WORDS:,} characters, and has {len(words):,}")
    return Issue(heading, words)


def judge(past: Sequence[PastIssue], now: datetime, zone: tzinfo) -> Verdict:
    """Once a calendar month of the shop's at most, by the first and by the last copy; and no issue twice."""
    for one in past:
        if one.ended_at is None:
            return (
                GoOn(one.id) if one.same else NotNow(f"“{one.heading}” is not finished: send that file first")
            )
    for one in past:
        if _month(now, zone) in (_month(one.begun_at, zone), _month(one.ended_at or now, zone)):
            return NotNow(f"this month's was sent: “{one.heading}”")
    for one in past:
        if one.same:
            return NotNow(f"this very issue was sent on {one.begun_at.astimezone(zone):%Y-%m-%d}")
    return Begin()


def _month(at: datetime, zone: tzinfo) -> tuple[int, int]:
    local = at.astimezone(zone)
    return local.year, local.month
