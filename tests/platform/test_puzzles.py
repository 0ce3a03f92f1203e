"""Work before an answer: for one use, one party, five minutes, and once."""

import asyncio
import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from redis.asyncio import Redis

from app.platform import puzzles as room
from app.platform.embedded import EmbeddedServers
from app.platform.puzzles import LASTS_SECONDS, WAIT_SECONDS, ProofOfWorkRequired, Puzzles, puzzle_text
from app.platform.redis import connect_redis
from app.platform.signing import Signer
from tests.factories.deaf_wire import deaf_wire
from tests.factories.identity import MovableClock
from tests.factories.work import solved

SIGNER = Signer("a secret for tests, long enough to be one")


@pytest.fixture(autouse=True)
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A puzzle that a test solves in no time."""
    monkeypatch.setattr(room, "FEWEST", 2)
    monkeypatch.setattr(room, "MOST", 6)
    monkeypatch.setattr(room, "COST", 2)


async def takes(puzzles: Puzzles, answer: str | None, use: str = "buy", who: str = "7") -> bool:
    try:
        await puzzles.accept(answer, use, who)
    except ProofOfWorkRequired:
        return False
    return True


def changed(answer: str, **parameters: object) -> str:
    """The same answer to a puzzle that is not quite ours."""
    told: dict[str, Any] = json.loads(b64decode(answer))
    told["challenge"]["parameters"] |= parameters
    return b64encode(json.dumps(told).encode()).decode()


async def test_work_is_taken_once_over_all_processes(redis: Redis, clock: MovableClock) -> None:
    here, there = Puzzles(SIGNER, clock, redis), Puzzles(SIGNER, clock, redis)
    answer = solved(here.make("buy", "7"))
    assert await takes(there, answer), "also where it was not given"
    assert not await takes(here, answer)
    assert not await takes(there, answer)


async def test_one_answer_that_comes_to_many_processes_at_once_is_taken_once(
    redis: Redis, clock: MovableClock
) -> None:
    many = [Puzzles(SIGNER, clock, redis) for _ in range(16)]
    answer = solved(many[0].make("buy", "7"))
    assert sum(await asyncio.gather(*(takes(one, answer) for one in many))) == 1


async def test_processes_without_a_redis_each_take_it_once(clock: MovableClock) -> None:
    """The control, and what becomes of it while Redis is away."""
    here, there = Puzzles(SIGNER, clock), Puzzles(SIGNER, clock)
    answer = solved(here.make("buy", "7"))
    assert [await takes(one, answer) for one in (here, there, here, there)] == [True, True, False, False]


async def test_a_redis_that_falls_silent_is_not_waited_for(
    servers: EmbeddedServers, clock: MovableClock
) -> None:
    async with deaf_wire(servers.redis_url) as wire:
        silent = connect_redis(wire.url, timeout=3600)
        wire.silence_everything()
        puzzles = Puzzles(SIGNER, clock, silent)
        answer = solved(puzzles.make("buy", "7"))
        async with asyncio.timeout(60):
            assert await takes(puzzles, answer)
            assert not await takes(puzzles, answer)
        await silent.aclose()


async def test_work_for_one_use_or_party_is_none_for_another(redis: Redis, clock: MovableClock) -> None:
    puzzles = Puzzles(SIGNER, clock, redis)
    answer = solved(puzzles.make("buy", "7"))
    assert not await takes(puzzles, answer, who="8")
    assert not await takes(puzzles, answer, use="sign-up")
    assert await takes(puzzles, answer), "the control: none of these has spent it"


async def test_a_puzzle_expires(redis: Redis, clock: MovableClock) -> None:
    puzzles = Puzzles(SIGNER, clock, redis)
    answers = [solved(puzzles.make("buy", "7")) for _ in range(2)]
    clock.advance(LASTS_SECONDS)
    assert await takes(puzzles, answers[0])
    clock.advance(1)
    assert not await takes(puzzles, answers[1])


async def test_a_puzzle_that_is_not_ours_or_not_solved_is_refused(redis: Redis, clock: MovableClock) -> None:
    puzzles, other = Puzzles(SIGNER, clock, redis), Puzzles(Signer("b" * 40), clock, redis)
    good = solved(puzzles.make("buy", "7"))
    data = json.loads(b64decode(good))["challenge"]["parameters"]["data"]
    wrong = [
        None,
        "",
        "no base64",
        b64encode(b"no json").decode(),
        b64encode(b"[]").decode(),
        b64encode(b"{}").decode(),
        b64encode(b'{"challenge": []}').decode(),
        b64encode(b'{"challenge": {"parameters": "x"}}').decode(),
        b64encode(b"[" * 3000).decode(),
        "x" * 10_000,
        solved(other.make("buy", "7")),
        puzzle_text(puzzles.make("buy", "7")),
        changed(good, data=data | {"who": "x"}),
        changed(good, keyPrefix="00"),
        changed(good, data=None),
        changed(good, nonce="00" * 16),
        changed(good, cost="1"),
    ]
    assert [await takes(puzzles, answer) for answer in wrong] == [False] * len(wrong)
    assert await takes(puzzles, good), "the control"


async def test_whoever_can_not_work_waits(redis: Redis, clock: MovableClock) -> None:
    puzzles = Puzzles(SIGNER, clock, redis)
    unsolved = [puzzle_text(puzzles.make("buy", "7")) for _ in range(3)]
    clock.advance(WAIT_SECONDS - 1)
    assert not await takes(puzzles, unsolved[0])
    clock.advance(1)
    assert await takes(puzzles, unsolved[0])
    assert not await takes(puzzles, unsolved[1]), "one wait is one request"
    clock.advance(WAIT_SECONDS)
    assert not await takes(puzzles, unsolved[0]), "and no puzzle is waited for twice"
    assert await takes(puzzles, unsolved[2])


async def test_redis_is_not_told_who_worked(redis: Redis, clock: MovableClock) -> None:
    puzzles = Puzzles(SIGNER, clock, redis)
    puzzle = puzzles.make("sign-up", "192.0.2.1")
    assert "192.0" not in json.dumps(puzzle)
    await takes(puzzles, solved(puzzle), "sign-up", "192.0.2.1")
    keys: list[bytes] = await redis.keys("*")  # type: ignore[assignment]
    assert len(keys) == 1
    assert await redis.ttl(keys[0]) <= LASTS_SECONDS + 1
