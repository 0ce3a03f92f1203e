"""What a merchandiser asked of the orders' page, from its address or its form."""

from typing import get_args
from urllib.parse import urlencode

from msgspec import Struct

from app.inventory.desk import MAX_ID
from app.sales.desk import OrderStatus


class AskedOrders(Struct, frozen=True):
    """The form as it was filled in: a deal's number, a status, and an order's number or an e-mail address."""

    deal: str = ""
    status: str = ""
    text: str = ""

    @property
    def deal_id(self) -> int | None:
        """The deal that is meant; None where none is, or nothing sensible."""
        is_number = self.deal.isascii() and self.deal.isdigit() and len(self.deal) < 20
        return int(self.deal) if is_number and 0 < int(self.deal) <= MAX_ID else None

    @property
    def wanted(self) -> OrderStatus | None:
        """The status that is meant; None for all."""
        statuses: tuple[OrderStatus, ...] = get_args(OrderStatus)
        return next((status for status in statuses if status == self.status), None)

    @property
    def wrong(self) -> str:
        """What cannot be understood, in a sentence."""
        return f"“{self.deal}” is no deal's number." if self.deal and self.deal_id is None else ""

    @property
    def given(self) -> dict[str, str]:
        """The fields that say something."""
        fields = {"deal": self.deal, "status": self.wanted or "", "text": self.text.strip()}
        return {name: value for name, value in fields.items() if value}

    @property
    def query(self) -> str:
        """The form's part of an address of the desk."""
        return urlencode(self.given)
