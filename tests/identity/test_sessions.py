"""Sessions: believed by their signature, unless revoked."""

import asyncio
from typing import Any, cast

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity import Identity, SignedIn
from app.identity.sessions import LIFETIMES, Sessions, Ticket
from app.identity.tables import Kind, sessions
from app.platform.signing import Signer
from tests.factories.identity import SECRET, MovableClock, newcomer


async def a_ticket(identity: Identity, kind: Kind = Kind.COOKIE) -> tuple[int, Ticket]:
    arrival = await identity.shoppers.sign_up(newcomer())
    if kind is Kind.COOKIE:
        return arrival.person.id, arrival.ticket
    async with identity.engine.begin() as connection:
        return arrival.person.id, await identity.sessions.start(connection, arrival.person.id, kind)


def who(identity: Identity, ticket: Ticket) -> SignedIn | None:
    return identity.sessions.identify(ticket.text, None)


async def test_a_ticket_is_believed_by_every_process_without_the_database(
    identity: Identity, clock: MovableClock
) -> None:
    shopper_id, ticket = await a_ticket(identity)
    cut_off = Sessions(cast(AsyncEngine, None), Signer(SECRET), clock)
    found = cut_off.identify(ticket.text, None)
    assert found is not None
    assert found.shopper_id == shopper_id


async def test_a_token_is_believed_as_a_bearer(identity: Identity) -> None:
    shopper_id, token = await a_ticket(identity, Kind.TOKEN)
    for field in (f"Bearer {token.text}", f"bearer  {token.text} "):
        found = identity.sessions.identify(None, field)
        assert found is not None
        assert found.shopper_id == shopper_id


async def test_a_cookie_is_no_token_and_a_token_no_cookie(identity: Identity) -> None:
    _, cookie = await a_ticket(identity)
    _, token = await a_ticket(identity, Kind.TOKEN)
    assert identity.sessions.identify(None, f"Bearer {cookie.text}") is None
    assert identity.sessions.identify(token.text, None) is None


async def test_a_bearer_that_is_not_ours_is_not_made_good_by_a_cookie(identity: Identity) -> None:
    _, cookie = await a_ticket(identity)
    assert identity.sessions.identify(cookie.text, "Bearer rubbish") is None
    assert identity.sessions.identify(cookie.text, "Basic Zm9vOmJhcg==") is not None


@pytest.mark.parametrize(
    "garbage",
    ["", ".", "...", "1.2.3", "1.2.3.", "é.ü.ñ", "\udcff.x", "null", "x" * 10_000_000, "." * 10_000, "\x00"],
    ids=range(11),
)
async def test_garbage_is_just_signed_out(identity: Identity, garbage: str) -> None:
    assert identity.sessions.identify(garbage, None) is None
    assert identity.sessions.identify(None, garbage) is None
    assert identity.sessions.identify(None, f"Bearer {garbage}") is None


async def test_a_truncated_or_altered_ticket_is_just_signed_out(identity: Identity) -> None:
    shopper_id, ticket = await a_ticket(identity)
    text = ticket.text
    for end in range(len(text)):
        assert identity.sessions.identify(text[:end], None) is None
    assert identity.sessions.identify(text.replace(f"{shopper_id}.", f"{shopper_id + 1}.", 1), None) is None
    assert identity.sessions.identify(f"{text}A", None) is None


async def test_a_ticket_signed_with_another_secret_is_forged(identity: Identity) -> None:
    shopper_id, _ = await a_ticket(identity)
    forged = Signer("another secret, just as long as ours").sign("session", f"{shopper_id}.x.99999999999")
    assert identity.sessions.identify(forged, None) is None


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_session_ends_with_its_lifetime(identity: Identity, clock: MovableClock, kind: Kind) -> None:
    _, ticket = await a_ticket(identity, kind)
    shown = (ticket.text, None) if kind is Kind.COOKIE else (None, f"Bearer {ticket.text}")
    clock.advance(seconds=LIFETIMES[kind].total_seconds() - 2)
    assert identity.sessions.identify(*shown) is not None
    clock.advance(seconds=2)
    assert identity.sessions.identify(*shown) is None


