"""What other shops export: known by its headers, one deal for each thing that can be sold."""

# ruff: noqa: E501 - a table's rows are easier to read whole
from pathlib import Path

import pytest

from tests.factories.imports import parse, problems, table, titles

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Taxable,"
    "Image Src,Image Position,Image Alt Text,Gift Card,Variant Image,Variant Tax Code,Status"
)
SHOPIFY_NEW = (
    "Title,URL handle,Description,Vendor,Product category,Type,Published on online store,Status,SKU,Option1 name,"
    "Option1 value,Price,Compare-at price,Charge tax,Tax code,Inventory tracker,Inventory quantity,Product image URL,"
    "Image position,Image alt text,Variant image URL,Gift card"
)
WOO = (
    "ID,Type,SKU,Name,Published,Short description,Description,Date sale price starts,Date sale price ends,In stock?,Stock,"
    "Sale price,Regular price,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s),Attribute 2 value(s)"
)
GOOGLE = "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tsale_price\tsale_price_effective_date\tcondition"
REAL = Path(__file__).parents[4] / "shared" / "data"


def shopify(**cells: str) -> dict[str, str]:
    named = {
        "handle": "Handle", "title": "Title", "body": "Body (HTML)", "one": "Option1 Value", "two": "Option2 Value",
        "qty": "Variant Inventory Qty", "price": "Variant Price", "was": "Variant Compare At Price", "image": "Image Src",
        "position": "Image Position", "alt": "Image Alt Text", "own": "Variant Image", "status": "Status",
        "gift": "Gift Card", "tracker": "Variant Inventory Tracker",
    }  # fmt: skip
    return {named[name]: cell for name, cell in cells.items()}


def test_a_shopify_product_with_variants_is_a_deal_for_each() -> None:
    parsed = parse(
        table(
            SHOPIFY,
            [
                shopify(handle="tee", title="Tee", body="<p>Soft <b>cotton</b></p><script>x</script>", one="Red", two="L",
                        qty="5", price="19.00", was="29.00", image="https://img.test/1.jpg", position="2", status="active"),
                shopify(handle="tee", one="Blue", two="S", qty="7", price="18.00", was="18.00", own="https://img.test/b.jpg"),
                shopify(handle="tee", image="https://img.test/0.jpg", position="1", alt="A tee"),
                shopify(handle="mug", title="Mug", one="Default Title", qty="3", price="9.50"),
            ],
        )
    )  # fmt: skip
    assert (parsed.format, parsed.rows, parsed.wrong) == ("shopify", 4, [])
    red, blue, mug = parsed.good
    assert titles(parsed) == ["Tee – Red / L", "Tee – Blue / S", "Mug"]
    assert (red.deal.price, red.deal.list_price, red.deal.quantity, red.deal.story) == (
        1900,
        2900,
        5,
        "Soft **cotton**",
    )
    assert (blue.deal.list_price, blue.deal.quantity, blue.deal.story) == (None, 7, "Soft **cotton**")
    assert (red.photo, red.alt, blue.photo) == ("https://img.test/0.jpg", "A tee", "https://img.test/b.jpg")
    assert (mug.line, mug.photo) == (5, "")


def test_the_other_dialect_of_shopify_is_known_too() -> None:
    row = {"Title": "Lamp", "URL handle": "lamp", "Description": "<p>Warm</p>", "Status": "Active", "Price": "35.00",
           "Compare-at price": "50.00", "Inventory quantity": "4", "Product image URL": "https://img.test/l.jpg"}  # fmt: skip
    parsed = parse(
        table(SHOPIFY_NEW, [row, {"URL handle": "lamp", "Product image URL": "https://img.test/2.jpg"}])
    )
    assert (parsed.format, parsed.wrong) == ("shopify", [])
    assert [
        (g.deal.title, g.deal.price, g.deal.list_price, g.deal.quantity, g.photo) for g in parsed.good
    ] == [("Lamp", 3500, 5000, 4, "https://img.test/l.jpg")]


def test_what_shopify_does_not_sell_is_told() -> None:
    parsed = parse(
        table(
            SHOPIFY,
            [
                shopify(handle="a", title="A", price="1.00", qty="1", status="draft"),
                shopify(handle="b", title="B", price="1.00", qty="1", status="archived"),
                shopify(handle="c", title="C", price="1.00", qty="0", status="active"),
                shopify(handle="d", title="D", price="1.00", qty="-2", status="active"),
                shopify(handle="e", title="E", price="1.00", status="active"),
                shopify(handle="f", title="F", price="1.00", qty="1", gift="true"),
                shopify(handle="g", price="1.00", qty="1"),
            ],
        )
    )
    assert problems(parsed) == [
        (2, "status"), (3, "status"), (4, "quantity"), (5, "quantity"), (6, "quantity"), (7, "gift card"), (8, "title"),
    ]  # fmt: skip
    assert "(column Variant Inventory Qty)" in parsed.wrong[2].message


