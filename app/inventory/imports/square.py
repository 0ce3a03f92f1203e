"""Square's item library, as it is exported: one row a variation, stock in a column for each location."""

from collections import Counter
from collections.abc import Iterator, Sequence

from app.inventory.imports.amounts import Mark, UnreadableError, decimal_mark, read_count
from app.inventory.imports.findings import Asked, Draft
from app.inventory.imports.format import CATEGORY, Format, Row, is_no, is_yes, with_variant
from app.inventory.imports.html_to_markdown import to_line, to_markdown

NAMES = {
    "token": "token",
    "reference handle": "token",
    "item name": "title",
    "customer facing name": "shown",
    "variation name": "variation",
    "description": "body",
    "price": "price",
    "online sale price": "sale",
    "archived": "archived",
    "category": "category",
    "categories": "category",
    "reporting category": "reporting",
    "sellable": "sellable",
}
STOCK = "current quantity"
NEW_STOCK = "new quantity"  # what somebody has counted, and is yet to be imported there
ALONE = {"", "regular", "normal", "standard", "default"}


def column(key: str) -> str | None:
    """The name for a header; stock keeps its location."""
    return key if key.startswith((STOCK, NEW_STOCK)) else NAMES.get(key)


def drafts(rows: Sequence[Row], asked: Asked) -> Iterator[Draft]:  # noqa: ARG001 - as every format has it
    """A draft for each variation; the item's words stand in its first row only, in some exports."""
    several = Counter(row["title"] for row in rows)
    bodies = {row["title"]: row["body"] for row in reversed(rows) if row["body"]}
    mark = decimal_mark(row["price"] for row in rows)
    for row in rows:
        title = to_line(row["shown"] or row["title"])
        if several[row["title"]] > 1 or row["variation"].lower() not in ALONE:
            title = with_variant(title, [row["variation"]]) if title else title
        texts = {
            "title": title,
            "story": to_markdown(row["body"] or bodies.get(row["title"], "")),
            "price": row["sale"] or row["price"],
            "category": to_line((row["category"] or row["reporting"]).split(",")[0])[:CATEGORY],
            "list_price": row["price"] if row["sale"] else "",
        }
        wrong = list(_wrong(row))
        try:
            texts["quantity"] = _in_stock(row, mark)
        except UnreadableError as error:
            wrong.append(("quantity", str(error)))
        yield Draft(row.line, texts, tuple(wrong))


def _in_stock(row: Row, mark: Mark | None) -> str:
    """What all locations have together; empty where none counts. One that has sold more than it had has none."""
    places = {
        name.removeprefix(STOCK).removeprefix(NEW_STOCK)
        for name in row.texts
        if name.startswith((STOCK, NEW_STOCK))
    }
    told = [row[NEW_STOCK + place] or row[STOCK + place] for place in places]
    counted = [text for text in told if text]
    return (
        str(sum(0 if text.startswith("-") else read_count(text, mark) for text in counted)) if counted else ""
    )


def _wrong(row: Row) -> Iterator[tuple[str, str]]:
    if is_yes(row["archived"]):
        yield "archived", "is archived in Square; leave the row out"
    if is_no(row["sellable"]):
        yield "sellable", "is not sold in Square by itself; leave the row out"
    if row["price"].lower() in {"variable", "variable price"}:
        yield "price", "is asked for at the till; a deal has one price, such as 49.99"


SQUARE = Format(
    name="square",
    words="Square's item library (Token, Item Name, Variation Name, Price, Current Quantity ..., ...)",
    column=column,
    needs=(("title",), ("variation", "token")),
    drafts=drafts,
    called={"title": "Item Name", "price": "Price", "quantity": "Current Quantity"},
)
