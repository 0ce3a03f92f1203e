"""What the import's pages show, in words."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.inventory.desk import COLUMNS, WHAT_IS_WRONG, Bad, CheckedFile, Good, Parsed, Wrong
from app.payments import Money
from app.platform.csv_export import csv_lines

PAGE = 100  # deals or problems
KINDS = {
    "simple-csv": "our own columns",
    "simple-xlsx": "our own columns, in a workbook",
    "shopify": "a Shopify export",
    "woocommerce": "a WooCommerce export",
    "google-merchant": "a Google Merchant feed",
    "square": "a Square item library",
    "unknown": "a file that we cannot read",
}
LINES_SHOWN = 12  # of a group


class ProblemView(Struct, frozen=True):
    """One problem; `mend` is the address of the form in which its row can be written anew, or empty."""

    line: int
    field: str
    message: str
    mend: str


class GroupView(Struct, frozen=True):
    """Problems that are alike."""

    field: str
    message: str
    count: str
    lines: str  # "line 7", "lines 2, 11 and 3 more"


class DealView(Struct, frozen=True):
    """A row that would be queued."""

    line: int
    title: str
    category: str
    price: str
    list_price: str
    quantity: str
    limit: int
    photo: str


class PageView(Struct, frozen=True):
    """Which part of a list is shown: `first` to `last` of `total`, and the numbers of the pages beside it, or 0."""

    first: int
    last: int
    total: int
    before: int
    after: int


class FieldView(Struct, frozen=True):
    """A cell of a row that is being mended, and what is wrong with it."""

    name: str
    label: str
    text: str
    is_long: bool
    wrong: str


class MendView(Struct, frozen=True):
    """The form of one bad row; `others` is what is wrong with it besides its cells."""

    line: int
    fields: list[FieldView]
    others: list[str]


class CheckView(Struct, frozen=True):
    """A checked file; `unreadable` says why nothing of it could be read, and is empty where something was."""

    token: str
    address: str
    name: str
    kind: str
    unreadable: str
    rows: str
    good: str
    good_count: int
    problems: str
    problem_count: int
    new: str
    new_count: int
    already: str
    already_count: int
    bad_count: int
    queued: str | None
    again: bool


def view_check(checked: CheckedFile) -> CheckView:
    """The counts, with their thousands apart."""
    parsed, queued = checked.loaded.parsed, checked.loaded.queued
    return CheckView(
        checked.token,
        f"/desk/import/{checked.token}",
        checked.name or "the file",
        KINDS[parsed.format],
        _unreadable(parsed),
        count(parsed.rows, "row"),
        f"{len(parsed.good):,}",
        len(parsed.good),
        count(len(parsed.wrong), "problem"),
        len(parsed.wrong),
        count(len(queued.rows), "deal"),
        len(queued.rows),
        count(len(queued.already), "row"),
        len(queued.already),
        len(parsed.bad),
        None if checked.queued is None else count(checked.queued, "deal"),
        checked.again,
    )


def _unreadable(parsed: Parsed) -> str:
    if parsed.format != "unknown":
        return ""
    (problem,) = parsed.wrong
    subject = "" if problem.message.startswith(("a ", "the ")) else "it "
    words = f"{subject}{problem.message}"
    place = f" (line {problem.line})" if problem.line > 1 else ""
    return f"{words[0].upper()}{words[1:]}{place}."


def count(number: int, thing: str) -> str:
    """1 row, 9,896 rows."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def view_page(total: int, page: int) -> PageView:
    """Page `page` (from 1) of a list; one that is not there is the last."""
    last_page = max(1, -(-total // PAGE))
    page = min(max(page, 1), last_page)
    first = (page - 1) * PAGE + 1
    return PageView(first, min(page * PAGE, total), total, page - 1, page + 1 if page < last_page else 0)


def view_problems(checked: CheckedFile, page: PageView) -> list[ProblemView]:
    """The problems of a page, in the order of the lines."""
    rows = {bad.line for bad in checked.loaded.parsed.bad} if checked.queued is None else set()
    shown = checked.loaded.parsed.wrong[page.first - 1 : page.last]
    return [
        ProblemView(
            problem.line,
            problem.field.replace("_", " "),
            problem.message,
            f"?mend={problem.line}#mend" if problem.line in rows else "",
        )
        for problem in shown
    ]


def view_groups(wrong: Sequence[Wrong]) -> list[GroupView]:
    """Problems that are alike together, the most frequent first."""
    groups: dict[tuple[str, str], list[int]] = {}
    for problem in wrong:
        groups.setdefault((problem.field, problem.message), []).append(problem.line)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return [
        GroupView(field.replace("_", " "), message, f"{len(lines):,}", _lines(lines))
        for (field, message), lines in ordered[:PAGE]
    ]


def _lines(lines: Sequence[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:LINES_SHOWN])
    more = f" and {len(lines) - LINES_SHOWN:,} more" if len(lines) > LINES_SHOWN else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}{more}"


def view_deals(rows: Sequence[Good], page: PageView, currency: str) -> list[DealView]:
    """The rows of a page, as deals; `currency` is the shop's."""
    return [_deal(row, currency) for row in rows[page.first - 1 : page.last]]


def _deal(row: Good, currency: str) -> DealView:
    deal = row.deal
    code = deal.currency or currency
    return DealView(
        row.line,
        deal.title,
        deal.category,
        str(Money(deal.price, code)),
        "" if deal.list_price is None else str(Money(deal.list_price, code)),
        f"{deal.quantity:,}",
        deal.limit,
        "to be fetched" if row.photo else "",
    )


def view_mend(checked: CheckedFile, line: int) -> MendView | None:
    """The form for the bad row on `line`; None where there is none."""
    bad = next((bad for bad in checked.loaded.parsed.bad if bad.line == line), None)
    if bad is None or checked.queued is not None:
        return None
    wrong = [problem for problem in checked.loaded.parsed.wrong if problem.line == line]
    said = {problem.field: problem.message for problem in reversed(wrong)}
    shown = ("title", "price", "list_price", "quantity", "limit")
    names = [name for name in COLUMNS if name in shown or bad.texts.get(name) or name in said]
    fields = [
        FieldView(
            name,
            name.replace("_", " ").capitalize(),
            bad.texts.get(name, ""),
            name == "story",
            said.get(name, ""),
        )
        for name in names
    ]
    others = [f"{problem.field}: {problem.message}" for problem in wrong if problem.field not in COLUMNS]
    return MendView(line, fields, others)


def fix_file(bad: Sequence[Bad], wrong: Sequence[Wrong]) -> Iterator[str]:
    """The bad rows as a CSV in our own columns, with a column that says what is wrong; it can be imported as it is."""
    said: dict[int, list[str]] = {}
    for problem in wrong:
        said.setdefault(problem.line, []).append(f"{problem.field}: {problem.message}")
    rows = (
        [
            *(row.texts.get(name, "") for name in COLUMNS),
            f"line {row.line}: " + "; ".join(said.get(row.line, [])),
        ]
        for row in bad
    )
    return csv_lines([*COLUMNS, WHAT_IS_WRONG], rows)