def test_a_woocommerce_variation_takes_from_its_parent_what_it_lacks() -> None:
    parsed = parse(
        table(
            WOO,
            [
                {"ID": "8", "Type": "variation", "SKU": "tee-r", "Name": "Tee - Red", "Published": "1", "In stock?": "1",
                 "Stock": "4", "Regular price": "20", "Parent": "tee", "Attribute 1 value(s)": "Red", "Attribute 2 value(s)": "L"},
                {"ID": "7", "Type": "variable", "SKU": "tee", "Name": "Tee", "Published": "1", "Short description": "Soft",
                 "Description": "<p>One</p>\\n<p>Two</p>", "Images": "https://img.test/1.png, https://img.test/2.png",
                 "Categories": "Clothing > Tees, Sale"},
                {"ID": "9", "Type": "variation", "Name": "Tee - Blue", "Published": "1", "Stock": "2", "Regular price": "21",
                 "Parent": "id:7", "Attribute 1 value(s)": "Blue"},
                {"ID": "10", "Type": "simple, virtual", "Name": "Song", "Published": "1", "Stock": "12.0000",
                 "Regular price": "9,90", "Sale price": "7,50"},
            ],
        )
    )  # fmt: skip
    assert (parsed.format, parsed.wrong) == ("woocommerce", [])
    red, blue, song = parsed.good
    assert titles(parsed) == ["Tee – Red / L", "Tee – Blue", "Song"]
    assert (red.deal.tagline, red.deal.story, red.deal.category) == ("Soft", "One\n\nTwo", "Clothing > Tees")
    assert (red.photo, blue.photo) == ("https://img.test/1.png", "https://img.test/1.png")
    assert (song.deal.price, song.deal.list_price, song.deal.quantity) == (750, 990, 12)


@pytest.mark.parametrize(
    ("starts", "ends", "price", "held"),
    [
        ("", "", 700, False),
        ("2026-11-01", "2026-11-30", 700, False),
        ("2026-11-01 00:00:00", "2026-11-21 23:59:59", 1000, False),
        ("2026-11-01", "2026-11-22", 700, False),
        ("2026-12-01T00:00:00+00:00", "", 700, True),
    ],
)
def test_a_sale_price_counts_while_its_time_is_not_over(
    starts: str, ends: str, price: int, held: bool
) -> None:
    row = {"ID": "1", "Type": "simple", "Name": "Mug", "Stock": "4", "Regular price": "10", "Sale price": "7",
           "Date sale price starts": starts, "Date sale price ends": ends}  # fmt: skip
    (good,) = parse(table(WOO, [row])).good
    assert (good.deal.price, good.deal.not_before is not None) == (price, held)


def test_what_woocommerce_does_not_sell_by_itself_is_told_once() -> None:
    parsed = parse(
        table(
            WOO,
            [
                {"ID": "1", "Type": "grouped", "Name": "Set", "Published": "1"},
                {"ID": "2", "Type": "external", "Name": "Elsewhere", "Regular price": "3"},
                {"ID": "3", "Type": "variable", "Name": "Lonely"},
                {"ID": "4", "Type": "simple", "Name": "Gone", "In stock?": "0", "Regular price": "3"},
                {"ID": "5", "Type": "simple", "Name": "Draft", "Published": "-1", "Stock": "1", "Regular price": "3"},
                {"ID": "6", "Type": "simple", "Name": "Uncounted", "In stock?": "1", "Regular price": "3"},
                {"ID": "7", "Type": "simple", "Name": "When", "Stock": "1", "Regular price": "3", "Sale price": "2",
                 "Date sale price ends": "soon"},
            ],
        )
    )  # fmt: skip
    assert problems(parsed) == [
        (2, "type"), (3, "type"), (4, "type"), (5, "quantity"), (6, "published"), (7, "quantity"), (8, "not_before"),
    ]  # fmt: skip


def test_woocommerce_in_german_is_known() -> None:
    header = "ID,Typ,Artikelnummer,Name,Veröffentlicht,Kurzbeschreibung,Beschreibung,Vorrätig?,Lager,Angebotspreis,Regulärer Preis"
    parsed = parse(header + '\n1,simple,x,Krug,1,,"<p>Blau</p>",1,5,,"1.299,50"\n')
    assert (parsed.format, parsed.wrong) == ("woocommerce", [])
    assert [(g.deal.title, g.deal.price, g.deal.quantity, g.deal.story) for g in parsed.good] == [
        ("Krug", 129950, 5, "Blau")
    ]


def test_a_google_feed_lacks_quantities_and_says_what_would_be_right() -> None:
    rows = [
        "1\tLamp\tA <b>lamp</b>\thttps://s.test/1\thttps://i.test/1.jpg\tin_stock\t105.29 USD\t\t\tnew",
        "2\tMug\t\thttps://s.test/2\t\tout of stock\t9.00 USD\t\t\tused",
        "3\tCup\t\thttps://s.test/3\t\tin stock\t1,299.00 USD\t7.00 USD\t2026-11-01T00:00-0600/2026-11-30T00:00-0600\t",
        "4\tPot\t\thttps://s.test/4\t\tin stock\t9.00 EUR\t\t\t",
    ]
    text = GOOGLE + "\n" + "\n".join(rows) + "\n"
    parsed = parse(text)
    assert parsed.format == "google-merchant"
    assert (2, "quantity") in problems(parsed)
    assert "write how many there are, such as 40, or give one number for all rows" in parsed.wrong[0].message
    parsed = parse(text, quantity=4)
    assert problems(parsed) == [(3, "availability"), (5, "price")]
    lamp, cup = parsed.good
    assert (lamp.deal.price, lamp.deal.quantity, lamp.deal.story, lamp.photo) == (
        10529,
        4,
        "A **lamp**",
        "https://i.test/1.jpg",
    )
    assert (cup.deal.price, cup.deal.list_price) == (700, 129900)


