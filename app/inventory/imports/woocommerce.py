"""WooCommerce's products CSV: simple products, and variable ones with their variations, in any order.

Each variation becomes a deal. A parent only lends its words and pictures.
"""

import re
from collections.abc import Iterator, Sequence

from app.inventory.imports.findings import Asked, Draft
from app.inventory.imports.format import CATEGORY, Format, Row, is_no, with_variant
from app.inventory.imports.html_to_markdown import to_line, to_markdown
from app.inventory.imports.sale_dates import read_sale

NAMES = {
    "id": "id",
    "type": "type",
    "sku": "sku",
    "name": "title",
    "published": "published",
    "short description": "short",
    "description": "body",
    "date sale price starts": "starts",
    "date sale price ends": "ends",
    "in stock": "in_stock",
    "stock": "quantity",
    "sale price": "sale",
    "regular price": "regular",
    "images": "images",
    "categories": "category",
    "parent": "parent",
}
OTHER_LANGUAGES = {  # as WooCommerce's own translations head these columns
    "typ": "type",
    "veröffentlicht": "published",
    "kurzbeschreibung": "short",
    "beschreibung": "body",
    "datum an dem angebotspreis beginnt": "starts",
    "datum an dem angebotspreis endet": "ends",
    "vorrätig": "in_stock",
    "bestand": "quantity",
    "lager": "quantity",
    "angebotspreis": "sale",
    "regulärer preis": "regular",
    "bilder": "images",
    "übergeordnetes produkt": "parent",
    "nom": "title",
    "publié": "published",
    "description courte": "short",
    "en stock": "in_stock",
    "tarif promo": "sale",
    "tarif régulier": "regular",
    "tipo": "type",
    "nombre": "title",
    "publicado": "published",
    "descripción corta": "short",
    "descripción": "body",
    "existencias": "in_stock",
    "inventario": "quantity",
    "precio rebajado": "sale",
    "precio normal": "regular",
    "imágenes": "images",
    "superior": "parent",
}
ATTRIBUTE = re.compile(r"attribute (\d+) value s|attribut (\d+) wert e|valor es del atributo (\d+)")
NO_DEAL = {
    "grouped": "a grouped product has no price and stock of its own; its parts are rows of their own",
    "external": "is sold on another site; leave the row out",
    "variable": "none of its variations is in this file; export them with it",
}
TAGLINE = 200


def column(key: str) -> str | None:
    """The name for a header; attributes are `attribute 1` and so on."""
    if found := ATTRIBUTE.fullmatch(key):
        return f"attribute {next(group for group in found.groups() if group)}"
    return NAMES.get(key) or OTHER_LANGUAGES.get(key)


def drafts(rows: Sequence[Row], asked: Asked) -> Iterator[Draft]:
    """A draft for each product that is sold by itself, and each variation."""
    parents = {
        name: row
        for row in rows
        for name in (f"id:{row['id']}", row["sku"])
        if len(name) > len("id:") or row["sku"]
    }
    children = {row["parent"] for row in rows if _kind(row) == "variation"}
    for row in rows:
        kind = _kind(row)
        if kind == "variable" and children & {f"id:{row['id']}", row["sku"]}:
            continue
        parent = parents.get(row["parent"]) if kind == "variation" else None
        yield _draft(row, parent, kind, asked)


def _kind(row: Row) -> str:
    """`simple, downloadable, virtual` is simple."""
    return row["type"].split(",")[0].strip().lower()


def _draft(row: Row, parent: Row | None, kind: str, asked: Asked) -> Draft:
    wrong = [("type", NO_DEAL[kind])] if kind in NO_DEAL else []
    if row["published"] == "-1" or (parent is not None and parent["published"] == "-1"):
        wrong.append(("published", "is a draft in WooCommerce; publish it there, or leave the row out"))
    if kind == "variation" and is_no(row["published"]):
        wrong.append(("published", "this variation is switched off in WooCommerce"))
    texts = {"title": _title(row, parent), **_words(row, parent), "quantity": "", "price": ""}
    categories = row["category"] or (parent["category"] if parent is not None else "")
    texts["category"] = _first_category(categories)
    if kind not in NO_DEAL:
        wrong += _stock(row, texts) + _price(row, texts, asked)
    else:
        texts |= {"price": row["regular"], "quantity": row["quantity"]}
    images = row["images"] or (parent["images"] if parent is not None else "")
    texts["photo"] = re.split(r",\s*(?=https?://)", images)[0].strip()
    return Draft(row.line, texts, tuple(wrong))


def _first_category(categories: str) -> str:
    """Of "Music > Albums, Sale" the first; a comma within a name has a backslash before it."""
    return to_line(re.split(r"(?<!\\),", categories)[0].replace("\\,", ","))[:CATEGORY]


def _title(row: Row, parent: Row | None) -> str:
    if parent is None:
        return to_line(row["title"])
    values = [text for name, text in sorted(row.texts.items()) if name.startswith("attribute ")]
    name = parent["title"] or row["title"]
    return to_line(with_variant(name, values) if any(values) else row["title"] or name)


def _words(row: Row, parent: Row | None) -> dict[str, str]:
    """The short description is a tagline where it is short; else it opens the story."""
    body = row["body"] or (parent["body"] if parent is not None else "")
    short = row["short"] or (parent["short"] if parent is not None else "")
    line = to_line(short.replace("\\n", "\n"))
    story = to_markdown(body.replace("\\n", "\n"))
    if len(line) <= TAGLINE:
        return {"tagline": line, "story": story}
    return {"story": to_markdown(short.replace("\\n", "\n")) + "\n\n" + story}


def _stock(row: Row, texts: dict[str, str]) -> list[tuple[str, str]]:
    """WooCommerce knows of stock without a number; `parent` means one stock for all variations."""
    if is_no(row["in_stock"]) and not row["quantity"].strip("0"):
        return [("quantity", "is out of stock; it must be 1 or more")]
    texts["quantity"] = "" if row["quantity"].lower() == "parent" else row["quantity"]
    return []


def _price(row: Row, texts: dict[str, str], asked: Asked) -> list[tuple[str, str]]:
    texts["price"] = row["regular"]
    if not row["sale"]:
        return []
    try:
        sale = read_sale(row["starts"], row["ends"], zone=asked.zone, now=asked.now)
    except ValueError as error:
        return [("not_before", f"the sale's time {error}")]
    if sale.is_on:
        texts |= {"price": row["sale"], "list_price": row["regular"]}
        texts |= {"not_before": sale.not_before} if sale.not_before else {}
    return []


WOOCOMMERCE = Format(
    name="woocommerce",
    words="WooCommerce's products (ID, Type, SKU, Name, Regular price, ...)",
    column=column,
    needs=(("type",), ("title",), ("sku", "id"), ("regular", "sale")),
    drafts=drafts,
    called={
        "price": "Regular price",
        "quantity": "Stock",
        "story": "Description",
        "tagline": "Short description",
    },
)