async def test_a_revoked_session_stops_at_once_here_and_with_the_next_refresh_elsewhere(
    identity: Identity, elsewhere: Identity
) -> None:
    _, ticket = await a_ticket(identity)
    found = who(identity, ticket)
    assert found is not None
    await identity.sessions.end(found.session_id)
    assert who(identity, ticket) is None
    await elsewhere.sessions.refresh()
    assert who(elsewhere, ticket) is None


async def test_ending_one_session_leaves_the_others_alone(identity: Identity) -> None:
    _, first = await a_ticket(identity)
    _, second = await a_ticket(identity)
    found = who(identity, first)
    assert found is not None
    await identity.sessions.end(found.session_id)
    await identity.sessions.end(found.session_id)
    await identity.sessions.refresh()
    assert who(identity, first) is None
    assert who(identity, second) is not None


async def test_a_session_that_ends_during_a_refresh_stays_ended(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ticket = await a_ticket(identity)
    found = who(identity, ticket)
    assert found is not None
    read = AsyncConnection.scalar

    async def read_then_end(connection: AsyncConnection, *query: Any) -> object:
        listed = await read(connection, *query)
        await identity.sessions.end(found.session_id)
        return listed

    monkeypatch.setattr(AsyncConnection, "scalar", read_then_end)
    await identity.sessions.refresh()
    assert who(identity, ticket) is None


async def test_a_revoked_session_is_known_from_the_start(identity: Identity, elsewhere: Identity) -> None:
    _, ticket = await a_ticket(identity)
    found = who(identity, ticket)
    assert found is not None
    await identity.sessions.end(found.session_id)
    await elsewhere.start()
    try:
        assert who(elsewhere, ticket) is None
    finally:
        await elsewhere.stop()


class Flaky:
    """An engine whose server goes away and comes back."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.away = False
        self._asked = asyncio.Event()

    def connect(self) -> AsyncConnection:
        """A connection, or what a closed port says."""
        self._asked.set()
        if self.away:
            raise ConnectionRefusedError
        return self.engine.connect()

    async def asked(self, times: int) -> None:
        """Until it was asked that many times more: all of these but the last are over then."""
        for _ in range(times):
            self._asked.clear()
            await self._asked.wait()


async def test_the_reading_outlives_an_outage_and_then_catches_up(
    identity: Identity, engine: AsyncEngine, clock: MovableClock
) -> None:
    _, before = await a_ticket(identity)
    _, after = await a_ticket(identity)
    flaky = Flaky(engine)
    other = Sessions(cast(AsyncEngine, flaky), Signer(SECRET), clock)
    first, second = who(identity, before), who(identity, after)
    assert first is not None
    assert second is not None
    await identity.sessions.end(first.session_id)
    await other.start_reading(every=0.001)
    try:
        flaky.away = True
        await flaky.asked(times=3)
        assert other.identify(before.text, None) is None
        await identity.sessions.end(second.session_id)
        flaky.away = False
        await flaky.asked(times=3)
        assert other.identify(after.text, None) is None
    finally:
        await other.stop_reading()


async def test_a_process_does_not_start_without_knowing_what_is_revoked(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    flaky = Flaky(engine)
    flaky.away = True
    with pytest.raises(ConnectionRefusedError):
        await Sessions(cast(AsyncEngine, flaky), Signer(SECRET), clock).start_reading()


async def test_the_next_sign_in_sweeps_out_a_shoppers_expired_sessions(
    identity: Identity, clock: MovableClock
) -> None:
    shopper_id, _ = await a_ticket(identity)
    clock.advance(seconds=LIFETIMES[Kind.COOKIE].total_seconds() + 1)
    async with identity.engine.begin() as connection:
        await identity.sessions.start(connection, shopper_id, Kind.COOKIE)
        kept = (await connection.scalars(select(sessions.c.expires_at))).all()
    assert len(kept) == 1
    assert kept[0] > clock.now()


async def test_thousands_of_revoked_sessions_are_read_in_one_go(identity: Identity) -> None:
    shopper_id, _ = await a_ticket(identity)
    async with identity.engine.begin() as connection:
        tickets = [await identity.sessions.start(connection, shopper_id, Kind.COOKIE) for _ in range(300)]
        await connection.execute(update(sessions).values(revoked_at=identity.clock.now()))
    await identity.sessions.refresh()
    assert not any(who(identity, ticket) for ticket in tickets)
