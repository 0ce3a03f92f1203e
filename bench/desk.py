"""A merchandiser with a keyboard: opens deals in a running shop, over HTTP as the public contract has it."""

import json
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from msgspec import Struct

from bench.processes import ChildError

QUANTITY = 1_000_000  # the most that a deal may have
LIMIT = 100
OPEN_SECONDS = 20.0


class Desk(Struct, frozen=True):
    """The desk of the shop at `port`."""

    port: int
    token: str

    def is_open(self) -> bool:
        """Whether the shop says that it is ready."""
        try:
            return bool(self._call("GET", "/readyz")["status"] == "ok")
        except (URLError, OSError):
            return False

    def queue_deal(self, title: str, quantity: int = QUANTITY, limit: int = LIMIT) -> int:
        """Put a deal at the end of the queue; its id."""
        deal = {"title": title, "price": 4999, "quantity": quantity, "limit": limit}
        return int(self._call("POST", "/api/v1/staff/deals", deal)["id"])

    def open_deal(self, title: str, quantity: int = QUANTITY, limit: int = LIMIT) -> int:
        """Put a deal on stage, in the place of the one that may be there; its id."""
        before = self.live_id()
        deal_id = self.queue_deal(title, quantity, limit)
        self._call("PUT", "/api/v1/staff/show", {"mode": "woot-off", "paused": False})
        if before is not None:
            self._call("POST", "/api/v1/staff/show/skips", {"deal_id": before})
        deadline = time.monotonic() + OPEN_SECONDS
        while self.live_id() != deal_id or not self.is_open():
            if time.monotonic() > deadline:
                raise ChildError(f"deal {deal_id} does not go live")
            time.sleep(0.05)
        return deal_id

    def buy(self, deal_id: int, token: str, quantity: int = 1) -> int:
        """Buy something; the answer's status."""
        order = {"deal_id": deal_id, "quantity": quantity}
        try:
            self._call("POST", "/api/v1/orders", order, token)
        except HTTPError as refused:
            refused.close()
            return refused.code
        return 201

    def live_id(self) -> int | None:
        """The deal that is on stage."""
        deal = self._call("GET", "/api/v1/live")["deal"]
        return None if deal is None else int(deal["id"])

    def _call(self, method: str, path: str, body: object = None, token: str | None = None) -> Any:
        headers = {
            "Authorization": f"Bearer {token or self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(time.time_ns()),
        }
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)
