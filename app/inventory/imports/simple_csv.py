"""Our own columns, as CSV, TSV or a workbook, and what other shops call them."""

from collections.abc import Iterator, Sequence

from app.inventory.imports.findings import COLUMNS, WHAT_IS_WRONG, Asked, Draft
from app.inventory.imports.format import Format, Row
from app.platform.csv_export import plain_cell

OTHER_NAMES = {
    "product category": "category",
    "categories": "category",
    "name": "title",
    "product": "title",
    "product name": "title",
    "product title": "title",
    "item": "title",
    "item name": "title",
    "subtitle": "tagline",
    "description": "story",
    "product description": "story",
    "text": "story",
    "sale price": "price",
    "our price": "price",
    "unit price": "price",
    "product price": "price",
    "msrp": "list_price",
    "rrp": "list_price",
    "retail price": "list_price",
    "compare at price": "list_price",
    "regular price": "list_price",
    "was": "list_price",
    "qty": "quantity",
    "stock": "quantity",
    "units": "quantity",
    "inventory": "quantity",
    "inventory quantity": "quantity",
    "stock quantity": "quantity",
    "in stock": "quantity",
    "on hand": "quantity",
    "current stock": "quantity",
    "current stock level": "quantity",
    "stock level": "quantity",
    "limit per shopper": "limit",
    "limit per customer": "limit",
    "image": "photo",
    "picture": "photo",
    "image url": "photo",
    "image link": "photo",
    "photo url": "photo",
    "image1": "photo",
    "alt": "photo_alt",
    "alt text": "photo_alt",
    "image alt": "photo_alt",
    "image alt text": "photo_alt",
    "currency code": "currency",
}
OURS = {column.replace("_", " "): column for column in COLUMNS}


def column(key: str) -> str | None:
    """Our column for a header, under any of its names."""
    return OURS.get(key) or OTHER_NAMES.get(key) or (WHAT_IS_WRONG if key == WHAT_IS_WRONG else None)


def drafts(rows: Sequence[Row], asked: Asked) -> Iterator[Draft]:  # noqa: ARG001 - as every format has it
    """Each row is a deal. In a file that we gave out to be mended, cells are freed of their marks."""
    for row in rows:
        texts = {name: row[name] for name in row.texts if name in COLUMNS}
        if WHAT_IS_WRONG in row.texts:
            texts = {name: plain_cell(text) for name, text in texts.items()}
        yield Draft(row.line, texts)


SIMPLE = Format(
    name="simple-csv",
    words="our own columns (title, price, quantity, ...)",
    column=column,
    needs=(("title",), ("price", "quantity")),
    drafts=drafts,
    shows_unknown=True,
)
