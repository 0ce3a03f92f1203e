"""What a file comes to: drafts on the way, good rows and wrong ones at the end."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from msgspec import Struct, field

from app.inventory.deal import NewDeal

COLUMNS = (
    "title",
    "tagline",
    "story",
    "price",
    "list_price",
    "quantity",
    "limit",
    "photo",
    "photo_alt",
    "condition",
    "category",
    "currency",
    "shipping",
    "stock_display",
    "reward",
    "reward_cap_each",
    "reward_cap",
    "friend_discount",
    "friends_discount",
    "stall_after_minutes",
    "reward_steps",
    "pot",
    "pot_minutes",
    "max_minutes",
    "not_before",
)  # of our own CSV; every format's rows are brought into these
WHAT_IS_WRONG = "what is wrong"  # the column that the file to mend has besides; not read back


class Asked(Struct, frozen=True):
    """What a file is read for: the shop's currency and zone, the time, how many units a row has that does not say so
    (None: that is a problem), and cells that were mended at the desk, by line and column."""

    currency: str
    zone: tzinfo
    now: datetime
    quantity: int | None = None
    mended: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


class Wrong(Struct, frozen=True):
    """One thing that is wrong, and what would be right. `field` is one of COLUMNS, or `row`, `file`, or a header."""

    line: int
    field: str
    message: str


class Draft(Struct, frozen=True):
    """A row as a format understood it: texts by COLUMNS, what keeps it from being a deal already, and what its columns
    are called in the file where they have other names."""

    line: int
    texts: dict[str, str]
    wrong: tuple[tuple[str, str], ...] = ()  # field, message
    called: Mapping[str, str] = field(default_factory=dict)


class Good(Struct, frozen=True):
    """A row that can be queued. `line` is where it begins in the file; `photo` names a file or an address, or is empty;
    `alt` says what is to be seen on it; `digest` is the same for the same row of another upload."""

    line: int
    deal: NewDeal
    photo: str
    alt: str
    digest: str


class Bad(Struct, frozen=True):
    """A row that cannot be queued, as it was read, to be mended."""

    line: int
    texts: dict[str, str]


class Parsed(Struct, frozen=True):
    """Everything that was found in a file. `rows` counts the rows behind the header; a product's variants may make
    several deals of them, and its pictures none. `wrong` is in the order of the lines."""

    format: str
    rows: int
    good: list[Good]
    wrong: list[Wrong]
    bad: list[Bad]


class NotATableError(Exception):
    """The file cannot be read at all; the message says why, `line` where."""

    def __init__(self, message: str, line: int = 1, field: str = "file") -> None:
        super().__init__(message)
        self.line = line
        self.field = field
