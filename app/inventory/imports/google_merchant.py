"""A Google Merchant feed, and what other shopping channels make of the same columns: prices as "105.29 USD".

A feed says whether there is stock, and not how much, so the quantity must come from elsewhere.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from app.inventory.imports.findings import Asked, Draft
from app.inventory.imports.format import CATEGORY, Format, Row, with_variant
from app.inventory.imports.html_to_markdown import to_line, to_markdown
from app.inventory.imports.sale_dates import read_sale

NAMES = {
    name.replace("_", " "): name
    for name in (
        "id",
        "title",
        "description",
        "link",
        "image_link",
        "availability",
        "price",
        "sale_price",
        "sale_price_effective_date",
        "condition",
        "item_group_id",
        "color",
        "size",
        "product_type",
        "google_product_category",
        "quantity",
        "inventory",
        "sell_on_google_quantity",
        "quantity_to_sell_on_facebook",
    )
} | {"colour": "color", "image url": "image_link", "brand": "brand", "gtin": "gtin", "mpn": "mpn"}
QUANTITIES = ("quantity", "inventory", "sell_on_google_quantity", "quantity_to_sell_on_facebook")
CONDITIONS = {"new": "New", "refurbished": "Refurbished", "used": "Used"}
NOT_THERE = {
    "out of stock": "is out of stock",
    "preorder": "is not in stock yet",
    "backorder": "is not in stock now",
    "discontinued": "is sold no more",
}


def column(key: str) -> str | None:
    """The name for a header, also as `g:price`."""
    return NAMES.get(key.removeprefix("g "))


def drafts(rows: Sequence[Row], asked: Asked) -> Iterator[Draft]:
    """A draft for each item. Items of one name are told apart by colour and size."""
    names = Counter(row["title"] for row in rows)
    for row in rows:
        title = to_line(row["title"])
        if names[row["title"]] > 1:
            title = with_variant(title, [row["color"], row["size"]])
        texts = {
            "title": title,
            "story": to_markdown(row["description"]),
            "price": row["price"],
            "quantity": next((row[name] for name in QUANTITIES if row[name]), ""),
            "photo": row["image_link"],
            "category": _category(row),
        }
        if condition := CONDITIONS.get(row["condition"].lower()):
            texts["condition"] = condition
        yield Draft(row.line, texts, tuple(_wrong(row) + _sale(row, texts, asked)))


def _category(row: Row) -> str:
    """The shop's own, else Google's where it is in words; by its number nobody knows it."""
    of_google = row["google_product_category"]
    return to_line(row["product_type"] or ("" if of_google.isdigit() else of_google))[:CATEGORY]


def _wrong(row: Row) -> list[tuple[str, str]]:
    words = NOT_THERE.get(row["availability"].lower().replace("_", " "))
    return [("availability", f"{words}; leave the row out, or say in_stock")] if words else []


def _sale(row: Row, texts: dict[str, str], asked: Asked) -> list[tuple[str, str]]:
    if not row["sale_price"]:
        return []
    starts, _, ends = row["sale_price_effective_date"].partition("/")
    try:
        sale = read_sale(starts, ends, zone=asked.zone, now=asked.now)
    except ValueError as error:
        return [("not_before", f"the sale's time {error}")]
    if sale.is_on:
        texts |= {"price": row["sale_price"], "list_price": row["price"]}
        texts |= {"not_before": sale.not_before} if sale.not_before else {}
    return []


GOOGLE = Format(
    name="google-merchant",
    words="a Google Merchant feed, as TSV or XML (id, title, link, image_link, availability, price, ...)",
    column=column,
    needs=(
        ("id",),
        ("title",),
        ("price",),
        ("link", "image_link"),
        ("availability", "image_link", "condition"),
    ),
    drafts=drafts,
    mark=".",
    called={"story": "description"},
)
