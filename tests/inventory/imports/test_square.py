"""Square's item library: a deal for each variation, the stock of all locations together."""

# ruff: noqa: E501 - a table's rows are easier to read whole
from tests.factories.imports import parse, problems, table

SQUARE = (
    "Token,Item Name,Customer-facing Name,Variation Name,SKU,Description,Categories,Price,Online Sale Price,Archived,"
    "Current Quantity Main Street,New Quantity Main Street,Current Quantity Market,Tax - Sales Tax (8%)"
)


def test_a_square_library_adds_up_its_locations() -> None:
    parsed = parse(
        table(
            SQUARE,
            [
                {"Token": "T1", "Item Name": "Latte", "Variation Name": "Regular", "Description": "Milk", "Price": "$4.50",
                 "Current Quantity Main Street": "3", "Current Quantity Market": "4"},
                {"Token": "T2", "Item Name": "Latte", "Variation Name": "Oat", "Price": "5.25", "Current Quantity Market": "2"},
                {"Token": "T3", "Item Name": "Bun", "Variation Name": "Regular", "Price": "3.00", "Online Sale Price": "2.00",
                 "Current Quantity Market": "9"},
                {"Token": "T4", "Item Name": "Tip", "Price": "variable", "Current Quantity Market": "9"},
                {"Token": "T5", "Item Name": "Old", "Price": "1.00", "Archived": "Y", "Current Quantity Market": "9"},
                {"Token": "T6", "Item Name": "Air", "Price": "1.00"},
            ],
        )
    )  # fmt: skip
    assert parsed.format == "square"
    assert [(g.deal.title, g.deal.price, g.deal.quantity, g.deal.story) for g in parsed.good] == [
        ("Latte – Regular", 450, 7, "Milk"),
        ("Latte – Oat", 525, 2, "Milk"),
        ("Bun", 200, 9, ""),
    ]
    assert problems(parsed) == [(5, "price"), (6, "archived"), (7, "quantity")]


def test_a_location_of_square_that_sold_too_many_has_none_and_a_new_count_goes_before() -> None:
    header = SQUARE + ",Sellable"
    rows = [
        {"Token": "A", "Item Name": "Mug", "Price": "12.00", "Current Quantity Main Street": "5", "Current Quantity Market": "-2"},
        {"Token": "B", "Item Name": "Cup", "Price": "3.00", "New Quantity Main Street": "7", "Current Quantity Market": "1,000"},
        {"Token": "C", "Item Name": "Jar", "Price": "3.00", "Current Quantity Main Street": "4", "New Quantity Main Street": "6"},
        {"Token": "D", "Item Name": "Flour", "Price": "3.00", "Current Quantity Market": "9", "Sellable": "N"},
    ]  # fmt: skip
    parsed = parse(table(header, rows))
    assert [row.deal.quantity for row in parsed.good] == [5, 1007, 6]
    assert problems(parsed) == [(5, "sellable")]


def test_the_category_of_square_is_the_first() -> None:
    square = {
        "Token": "A",
        "Item Name": "Mug",
        "Price": "1.00",
        "Categories": "Kitchen > Mugs, Gifts",
        "Current Quantity Market": "1",
    }
    (row,) = parse(table(SQUARE, [square])).good
    assert row.deal.category == "Kitchen > Mugs"
