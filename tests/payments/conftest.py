"""Both providers, for tests that put the same promises to each; and the peer alone."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Provider
from app.payments.stripe import Stripe
from tests.factories.identity import MovableClock
from tests.factories.payments import Bank, PeerBank, SandboxBank
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
def stripe(peer_bank: PeerBank) -> Stripe:
    """Stripe's provider, in front of the peer."""
    return peer_bank.opened()


@pytest.fixture
def sandbox_bank(engine: AsyncEngine, clock: MovableClock) -> SandboxBank:
    """The sandbox, seen from both sides."""
    return SandboxBank(engine, clock)


@pytest.fixture(params=["sandbox", "stripe"])
def bank(request: pytest.FixtureRequest) -> Bank:
    """Each provider in turn, seen from both sides."""
    name = {"sandbox": "sandbox_bank", "stripe": "peer_bank"}[request.param]
    found: Bank = request.getfixturevalue(name)
    return found


@pytest.fixture
def provider(bank: Bank) -> Provider:
    """Each provider in turn."""
    return bank.opened()