def test_a_google_feed_in_xml_is_read_with_its_lines() -> None:
    item = "<item>\n<g:id>{0}</g:id><title>Lamp</title><g:color>{1}</g:color><g:price>5.00 USD</g:price>\n<g:shipping><g:price>9 USD</g:price></g:shipping></item>\n"
    text = (
        '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>\n'
        + item.format(1, "Red") + item.format(2, "Blue")
        + "</channel></rss>"
    )  # fmt: skip
    parsed = parse(text, quantity=2)
    assert (parsed.format, parsed.rows, parsed.wrong) == ("google-merchant", 2, [])
    assert [(g.line, g.deal.title, g.deal.price) for g in parsed.good] == [
        (3, "Lamp – Red", 500),
        (6, "Lamp – Blue", 500),
    ]


def test_an_unknown_table_says_what_was_seen_and_what_is_known() -> None:
    parsed = parse("day,midnight,hours\n2026-01-01,0,24\n")
    (problem,) = parsed.wrong
    assert (parsed.format, problem.field) == ("unknown", "file")
    for words in (
        "day, midnight, hours",
        "our own columns",
        "Shopify",
        "WooCommerce",
        "Google Merchant",
        "Square",
    ):
        assert words in problem.message


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")
def test_real_files_are_read() -> None:
    shopify = parse((REAL / "shopify" / "Product-data.csv").read_bytes())
    assert (shopify.format, shopify.rows, len(shopify.good)) == ("shopify", 21, 19)
    assert {field for _, field in problems(shopify)} == {"quantity"}
    woo = parse((REAL / "woocommerce" / "sample_products.csv").read_bytes(), quantity=5)
    assert (woo.format, {field for _, field in problems(woo)}) == ("woocommerce", {"type"})
    google = parse((REAL / "google-merchant" / "feed.xml").read_bytes(), quantity=5)
    assert (google.format, len(google.good), google.wrong) == ("google-merchant", 2, [])


def test_the_category_is_the_shops_own_and_else_what_the_channel_calls_it() -> None:
    def categories(text: str) -> list[str]:
        return [row.deal.category for row in parse(text, quantity=1).good]

    shop = {
        "Handle": "a",
        "Title": "Loaf",
        "Variant Price": "1.00",
        "Type": "Bread",
        "Product Category": "Food > Bread",
    }
    both = SHOPIFY + ",Product Category"
    assert categories(table(both, [shop, shop | {"Handle": "b", "Type": ""}])) == ["Bread", "Food > Bread"]
    new = {"Title": "Loaf", "URL handle": "a", "Price": "1.00", "Product category": "Food"}
    assert categories(table(SHOPIFY_NEW, [new])) == ["Food"]
    woo = {
        "ID": "1",
        "Type": "simple",
        "SKU": "a",
        "Name": "Loaf",
        "Regular price": "1.00",
        "Categories": "Food > Fresh\\, baked, Sale",
    }
    assert categories(table(WOO, [woo])) == ["Food > Fresh, baked"]
    feed = {"id": "1", "title": "Loaf", "link": "https://shop.example/1", "price": "1.00 USD"}
    kinds = [
        {"product_type": "Bread", "google_product_category": "Food"},
        {"google_product_category": "Food"},
        {"google_product_category": "422"},
    ]
    google = f"{GOOGLE}\tproduct_type\tgoogle_product_category".replace("\t", ",")
    assert categories(table(google, [feed | kind for kind in kinds])) == ["Bread", "Food", ""]


def test_a_shops_price_of_nothing_is_asked_about_and_can_be_mended_to_be_free() -> None:
    """Shops write 0 where no price was given; nobody gives their stock away by a slip."""
    export = table(SHOPIFY, [shopify(handle="a", title="Loaf", price="0.00", qty="5", tracker="shopify")])
    assert problems(parse(export)) == [(2, "price")]
    assert [row.deal.price for row in parse(export, mended={2: {"price": "0"}}).good] == [0]
    assert [row.deal.price for row in parse("title,price,quantity\nLoaf,0,5\n").good] == [0]


def test_a_woocommerce_variation_whose_parent_is_not_there_is_a_deal_of_its_own_name() -> None:
    lone = {
        "ID": "13",
        "Type": "variation",
        "SKU": "v",
        "Name": "Hoodie - Red",
        "Stock": "5",
        "Regular price": "45,50",
        "Parent": "id:99",
    }
    (row,) = parse(table(WOO, [lone])).good
    assert (row.deal.title, row.deal.price) == ("Hoodie - Red", 4550)
