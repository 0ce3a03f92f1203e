"""What every format is: the headers that it is known by, and how its rows become drafts."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from app.inventory.imports.amounts import Mark
from app.inventory.imports.findings import Asked, Draft, NotATableError

CATEGORY = 200  # characters; of a longer one the rest is left out


class Row(Struct, frozen=True):
    """A row by the format's own names for its columns; what it does not use is left out."""

    line: int
    texts: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """A cell without blanks around it; empty where the column is not there."""
        return self.texts.get(name, "")


class Format(Struct, frozen=True):
    """A kind of file. `column` gives the format's own name for a header (as `sheet.key` makes it), or None; `needs` are
    the names of which each group must be there in one way; `mark` is its decimal mark, where it has a rule."""

    name: str
    words: str  # what it is, and the headers that it is known by, for people
    column: Callable[[str], str | None]
    needs: tuple[tuple[str, ...], ...]
    drafts: Callable[[Sequence[Row], Asked], Iterator[Draft]]
    mark: Mark | None = None
    shows_unknown: bool = False  # a header that nobody knows is told
    called: dict[str, str] = field(default_factory=dict)

    def recognises(self, keys: Sequence[str]) -> bool:
        """Whether a table with these headers is such a file."""
        names = {self.column(key) for key in keys}
        return all(any(name in names for name in group) for group in self.needs)


def called_by(headers: Sequence[str], keys: Sequence[str], shown: Sequence[str]) -> dict[str, str]:
    """What the columns in `shown` are called in the file."""
    return {key: header.strip() for header, key in zip(headers, keys, strict=True) if key in shown}


def is_yes(text: str) -> bool:
    """A tick as shops write it."""
    return text.strip().lower() in {"1", "y", "yes", "true", "x"}


def is_no(text: str) -> bool:
    """No tick, and said so."""
    return text.strip().lower() in {"0", "n", "no", "false"}


def with_variant(title: str, values: Sequence[str]) -> str:
    """A variant's title: "T-shirt – Red / L"."""
    chosen = " / ".join(value for value in values if value)
    return f"{title} – {chosen}" if chosen else title


__all__ = ["CATEGORY", "Format", "NotATableError", "Row", "called_by", "is_no", "is_yes", "with_variant"]
