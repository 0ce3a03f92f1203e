"""A shopper in front of the pages, with a browser that runs no scripts and follows nothing by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from uuid import uuid4

from httpx import ASGITransport, AsyncClient, Response
from msgspec import Struct

from tests.factories.house import API, House
from tests.factories.identity import PASSWORD

HOME = {
    "name": "Ada Lovelace",
    "street": "12 Mill Lane",
    "extra": "",
    "postal_code": "60601",
    "city": "Chicago",
    "region": "IL",
    "country": "US",
}


class WindowShopper(Struct, frozen=True):
    """Somebody who is signed in."""

    house: House
    browser: AsyncClient

    async def sees(self, path: str) -> str:
        """The text of a page that is there."""
        answer = await self.browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return unescape(answer.text)

    async def sends(self, path: str, **fields: str) -> Response:
        """A form."""
        return await self.browser.post(path, data=fields)

    async def buys(self, deal_id: int) -> str:
        """One of them, by the page's form; answers the order's id."""
        answer = await self.sends("/buy", deal_id=str(deal_id), quantity="1", key=uuid4().hex)
        assert answer.headers["location"].startswith("/orders/"), answer.headers["location"]
        return answer.headers["location"].removeprefix("/orders/")

    async def types_card(self, number: str, start: str = "/account/cards/new") -> str:
        """A card into the bank's form; answers where that leads in the end."""
        answer = await self.browser.get(start)
        assert answer.status_code == 303, answer.text[:300]
        answer = await self.sends(answer.headers["location"], number=number)
        answer = await self.browser.get(answer.headers["location"])
        assert answer.status_code == 303, answer.text[:300]
        return answer.headers["location"]

    async def lives_somewhere(self) -> None:
        """An address is kept."""
        answer = await self.browser.put(f"{API}/me/address", json=HOME)
        assert answer.status_code == 200, answer.text

    async def now(self, order_id: str) -> dict[str, Any]:
        """What the order's page says that may change."""
        answer = await self.browser.get(f"/orders/{order_id}/now")
        assert answer.status_code == 200, answer.text[:300]
        found: dict[str, Any] = answer.json()
        return found

    async def settled(self, order_id: str) -> str:
        """Have done what is due; answers the order's status then."""
        await self.house.app.state.settlement.round()
        return str((await self.browser.get(f"{API}/orders/{order_id}")).json()["status"])


@asynccontextmanager
async def window_shopper(house: House, email: str = "wendy@example.com") -> AsyncIterator[WindowShopper]:
    """Somebody who has just signed up."""
    headers = {"Accept": "text/html"}
    transport = ASGITransport(house.app)
    async with AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as browser:
        form = {"name": "Wendy", "email": email, "password": PASSWORD, "next": "/orders"}
        answer = await browser.post("/sign-up", data=form)
        assert answer.headers["location"] == "/orders", answer.text[:300]
        yield WindowShopper(house, browser)


async def a_live_deal(house: House, **chosen: Any) -> int:
    """One that can be bought now; answers its id."""
    body = {"title": "A Spoon", "price": 4999, "quantity": 9, "limit": 3} | chosen
    answer = await house.merchandiser.post(f"{API}/staff/deals", json=body)
    assert answer.status_code == 201, answer.text
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    return int(answer.json()["id"])
