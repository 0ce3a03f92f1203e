"""What we mail about orders, and to those who stand in line. Numbers, amounts and times come as ready-made words."""

from app.notices.letter import Letter
from app.notices.rules import (
    ADDRESS_MISSING,
    CARD_DECLINED,
    CARD_MISSING,
    LINE_OFFER,
    ORDER_CANCELLED,
    RECEIPT,
    REFUND_SENT,
    SHIPPED,
    STEP_WANTED,
)


class Receipt(Letter, frozen=True):
    """The order is paid. `discount` is empty where there was none; amounts are words such as "$49.99"."""

    rule = RECEIPT
    subject = "Your receipt"
    number: str
    title: str
    quantity: int
    unit_price: str
    discount: str
    shipping: str
    total: str
    link: str

    @property
    def text(self) -> str:
        """What was bought and what it came to."""
        lines = [
            f"Order {self.number} is paid.",
            "",
            self.title,
            f"  {self.quantity} × {self.unit_price}",
            *([f"  Discount: {self.discount}"] if self.discount else []),
            f"  Shipping: {self.shipping}",
            f"  Paid: {self.total}",
        ]
        return _with_link("\n".join(lines), "How it goes on", self.link)


class CardDeclined(Letter, frozen=True):
    """`words` say why, as far as the bank tells; `until` is when the order is given up, such as "2:35 PM"."""

    rule = CARD_DECLINED
    subject = "Your card was declined"
    number: str
    title: str
    words: str
    until: str
    link: str

    @property
    def text(self) -> str:
        """What to do, and by when."""
        return _with_link(
            _waiting(self, f"it could not be charged: {self.words}", "somebody else gets it"),
            "Use another card",
            self.link,
        )


class StepWanted(Letter, frozen=True):
    """The bank wants to see the shopper before it pays; `until` is when the order is given up."""

    rule = STEP_WANTED
    subject = "Your bank wants to hear from you"
    number: str
    title: str
    until: str
    link: str

    @property
    def text(self) -> str:
        """What to do, and by when."""
        return _with_link(
            _waiting(self, "your bank wants you to confirm it first.", "somebody else gets it"),
            "Go on to your bank, or use another card",
            self.link,
        )


class CardMissing(Letter, frozen=True):
    """There is no card on file; `until` is when the order is given up."""

    rule = CARD_MISSING
    subject = "Your order needs a card"
    number: str
    title: str
    until: str
    link: str

    @property
    def text(self) -> str:
        """What to do, and by when."""
        return _with_link(
            _waiting(self, "there is no card to charge it to.", "somebody else gets it"),
            "Give a card",
            self.link,
        )


class AddressMissing(Letter, frozen=True):
    """We do not know where to send it; `until` is when the order is given up."""

    rule = ADDRESS_MISSING
    subject = "Where shall your order go?"
    number: str
    title: str
    until: str
    link: str

    @property
    def text(self) -> str:
        """What to do, and by when."""
        return _with_link(
            _waiting(self, "we do not know where to send it.", "what you paid goes back"),
            "Say where it shall go",
            self.link,
        )


class OrderCancelled(Letter, frozen=True):
    """`why` is a sentence, and so is `money`, such as "$49.99 is on its way back to your card."; or empty."""

    rule = ORDER_CANCELLED
    subject = "Your order is cancelled"
    number: str
    title: str
    why: str
    money: str
    link: str = ""

    @property
    def text(self) -> str:
        """That it is, why, and what becomes of the money."""
        paragraphs = (f"Order {self.number} ({self.title}) is cancelled.", self.why, self.money)
        return _with_link("\n\n".join(filter(None, paragraphs)), "The order", self.link)


class RefundSent(Letter, frozen=True):
    """`amount` is on its way back."""

    rule = REFUND_SENT
    subject = "Your money is on its way back"
    number: str
    title: str
    amount: str
    link: str = ""

    @property
    def text(self) -> str:
        """How much, and for what."""
        return _with_link(
            f"{self.amount} of order {self.number} ({self.title}) is on its way back to the card that paid it.\n\n"
            "Banks take up to ten days to show it.",
            "The order",
            self.link,
        )


class Shipped(Letter, frozen=True):
    """It has left us. `carrier` and `tracking` may be empty."""

    rule = SHIPPED
    subject = "Your order is on its way"
    number: str
    title: str
    carrier: str
    tracking: str
    link: str

    @property
    def text(self) -> str:
        """With whom it goes, and the number to follow it by."""
        by = f" with {self.carrier}" if self.carrier else ""
        followed = f"Tracking number: {self.tracking}" if self.tracking else ""
        paragraphs = (f"Order {self.number} ({self.title}) has left us{by}.", followed)
        return _with_link("\n\n".join(filter(None, paragraphs)), "The order", self.link)


class LineOffer(Letter, frozen=True):
    """A unit came free for somebody in line, until `until`."""

    rule = LINE_OFFER
    subject = "It is your turn"
    title: str
    until: str
    link: str

    @property
    def text(self) -> str:
        """That it is theirs to take, and until when."""
        return _with_link(
            f"You stood in line for {self.title}, and one has come free. It is kept for you until {self.until}; "
            "after that it is offered to whoever comes next.",
            "Take it",
            self.link,
        )


def _waiting(
    order: CardDeclined | StepWanted | CardMissing | AddressMissing, but: str, otherwise: str
) -> str:
    return (
        f"Order {order.number} ({order.title}) is yours, but {but}\n\n"
        f"It waits for you until {order.until}; after that it is cancelled, and {otherwise}."
    )


def _with_link(words: str, what: str, link: str) -> str:
    return f"{words}\n\n{what}: {link}" if link else words
