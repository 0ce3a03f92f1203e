"""How often somebody may try."""

import asyncio

import pytest
from httpx import AsyncClient
from limits import RateLimitItemPerMinute
from redis.asyncio import Redis

from app.identity import Identity
from app.identity.limits import SIGN_IN, Limits, Policy
from app.platform.embedded import EmbeddedServers
from app.platform.errors import SlowDown
from app.platform.redis import connect_redis
from tests.factories.deaf_wire import deaf_wire
from tests.factories.identity import CountingHasher, newcomer

API = "/api/v1"
THREE = Policy("three", RateLimitItemPerMinute(3), RateLimitItemPerMinute(5))


async def tries(limits: Limits, times: int, account: str = "ada", address: str = "192.0.2.1") -> int:
    """So many of them were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            await limits.count(THREE, account=account, address=address)
        except SlowDown:
            continue
        allowed += 1
    return allowed


async def test_an_account_is_tried_so_often_over_all_processes(redis: Redis) -> None:
    assert await tries(Limits(redis), 2) + await tries(Limits(redis), 2, address="192.0.2.2") == 3


async def test_an_address_tries_so_often_over_all_accounts(redis: Redis) -> None:
    limits = Limits(redis)
    allowed = [await tries(limits, 1, account=str(n)) for n in range(8)]
    assert allowed == [1] * 5 + [0] * 3
    assert await tries(limits, 1, address="192.0.2.2") == 1


async def test_an_address_over_its_limit_does_not_shut_others_out_of_an_account(redis: Redis) -> None:
    limits = Limits(redis)
    for n in range(5):
        await tries(limits, 1, account=str(n))
    await tries(limits, 20, account="ada")
    assert await tries(limits, 3, account="ada", address="192.0.2.2") == 3


async def test_limits_off_lifts_those_by_address_and_none_by_account(redis: Redis) -> None:
    limits = Limits(redis, by_address=False)
    assert sum([await tries(limits, 1, account=str(n)) for n in range(20)]) == 20
    assert await tries(limits, 10, account="ada") == 3


async def test_without_redis_each_process_counts_alone(tmp_path: object) -> None:
    away = connect_redis(f"unix://{tmp_path}/nobody.sock", timeout=0.1)
    limits = Limits(away)
    assert await tries(limits, 10) == 3
    assert await tries(Limits(away), 10) == 3
    await away.aclose()


async def test_a_redis_that_falls_silent_is_not_waited_for(servers: EmbeddedServers) -> None:
    async with deaf_wire(servers.redis_url) as wire:
        silent = connect_redis(wire.url, timeout=3600)
        wire.silence_everything()
        async with asyncio.timeout(60):
            assert await tries(Limits(silent), 4) == 3
        await silent.aclose()


async def test_redis_is_not_told_who_tried(redis: Redis) -> None:
    await tries(Limits(redis), 2, account="ada@example.com")
    keys: list[bytes] = await redis.keys("*")  # type: ignore[assignment]
    assert keys
    assert b"ada" not in b"".join(keys)
    assert b"192.0" not in b"".join(keys)


async def test_a_refusal_says_when_to_come_back(redis: Redis) -> None:
    limits = Limits(redis)
    await tries(limits, 3)
    with pytest.raises(SlowDown) as refused:
        await limits.count(THREE, account="ada", address="192.0.2.1")
    fields = refused.value.headers()
    assert fields["RateLimit-Policy"] == '"address";q=5;w=60, "account";q=3;w=60'
    assert '"account";r=0;t=' in fields["RateLimit"]
    assert 1 <= int(fields["Retry-After"]) <= 60


@pytest.mark.parametrize("known", [True, False])
async def test_a_guesser_is_stopped_before_any_password_is_checked(
    client: AsyncClient,
    identity: Identity,
    hasher: CountingHasher,
    known: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowed = 3
    few = Policy(SIGN_IN.name, RateLimitItemPerMinute(allowed), SIGN_IN.address)
    monkeypatch.setattr("app.identity.routes.SIGN_IN", few)
    ada = newcomer()
    if known:
        await identity.shoppers.sign_up(ada)
    body = {"email": ada.email, "password": "wrong"}
    answers = [await client.post(f"{API}/session", json=body) for _ in range(allowed + 3)]
    assert [answer.status_code for answer in answers] == [401] * allowed + [429] * 3
    assert hasher.verified == allowed
    assert answers[-1].json()["type"] == "/problems/slow-down"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert all("ratelimit" in answer.headers for answer in answers)
    assert (await client.post(f"{API}/tokens", json=body)).status_code == 429, "and by no other door"
    for other in (f" {ada.email.upper()}", ada.email.replace("example", "ｅⓧample")):
        spelt = body | {"email": other}
        assert (await client.post(f"{API}/session", json=spelt)).status_code == 429, "nor in other letters"
