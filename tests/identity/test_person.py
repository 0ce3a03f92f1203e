"""Whoever deletes an account, and whoever comes in by a passkey at the same moment."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity, SignInRequired
from app.identity.party import RelyingParty
from app.identity.person import locked_person
from app.identity.tables import passkeys
from tests.factories.identity import CountingHasher, MovableClock, open_identity
from tests.factories.passkeys import Authenticator
from tests.identity.test_passkeys import API, REFUSED, add, problem, sign_up


@pytest.fixture
async def identity(
    engine: AsyncEngine, clock: MovableClock, hasher: CountingHasher
) -> AsyncIterator[Identity]:
    """The room of a shop at https://shop.test."""
    opened = open_identity(engine, clock, secure=True, hasher=hasher)
    yield opened
    opened.passwords.close()


async def test_an_account_that_goes_meanwhile_gets_no_passkey(
    client: AsyncClient, identity: Identity
) -> None:
    chip = Authenticator()
    shopper_id = await sign_up(client)
    person = await identity.shoppers.by_id(shopper_id)
    assert person is not None
    party = RelyingParty("shop.test", "Breadmaker", "https://shop.test")
    options, cookie = await identity.passkeys.to_add(person, party)
    await identity.accounts.delete(shopper_id)
    with pytest.raises(SignInRequired):
        await identity.passkeys.add(person, party, cookie, chip.create(options), "Laptop")
    assert await identity.passkeys.of(shopper_id) == []


async def test_entering_waits_for_whoever_deletes_the_account_and_finds_nobody(
    client: AsyncClient, identity: Identity
) -> None:
    chip = Authenticator()
    await sign_up(client)
    assert (await add(client, chip)).status_code == 201
    me = (await client.get(f"{API}/me")).json()
    options = (await client.post(f"{API}/session/passkey/options")).json()
    body = {"credential": chip.get(options)}
    async with identity.engine.begin() as deleting:
        await locked_person(deleting, me["id"])
        entering = asyncio.create_task(client.post(f"{API}/session/passkey", json=body))
        await somebody_waits(identity.engine)
        # Were the passkey locked already, these two would wait for each other for ever.
        await deleting.execute(delete(passkeys).where(passkeys.c.shopper_id == me["id"]))
    assert problem(await entering) == REFUSED


async def somebody_waits(engine: AsyncEngine) -> None:
    """Until a statement waits for a lock in this database."""
    waiting = text(
        "SELECT EXISTS (SELECT FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    async with asyncio.timeout(60), engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not await connection.scalar(waiting):
            await asyncio.sleep(0.01)
