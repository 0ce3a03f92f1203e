"""Buying over HTTP from two real processes of the shop at once: who gets what, however close the race.

The same races inside one process, between two checkouts, are in `test_purchase`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from itertools import count, cycle
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import Kind
from app.inventory.show import live_deal, set_show, skip
from app.platform.clock import SystemClock
from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers
from app.platform.redis import connect_redis
from app.sales import audit_sales
from tests.factories.audit import broken
from tests.factories.database import empty
from tests.factories.identity import SECRET, open_identity
from tests.factories.inventory import history, live_id, new_deal, queue_deals
from tests.factories.running_shop import running_shop
from tests.factories.sales import assert_the_books_balance, eventually, people

START_SECONDS = 60.0  # for two processes to see a deal that goes live, on a busy machine
ZONE = ZoneInfo("America/Chicago")
_keys = count(1)


class House(Struct, frozen=True):
    """Two processes of one shop, each at an address of its own, and the books behind them."""

    clients: Sequence[httpx.AsyncClient]
    engine: AsyncEngine
    redis: Redis

    async def open_deal(self, quantity: int, limit: int = 1) -> int:
        """A deal that both processes sell."""
        clock = SystemClock()
        deal = new_deal(quantity=quantity, limit=limit)
        (deal_id,) = await queue_deals(self.engine, clock, deal)
        async with self.engine.begin() as connection:
            if (live := await live_deal(connection)) is not None:
                await skip(connection, live.id, clock.now())
            await set_show(connection, "woot-off", False, clock.now(), ZONE)

        async def is_live() -> bool:
            shown = [(await client.get("/api/v1/live")).json()["deal"] for client in self.clients]
            return all(deal is not None and deal["id"] == deal_id for deal in shown)

        await eventually(is_live, START_SECONDS)
        return deal_id

    async def shoppers(self, number: int) -> list[dict[str, str]]:
        """The header fields of so many new shoppers."""
        sessions = open_identity(self.engine, SystemClock()).sessions
        ids = await people(self.engine, number)
        async with self.engine.begin() as connection:
            tickets = [await sessions.start(connection, shopper, Kind.TOKEN) for shopper in ids]
        return [{"Authorization": f"Bearer {ticket.text}"} for ticket in tickets]

    async def buy(
        self, process: int, who: dict[str, str], deal_id: int, quantity: int = 1, key: str | None = None
    ) -> httpx.Response:
        """One request to one of the processes, asked again where its outcome could not be told yet."""
        fields = who | {"Idempotency-Key": key or f"race-{next(_keys)}"}
        body = {"deal_id": deal_id, "quantity": quantity}
        async with asyncio.timeout(START_SECONDS):
            while True:
                answer = await self.clients[process % 2].post("/api/v1/orders", json=body, headers=fields)
                if answer.status_code not in (202, 503):
                    return answer
                await asyncio.sleep(0.1)

    async def assert_the_books_are_right(
        self, answers: Sequence[httpx.Response], deal_id: int, sold: int
    ) -> None:
        """Every promise of the books is kept, every 201 is in them, and exactly so much is sold."""
        books = await assert_the_books_balance(self.engine, sold=sold, deal=deal_id)
        assert {answer.json()["id"] for answer in answers if answer.status_code == 201} == books.ids
        assert broken(await audit_sales(self.engine, self.redis)) == {}


def outcomes(answers: Sequence[httpx.Response]) -> Counter[str]:
    """How often each outcome came: 201, or a problem's name."""
    return Counter(
        "201" if answer.status_code == 201 else answer.json()["type"].rpartition("/")[2] for answer in answers
    )


