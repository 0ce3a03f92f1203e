"""Where parcels go: one address each, and nobody else's."""

from typing import Any

import pytest
from httpx import AsyncClient

from app.identity import Identity, SignInRequired, addresses_of, clean_address, forget_address, keep_address
from tests.factories.house import problem, wrong_fields
from tests.factories.identity import PASSWORD, browser, newcomer
from tests.identity.test_address import TYPED

CALL = "/api/v1/me/address"
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}


async def sign_up(client: AsyncClient, email: str = "ada@example.com") -> int:
    body = {"name": "Ada", "email": email, "password": PASSWORD}
    return int((await client.post("/api/v1/shoppers", json=body)).json()["id"])


async def kept(identity: Identity, *shopper_ids: int) -> dict[int, str]:
    """The streets of those who gave an address."""
    async with identity.engine.connect() as connection:
        found = await addresses_of(connection, shopper_ids)
    return {shopper_id: address.street for shopper_id, address in found.items()}


async def test_an_address_is_given_read_replaced_and_forgotten(client: AsyncClient) -> None:
    await sign_up(client)
    assert problem(await client.get(CALL)) == "not-found"
    given = await client.put(CALL, json=TYPED | {"city": " Chicago "})
    assert (given.status_code, given.json()) == (200, TYPED)
    assert given.headers["cache-control"] == "no-store"
    await client.put(CALL, json=TYPED | {"street": "1 New Street"})
    assert (await client.get(CALL)).json()["street"] == "1 New Street"
    for _ in range(2):  # safe to repeat
        assert (await client.delete(CALL)).status_code == 204
    assert (await client.get(CALL)).status_code == 404


async def test_what_is_wrong_is_named(client: AsyncClient) -> None:
    await sign_up(client)
    answer = await client.put(CALL, json=TYPED | {"street": "", "country": "XX"})
    assert wrong_fields(answer) == ["street", "country"]
    assert wrong_fields(await client.put(CALL, json=TYPED | {"region": ""})) == ["body"]


async def test_nobody_reads_or_writes_anothers_address(client: AsyncClient, identity: Identity) -> None:
    ada = await sign_up(client)
    await client.put(CALL, json=TYPED)
    async with browser(identity) as other:
        eve = await sign_up(other, "eve@example.com")
        assert (await other.get(CALL)).status_code == 404
        await other.put(CALL, json=TYPED | {"street": "13 Hell Road"})
        await other.delete(CALL)
        assert await kept(identity, ada, eve) == {ada: "12 Mill Lane"}
        assert (await client.get(CALL)).status_code == 200, "its owner reads it"


@pytest.mark.parametrize("more", [{"shopper_id": 1}, {"id": 1}, {"role": "owner"}])
async def test_no_address_says_whose_it_is(
    client: AsyncClient, identity: Identity, more: dict[str, Any]
) -> None:
    ada = await sign_up(client)
    assert wrong_fields(await client.put(CALL, json=TYPED | more)) == list(more)
    assert await kept(identity, ada) == {}
    assert (await client.put(CALL, json=TYPED)).status_code == 200, "without it, it is taken"


async def test_another_sites_page_changes_no_address(client: AsyncClient, identity: Identity) -> None:
    ada = await sign_up(client)
    assert (await client.put(CALL, json=TYPED)).status_code == 200, "ours does"
    other = TYPED | {"street": "13 Hell Road"}
    assert problem(await client.put(CALL, json=other, headers=FOREIGN)) == "cross-site"
    assert problem(await client.delete(CALL, headers=FOREIGN)) == "cross-site"
    assert await kept(identity, ada) == {ada: "12 Mill Lane"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_stranger_has_no_address(client: AsyncClient, method: str) -> None:
    answer = await client.request(method, CALL, json=TYPED if method == "PUT" else None)
    assert (answer.status_code, problem(answer)) == (401, "sign-in-required")


async def test_an_address_goes_with_its_account_and_none_comes_after(identity: Identity) -> None:
    arrival = await identity.shoppers.sign_up(newcomer())
    shopper_id = arrival.person.id
    async with identity.engine.begin() as connection:
        await keep_address(connection, shopper_id, clean_address(TYPED))
    await identity.accounts.delete(shopper_id)
    assert await kept(identity, shopper_id) == {}
    with pytest.raises(SignInRequired):
        async with identity.engine.begin() as connection:
            await keep_address(connection, shopper_id, clean_address(TYPED))


async def test_addresses_are_read_for_many_at_once(identity: Identity) -> None:
    ids = [(await identity.shoppers.sign_up(newcomer())).person.id for _ in range(3)]
    async with identity.engine.begin() as connection:
        for place, shopper_id in enumerate(ids):
            await keep_address(connection, shopper_id, clean_address(TYPED | {"street": f"{place} Lane"}))
        await forget_address(connection, ids[1])
    assert await kept(identity, *ids, 10**9) == {ids[0]: "0 Lane", ids[2]: "2 Lane"}
