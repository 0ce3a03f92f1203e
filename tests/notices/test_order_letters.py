"""What we mail about orders."""

import pytest

from app.notices import (
    AddressMissing,
    CardDeclined,
    CardMissing,
    Letter,
    LineOffer,
    OrderCancelled,
    Receipt,
    RefundSent,
    Shipped,
    StepWanted,
)

LINK = "https://shop.test/orders/01J"
RECEIPT = Receipt("7-3", "Crumpet", 2, "$19.99", "", "$5", "$44.98", LINK)
LETTERS: list[Letter] = [
    RECEIPT,
    CardDeclined("7-3", "Crumpet", "The bank says no.", "2:35 PM", LINK),
    StepWanted("7-3", "Crumpet", "2:35 PM", LINK),
    CardMissing("7-3", "Crumpet", "2:35 PM", LINK),
    AddressMissing("7-3", "Crumpet", "2:35 PM", LINK),
    OrderCancelled("7-3", "Crumpet", "You asked for it.", "$44.98 is on its way back to your card.", LINK),
    RefundSent("7-3", "Crumpet", "$44.98", LINK),
    Shipped("7-3", "Crumpet", "Pigeon Post", "PP-1", LINK),
]


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.rule.name)
def test_every_mail_about_an_order_has_its_number_its_title_and_its_link(letter: Letter) -> None:
    assert "7-3" in letter.text
    assert "Crumpet" in letter.text
    assert letter.text.endswith(LINK)
    assert letter.headline == letter.subject
    assert letter.way_out == "", "nobody ends what they have to know"


def test_a_receipt_adds_up_line_by_line() -> None:
    assert RECEIPT.text.splitlines()[:6] == [
        "Order 7-3 is paid.",
        "",
        "Crumpet",
        "  2 × $19.99",
        "  Shipping: $5",
        "  Paid: $44.98",
    ]
    assert "Discount: $4" in Receipt("7-3", "Crumpet", 1, "$19.99", "$4", "$5", "$20.99", LINK).text


def test_what_is_not_known_leaves_no_gap() -> None:
    assert OrderCancelled("7-3", "Crumpet", "You asked for it.", "").text == (
        "Order 7-3 (Crumpet) is cancelled.\n\nYou asked for it."
    )
    assert Shipped("7-3", "Crumpet", "", "", LINK).text.startswith(
        "Order 7-3 (Crumpet) has left us.\n\nThe order: "
    )


def test_an_offer_says_until_when() -> None:
    assert "kept for you until 2:35 PM" in LineOffer("Crumpet", "2:35 PM", LINK).text
