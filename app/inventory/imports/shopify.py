"""Shopify's products CSV, in both dialects of its headers.

A product is several rows of one handle: its variants, and further pictures. Each variant becomes a deal.
"""

from collections.abc import Iterator, Sequence

from app.inventory.imports.findings import Asked, Draft
from app.inventory.imports.format import CATEGORY, Format, Row, is_yes, with_variant
from app.inventory.imports.html_to_markdown import to_line, to_markdown

NAMES = {
    "type": "type",
    "product category": "category",
    "handle": "handle",
    "url handle": "handle",
    "title": "title",
    "body html": "body",
    "description": "body",
    "option1 value": "option1",
    "option2 value": "option2",
    "option3 value": "option3",
    "variant sku": "sku",
    "sku": "sku",
    "variant inventory tracker": "tracker",
    "inventory tracker": "tracker",
    "variant inventory qty": "quantity",
    "variant inventory quantity": "quantity",
    "inventory quantity": "quantity",
    "variant price": "price",
    "price": "price",
    "variant compare at price": "list_price",
    "compare at price": "list_price",
    "image src": "image",
    "product image url": "image",
    "image source": "image",
    "image position": "position",
    "image alt text": "alt",
    "variant image": "variant_image",
    "variant image url": "variant_image",
    "gift card": "gift_card",
    "status": "status",
    "google shopping condition": "condition",
}
WAITING = {
    "draft": "is a draft in Shopify; make it active there, or leave the row out",
    "archived": "is archived in Shopify; make it active there, or leave the row out",
}
CONDITIONS = {"new": "New", "refurbished": "Refurbished", "used": "Used"}


def drafts(rows: Sequence[Row], asked: Asked) -> Iterator[Draft]:
    """A draft for each variant of each product, in the file's order."""
    products: dict[str, list[Row]] = {}
    handle = ""
    for row in rows:
        handle = row["handle"] or handle
        products.setdefault(handle or f"line {row.line}", []).append(row)
    for product in products.values():
        yield from _variants(product, asked)


def _variants(product: Sequence[Row], asked: Asked) -> Iterator[Draft]:
    first = next((row for row in product if row["title"]), product[0])
    variants = [row for row in product if row is first or _is_variant(row)]
    pictures = sorted((row for row in product if row["image"]), key=_position)
    for variant in variants:
        texts = {
            "title": _title(first, variant, several=len(variants) > 1),
            "story": to_markdown(first["body"]),
            "price": variant["price"],
            "list_price": variant["list_price"],
            "quantity": _quantity(variant, asked),
            "category": to_line(first["type"] or first["category"])[:CATEGORY],
        }
        if condition := CONDITIONS.get((variant["condition"] or first["condition"]).lower()):
            texts["condition"] = condition
        yield Draft(variant.line, texts | _photo(variant, pictures), tuple(_wrong(first)))


def _is_variant(row: Row) -> bool:
    """A row with nothing but a picture is none."""
    return any(row[name] for name in ("price", "sku", "option1", "option2", "option3", "quantity"))


def _title(first: Row, variant: Row, *, several: bool) -> str:
    options = [variant[name] for name in ("option1", "option2", "option3")]
    return with_variant(first["title"], options) if several and first["title"] else first["title"]


def _quantity(variant: Row, asked: Asked) -> str:
    """Stock that Shopify does not count is 0 or less there, and says nothing."""
    is_uncounted = (
        not variant["tracker"] and "tracker" in variant.texts and variant["quantity"].startswith(("0", "-"))
    )
    return "" if is_uncounted and asked.quantity is not None else variant["quantity"]


def _position(row: Row) -> int:
    return int(row["position"]) if row["position"].isascii() and row["position"].isdigit() else 1_000_000


def _photo(variant: Row, pictures: Sequence[Row]) -> dict[str, str]:
    if variant["variant_image"]:
        alt = next((row["alt"] for row in pictures if row["image"] == variant["variant_image"]), "")
        return {"photo": variant["variant_image"], "photo_alt": alt}
    return {"photo": pictures[0]["image"], "photo_alt": pictures[0]["alt"]} if pictures else {}


def _wrong(first: Row) -> Iterator[tuple[str, str]]:
    if words := WAITING.get(first["status"].lower()):
        yield "status", words
    if is_yes(first["gift_card"]):
        yield "gift card", "a gift card cannot be a deal; leave the row out"


SHOPIFY = Format(
    name="shopify",
    words="Shopify's products (Handle, Title, Body (HTML), Variant Price, ... or Title, URL handle, Description, ...)",
    column=NAMES.get,
    needs=(("handle",), ("title",), ("price", "body", "image")),
    drafts=drafts,
    mark=".",
    called={
        "price": "Variant Price",
        "list_price": "Variant Compare At Price",
        "quantity": "Variant Inventory Qty",
        "story": "Body (HTML)",
    },
)
