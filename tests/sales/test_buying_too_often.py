"""Asking to buy too often, by either way of an order: what is refused, in which words, and what opens the gate."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient, Response
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.platform import puzzles as room
from app.platform.embedded import EmbeddedServers
from app.platform.redis import connect_redis
from app.sales import Turnstile, TurnstileNews
from app.sales.turnstile import ACCOUNT, ADDRESS
from tests.factories.house import problem
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, on_offer, people
from tests.factories.storefront import API, Way, guarded, listening, storefront, token, turnstile
from tests.factories.work import solved

LONG = (
    10_000.0  # units: an hour of a bucket's draining and more, so that no slow machine empties it meanwhile
)


@pytest.fixture
def gate() -> Turnstile:
    """What counts those who ask."""
    return turnstile()


@pytest.fixture(params=["framework", "till"])
async def client(
    identity: Identity, here: Process, gate: Turnstile, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncClient]:
    """Somebody who is not signed in, by either way of an order."""
    way: Way = request.param
    async with storefront(identity, here.checkout, way, gate) as one:
        yield one


@pytest.fixture
async def ada(identity: Identity, engine: AsyncEngine, clock: MovableClock) -> dict[str, str]:
    """The header field of a shopper, with a deal on offer."""
    await on_offer(engine, clock)
    return await token(identity, engine, (await people(engine, 1))[0])


async def buy(client: AsyncClient, who: dict[str, str], key: str = "a", **fields: str) -> Response:
    given = {**who, "Idempotency-Key": key, **{name.replace("_", "-"): text for name, text in fields.items()}}
    return await client.post("/orders", json={"deal_id": DEAL, "quantity": 1}, headers=given)


def flood(gate: Turnstile, units: float, address: str = "127.0.0.1") -> None:
    """Others have asked so much from this address."""
    gate.addresses.put(address, time.monotonic(), units)


async def test_an_account_that_asks_too_often_is_told_when_to_come_back(
    client: AsyncClient, ada: dict[str, str], gate: Turnstile
) -> None:
    first = await buy(client, ada)
    assert first.status_code == 201
    assert first.headers["ratelimit-policy"] == '"account";q=120;w=60, "address";q=600;w=15'
    gate.accounts.put(1, time.monotonic(), LONG)
    refused = await buy(client, ada, "b")
    assert (refused.status_code, problem(refused)) == (429, "slow-down")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["ratelimit"].startswith('"account";r=0;t=')
    assert refused.headers["ratelimit-policy"] == first.headers["ratelimit-policy"]
    assert "challenge" not in refused.json()


async def test_a_flood_from_an_address_is_asked_for_work_and_work_buys(
    client: AsyncClient, ada: dict[str, str], gate: Turnstile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "FEWEST", 2)
    monkeypatch.setattr(room, "MOST", 6)
    flood(gate, ADDRESS[0] / 2)
    # By the clock of this process it drains; a machine that needs five seconds for a request would not see it.
    monkeypatch.setattr("app.sales.turnstile.CALM", 0)
    asked = await buy(client, ada)
    assert (asked.status_code, problem(asked)) == (429, "proof-of-work-required")
    assert asked.headers["retry-after"] == str(room.WAIT_SECONDS)
    answer = solved(asked.json()["challenge"])
    bought = await buy(client, ada, Proof_Of_Work=answer)
    assert bought.status_code == 201
    assert (await buy(client, ada)).headers["idempotent-replayed"] == "true", "a repeat works no more"
    again = await buy(client, ada, "b", Proof_Of_Work=answer)
    assert (again.status_code, problem(again)) == (429, "proof-of-work-required")


async def test_another_shoppers_work_is_of_no_use(
    client: AsyncClient,
    ada: dict[str, str],
    identity: Identity,
    engine: AsyncEngine,
    gate: Turnstile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "FEWEST", 2)
    monkeypatch.setattr(room, "MOST", 6)
    monkeypatch.setattr("app.sales.turnstile.CALM", 0)
    flood(gate, ADDRESS[0] / 2)
    eve = await token(identity, engine, (await people(engine, 1))[0])
    adas = solved((await buy(client, ada)).json()["challenge"])
    assert (await buy(client, eve, Proof_Of_Work=adas)).status_code == 429
    assert (await buy(client, ada, Proof_Of_Work=adas)).status_code == 201, "the control"


async def test_an_address_over_the_brim_waits_and_others_do_not(
    client: AsyncClient, ada: dict[str, str], gate: Turnstile
) -> None:
    flood(gate, LONG, "192.0.2.1")
    assert (await buy(client, ada)).status_code == 201
    flood(gate, LONG)
    refused = await buy(client, ada, "b")
    assert (refused.status_code, problem(refused)) == (429, "slow-down")
    assert refused.headers["ratelimit"].startswith('"address";r=0;t=')
    assert not gate.accounts.held(2, time.monotonic())


async def test_a_refusal_costs_nothing_of_the_address(
    client: AsyncClient, ada: dict[str, str], gate: Turnstile
) -> None:
    flood(gate, LONG)
    before = gate.addresses.held("127.0.0.1", time.monotonic())
    for n in range(5):
        await buy(client, ada, f"{n}")
    assert gate.addresses.held("127.0.0.1", time.monotonic()) <= before


@pytest.mark.parametrize(("proxies", "status"), [("127.0.0.1", 429), (None, 201)])
async def test_whose_request_it_is_only_a_trusted_proxy_may_say(
    here: Process,
    identity: Identity,
    ada: dict[str, str],
    gate: Turnstile,
    proxies: str | None,
    status: int,
) -> None:
    flood(gate, LONG, "2001:db8:1:2::/64")
    async with (
        listening(guarded(identity, here.checkout, gate), proxies=proxies) as port,
        AsyncClient(base_url=f"http://127.0.0.1:{port}{API}") as client,
    ):
        told = await buy(client, ada, X_Forwarded_For="2001:db8:1:2:dead:beef::1")
        other = await buy(client, ada, "b", X_Forwarded_For="2001:db8:1:3::1")
    assert told.status_code == status, "a network of IPv6 is one party"
    assert other.status_code == 201


async def test_what_one_process_counts_the_others_hear(servers: EmbeddedServers, redis: Redis) -> None:
    subscription = connect_redis(servers.redis_url, timeout=None)
    gates = [turnstile() for _ in range(2)]
    news = [TurnstileNews(one, redis, subscription) for one in gates]
    for one in news:
        await one.start()
    now = time.monotonic()
    gates[0].accounts.put(7, now, ACCOUNT[0])
    flood(gates[0], ADDRESS[0])
    async with asyncio.timeout(60):
        while not gates[1].accounts.held(7, now) or not gates[1].addresses.held("127.0.0.1", now):
            await asyncio.sleep(0.02)
    assert gates[1].accounts.held(7, now) > ACCOUNT[0] - 1
    assert not gates[1].accounts.held(8, now)
    for one in news:
        await one.stop()
    await subscription.aclose()


async def test_news_that_are_no_news_are_passed_over(redis: Redis) -> None:
    gate = turnstile()
    news = TurnstileNews(gate, redis, redis)
    news.hear(b"\xff nonsense")
    news.hear(b"\x81\xa6teller\x01")
    assert not gate.accounts.take_news()
