"""A shop that sells and settles, with either provider."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories.identity import MovableClock
from tests.factories.payments import Bank, PeerBank, SandboxBank
from tests.factories.sales import Process, on_offer
from tests.factories.settlement import Till
from tests.factories.stripe_peer import StripePeer, stripe_peer


@pytest.fixture
async def peer(clock: MovableClock) -> AsyncIterator[StripePeer]:
    """A Stripe that listens."""
    async with stripe_peer(clock) as peer:
        yield peer


@pytest.fixture
async def peer_bank(peer: StripePeer, clock: MovableClock) -> AsyncIterator[PeerBank]:
    """The peer, seen from both sides."""
    bank = PeerBank(peer, clock)
    yield bank
    await bank.close()


@pytest.fixture
def sandbox_bank(engine: AsyncEngine, clock: MovableClock) -> SandboxBank:
    """The sandbox, seen from both sides."""
    return SandboxBank(engine, clock)


@pytest.fixture(params=["sandbox", "stripe"])
def bank(request: pytest.FixtureRequest) -> Bank:
    """Each provider in turn, seen from both sides."""
    found: Bank = request.getfixturevalue({"sandbox": "sandbox_bank", "stripe": "peer_bank"}[request.param])
    return found


@pytest.fixture
async def till(engine: AsyncEngine, redis: Redis, clock: MovableClock, bank: Bank, here: Process) -> Till:
    """With either provider, and ten units on offer."""
    await on_offer(engine, clock)
    return Till(engine, redis, clock, bank, here.checkout)


@pytest.fixture
async def sandbox_till(
    engine: AsyncEngine, redis: Redis, clock: MovableClock, sandbox_bank: SandboxBank, here: Process
) -> Till:
    """With the sandbox."""
    await on_offer(engine, clock)
    return Till(engine, redis, clock, sandbox_bank, here.checkout)


@pytest.fixture
async def stripe_till(
    engine: AsyncEngine, redis: Redis, clock: MovableClock, peer_bank: PeerBank, here: Process
) -> Till:
    """With Stripe, in front of the peer."""
    await on_offer(engine, clock)
    return Till(engine, redis, clock, peer_bank, here.checkout)