@pytest.fixture(scope="module")
async def house(
    servers: EmbeddedServers, migrated: AsyncEngine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """For all races of this file: their deals follow one another, and nothing is emptied in between."""
    async with AsyncExitStack() as rooms:
        engine = connect_database(servers.database_url)
        rooms.push_async_callback(engine.dispose)
        redis = connect_redis(servers.redis_url, timeout=2.0)
        rooms.push_async_callback(redis.aclose)
        await redis.flushall()
        async with engine.begin() as connection:
            await empty(connection)
        clients = []
        for name in ("one", "other"):
            data = tmp_path_factory.mktemp(name)
            shop = rooms.enter_context(running_shop(servers, data, "serve", SECRET=SECRET, LIMITS="off"))
            limits = httpx.Limits(max_connections=200)
            clients.append(httpx.AsyncClient(base_url=shop.address, timeout=30, limits=limits))
            rooms.push_async_callback(clients[-1].aclose)
        yield House(clients, engine, redis)


async def test_one_unit_and_two_buyers_at_two_processes(house: House) -> None:
    ada, bob = await house.shoppers(2)
    for _ in range(3):
        deal_id = await house.open_deal(quantity=1)
        answers = await asyncio.gather(house.buy(0, ada, deal_id), house.buy(1, bob, deal_id))
        assert outcomes(answers) == {"201": 1, "sold-out": 1}
        await house.assert_the_books_are_right(answers, deal_id, sold=1)


async def test_ten_units_and_three_hundred_buyers_at_two_processes(house: House) -> None:
    crowd = await house.shoppers(300)
    deal_id = await house.open_deal(quantity=10)
    answers = await asyncio.gather(*(house.buy(n, who, deal_id) for n, who in enumerate(crowd)))
    assert outcomes(answers) == {"201": 10, "sold-out": 290}
    places = [answer.json()["place"] for answer in answers if answer.status_code == 201]
    assert sorted(places) == list(range(1, 11))
    await house.assert_the_books_are_right(answers, deal_id, sold=10)


async def test_the_same_keys_at_both_processes_at_once_are_one_order_each(house: House) -> None:
    crowd = await house.shoppers(20)
    deal_id = await house.open_deal(quantity=100, limit=2)
    answers = await asyncio.gather(
        *(house.buy(process, who, deal_id, 2, key="mine") for who in crowd for process in (0, 1))
    )
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert one.status_code == other.status_code == 201
        assert one.json() == other.json()
        assert {one.headers.get("idempotent-replayed"), other.headers.get("idempotent-replayed")} == {
            None,
            "true",
        }
    await house.assert_the_books_are_right(answers, deal_id, sold=40)


async def test_sixty_four_orders_of_one_shopper_at_two_processes_keep_the_limit(house: House) -> None:
    (ada,) = await house.shoppers(1)
    deal_id = await house.open_deal(quantity=100, limit=2)
    answers = await asyncio.gather(*(house.buy(n, ada, deal_id) for n in range(64)))
    assert outcomes(answers) == {"201": 2, "limit-reached": 62}
    refused = [answer.json() for answer in answers if answer.status_code != 201]
    assert {(one["limit"], one["bought"]) for one in refused} == {(2, 2)}
    await house.assert_the_books_are_right(answers, deal_id, sold=2)


async def test_a_hundred_deals_sold_out_by_two_processes_are_on_stage_in_their_order_one_at_a_time(
    house: House,
) -> None:
    crowd = cycle(await house.shoppers(100))  # who asks so often alone is told to slow down
    before = len(await history(house.engine))
    first = await house.open_deal(quantity=1)
    rest = await queue_deals(house.engine, SystemClock(), *(new_deal(quantity=1, limit=1) for _ in range(99)))
    line = [first, *rest]
    bought: list[dict[str, Any]] = []
    seen: list[int | None] = []

    async def insist(number: int, deal_id: int) -> None:
        """Ask for it as soon as it may be there, and until there is an answer for this deal."""
        while True:
            answer = await house.buy(number, next(crowd), deal_id)
            if answer.status_code != 404:
                break
            await asyncio.sleep(0.01)
        assert answer.status_code in (201, 409), answer.text
        if answer.status_code == 201:
            bought.append(answer.json())

    async def watch() -> None:
        while None not in seen:
            now_live = await live_id(house.engine)  # fails where two are
            if not seen or seen[-1] != now_live:
                seen.append(now_live)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    async with asyncio.timeout(90):
        for deal_id in line:  # two ask at once for one unit, each at a process of its own
            await asyncio.gather(insist(0, deal_id), insist(1, deal_id))
        await watching
    log = (await history(house.engine))[before:]  # which also says that no turn is missing
    assert log == [(deal_id, "ended", "sold-out") for deal_id in line]
    assert [one["deal_id"] for one in bought] == line
    assert seen == [*(deal_id for deal_id in line if deal_id in seen), None], "in order, and no gap between"
    assert broken(await audit_sales(house.engine, house.redis)) == {}
