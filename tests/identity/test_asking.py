"""The cookie, and the doors that other rooms put before their routes."""

from http.cookies import SimpleCookie

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity, Role
from app.identity.tables import sessions, shoppers
from tests.factories.identity import PASSWORD, MovableClock, browser, open_identity

BOSS = {"email": "boss@example.com", "password": PASSWORD}
SIGN_IN, SIGN_UP = "/api/v1/session", "/api/v1/shoppers"


def only_cookie(response: Response) -> tuple[str, dict[str, object]]:
    ((name, morsel),) = SimpleCookie(response.headers["set-cookie"]).items()
    return name, {key: value for key, value in morsel.items() if value != ""}


@pytest.mark.parametrize(("secure", "expected"), [(False, "session"), (True, "__Host-session")])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    engine: AsyncEngine, clock: MovableClock, secure: bool, expected: str
) -> None:
    identity = open_identity(engine, clock, secure=secure)
    async with browser(identity) as client:
        name, flags = only_cookie(await client.post(SIGN_UP, json=BOSS | {"name": "Boss"}))
        assert name == expected
        assert flags.pop("max-age") == str(30 * 24 * 60 * 60)
        always = {"path": "/", "httponly": True, "samesite": "lax"}
        assert flags == always | ({"secure": True} if secure else {})
        assert (await client.get("/api/v1/me")).status_code == 200
        name, flags = only_cookie(await client.delete(SIGN_IN))
        assert name == expected
        assert flags["max-age"] == "0"
        assert bool(flags.get("secure")) is secure
    identity.passwords.close()


async def test_over_https_a_cookie_without_the_host_prefix_is_not_read(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    identity = open_identity(engine, clock, secure=True)
    async with browser(identity) as client:
        await client.post(SIGN_UP, json=BOSS | {"name": "Boss"})
        text = client.cookies["__Host-session"]
        client.cookies.clear()
        planted = {"Cookie": f"session={text}"}
        assert (await client.get("/api/v1/me", headers=planted)).status_code == 401
    identity.passwords.close()


@pytest.mark.parametrize("role", [Role.MERCHANDISER, Role.OWNER])
async def test_staff_come_to_the_desk(client: AsyncClient, identity: Identity, role: Role) -> None:
    await identity.staff.add("boss@example.com", role, PASSWORD)
    await client.post(SIGN_IN, json=BOSS)
    assert (await client.get("/desk")).json() == {"name": "boss", "role": role}


async def test_a_shopper_is_not_allowed_at_the_desk_and_a_stranger_is_asked_to_sign_in(
    client: AsyncClient,
) -> None:
    stranger = await client.get("/desk")
    assert (stranger.status_code, stranger.json()["type"]) == (401, "/problems/sign-in-required")
    await client.post(SIGN_UP, json=BOSS | {"name": "Boss"})
    shopper = await client.get("/desk")
    assert (shopper.status_code, shopper.json()["type"]) == (403, "/problems/not-allowed")


async def test_a_role_taken_away_is_gone_with_the_next_request(
    client: AsyncClient, identity: Identity
) -> None:
    await identity.staff.add("boss@example.com", Role.MERCHANDISER, PASSWORD)
    await client.post(SIGN_IN, json=BOSS)
    assert (await client.get("/desk")).status_code == 200
    async with identity.engine.begin() as connection:
        await connection.execute(update(shoppers).values(role=Role.SHOPPER))
    assert (await client.get("/desk")).status_code == 403


async def test_a_session_of_an_account_that_is_gone_is_signed_out(
    client: AsyncClient, identity: Identity
) -> None:
    await client.post(SIGN_UP, json=BOSS | {"name": "Boss"})
    async with identity.engine.begin() as connection:
        await connection.execute(delete(sessions))
        await connection.execute(delete(shoppers))
    assert (await client.get("/api/v1/me")).status_code == 401
    assert (await client.get("/desk")).status_code == 401
