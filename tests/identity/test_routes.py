"""The calls about people, over HTTP."""

import asyncio

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from app.identity import Identity
from app.identity.tables import shoppers
from app.platform.errors import Problem
from tests.factories.identity import PASSWORD, CountingHasher, browser

ADA = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
SIGN_IN = {"email": "ada@example.com", "password": PASSWORD}
API = "/api/v1"


def problem(response: Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    slug: str = response.json()["type"].removeprefix("/problems/")
    assert slug in Problem.known
    return slug


async def test_signing_up_answers_who_and_signs_in(client: AsyncClient) -> None:
    answer = await client.post(f"{API}/shoppers", json=ADA | {"email": " ADA@example.com ", "name": " Ada "})
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "name": "Ada"}
    assert answer.headers["cache-control"] == "no-store"
    me = await client.get(f"{API}/me")
    assert me.json() == {
        "id": answer.json()["id"],
        "name": "Ada",
        "email": "ada@example.com",
        "role": "shopper",
        "newsletter": False,
    }
    assert me.headers["cache-control"] == "no-store"


async def test_a_taken_email_is_refused_in_any_case(client: AsyncClient) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    client.cookies.clear()
    answer = await client.post(f"{API}/shoppers", json=ADA | {"email": "Ada@Example.com"})
    assert (answer.status_code, problem(answer)) == (409, "email-taken")
    assert "set-cookie" not in answer.headers


async def test_of_two_sign_ups_with_one_email_exactly_one_succeeds(
    client: AsyncClient, identity: Identity
) -> None:
    answers = await asyncio.gather(*(client.post(f"{API}/shoppers", json=ADA) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    async with identity.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(shoppers)) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"email": "ada"}, "email"),
        ({"password": "1234567"}, "password"),
        ({"password": 12345678}, "password"),
        ({"name": None}, "name"),
    ],
)
async def test_a_wrong_field_is_named(client: AsyncClient, wrong: dict[str, object], field: str) -> None:
    answer = await client.post(f"{API}/shoppers", json=ADA | wrong)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "Value error" not in answer.text


async def test_a_text_that_is_no_unicode_is_refused_politely(client: AsyncClient) -> None:
    body = b'{"name": "\\ud800", "email": "ada@example.com", "password": "\\ud800 horse battery"}'
    json = {"Content-Type": "application/json"}
    assert (await client.post(f"{API}/shoppers", content=body, headers=json)).status_code == 422


@pytest.mark.parametrize(
    "extra", [{"role": "owner"}, {"id": 1}, {"newsletter": True}, {"password_hash": "x"}], ids=str
)
async def test_a_role_in_a_body_is_refused(client: AsyncClient, extra: dict[str, object]) -> None:
    answer = await client.post(f"{API}/shoppers", json=ADA | extra)
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    await client.post(f"{API}/shoppers", json=ADA)
    for call in ("session", "tokens"):
        assert (await client.post(f"{API}/{call}", json=SIGN_IN | extra)).status_code == 422
    assert (await client.get(f"{API}/me")).json()["role"] == "shopper"


async def test_an_unknown_email_gets_the_same_words_and_work_as_a_wrong_password(
    client: AsyncClient, hasher: CountingHasher
) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    client.cookies.clear()
    for call in ("session", "tokens"):
        answers = []
        for email in ("ada@example.com", "nobody@example.com", "no address", "a\x00@example.com", ""):
            before = hasher.verified
            answer = await client.post(f"{API}/{call}", json={"email": email, "password": "wrong"})
            assert hasher.verified == before + 1
            assert (answer.status_code, problem(answer)) == (401, "wrong-credentials")
            counted = {b"ratelimit", b"ratelimit-policy"}  # by what was typed, known or not
            fields = [field for field in answer.headers.raw if field[0].lower() not in counted]
            answers.append((answer.content, fields))
        assert all(answer == answers[0] for answer in answers)


async def test_signing_in_takes_the_email_in_any_case(client: AsyncClient) -> None:
    signed_up = await client.post(f"{API}/shoppers", json=ADA)
    client.cookies.clear()
    answer = await client.post(f"{API}/session", json=SIGN_IN | {"email": " Ada@EXAMPLE.com"})
    assert (answer.status_code, answer.json()) == (200, signed_up.json())
    assert (await client.get(f"{API}/me")).status_code == 200


async def test_signing_in_gives_a_fresh_session_and_ends_the_browsers_earlier_one(
    client: AsyncClient,
) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    planted = client.cookies["session"]
    await client.post(f"{API}/session", json=SIGN_IN)
    fresh = client.cookies["session"]
    assert fresh.split(".")[1] != planted.split(".")[1]
    assert (await client.get(f"{API}/me")).status_code == 200
    client.cookies.clear()
    assert (await client.get(f"{API}/me", headers={"Cookie": f"session={planted}"})).status_code == 401


async def test_a_planted_session_text_is_never_taken_over(client: AsyncClient) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    client.cookies.clear()
    answer = await client.post(f"{API}/session", json=SIGN_IN, headers={"Cookie": "session=planted"})
    assert answer.status_code == 200
    assert "planted" not in answer.headers["set-cookie"]


async def test_signing_in_elsewhere_leaves_this_session_alone(
    client: AsyncClient, identity: Identity
) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    async with browser(identity) as phone:
        await phone.post(f"{API}/session", json=SIGN_IN)
        await phone.delete(f"{API}/session")
        assert (await phone.get(f"{API}/me")).status_code == 401
    assert (await client.get(f"{API}/me")).status_code == 200


async def test_signing_out_ends_the_session_for_whoever_kept_a_copy(
    client: AsyncClient, elsewhere: Identity
) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    stolen = {"Cookie": f"session={client.cookies['session']}"}
    answer = await client.delete(f"{API}/session")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "session" not in client.cookies
    async with browser(elsewhere) as thief:
        await elsewhere.sessions.refresh()
        assert (await thief.get(f"{API}/me", headers=stolen)).status_code == 401
    assert (await client.delete(f"{API}/session")).status_code == 204


async def test_a_token_serves_as_bearer_and_ends_with_delete(client: AsyncClient) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    client.cookies.clear()
    answer = await client.post(f"{API}/tokens", json=SIGN_IN)
    assert answer.status_code == 201
    assert set(answer.json()) == {"token", "expires_at"}
    assert answer.json()["expires_at"].endswith("Z")
    assert "set-cookie" not in answer.headers
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await client.get(f"{API}/me", headers=bearer)).json()["name"] == "Ada"
    as_cookie = {"Cookie": f"session={answer.json()['token']}"}
    assert (await client.get(f"{API}/me", headers=as_cookie)).status_code == 401
    assert (await client.delete(f"{API}/session", headers=bearer)).status_code == 204
    assert (await client.get(f"{API}/me", headers=bearer)).status_code == 401


async def test_me_is_always_the_one_who_asks(client: AsyncClient, identity: Identity) -> None:
    ada = await client.post(f"{API}/shoppers", json=ADA)
    async with browser(identity) as other:
        bob = await other.post(f"{API}/shoppers", json=ADA | {"name": "Bob", "email": "bob@example.com"})
        wish = {"id": ada.json()["id"], "shopper_id": ada.json()["id"]}
        assert (await other.get(f"{API}/me", params=wish)).json()["id"] == bob.json()["id"]
    assert (await client.get(f"{API}/me")).json()["id"] == ada.json()["id"]


@pytest.mark.parametrize("cookie", ["x", "a.b.c.d", "", '"', "%00", "\xff\xfe", "." * 5000], ids=range(7))
async def test_a_garbage_cookie_is_just_signed_out(client: AsyncClient, cookie: str) -> None:
    answer = await client.get(f"{API}/me", headers={b"Cookie": f"session={cookie}".encode("latin-1")})
    assert (answer.status_code, problem(answer)) == (401, "sign-in-required")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_another_sites_page_cannot_sign_anybody_in_or_out(client: AsyncClient) -> None:
    await client.post(f"{API}/shoppers", json=ADA)
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
    for answer in (
        await client.post(f"{API}/session", json=SIGN_IN, headers=foreign),
        await client.delete(f"{API}/session", headers=foreign),
    ):
        assert (answer.status_code, problem(answer)) == (403, "cross-site")
    assert (await client.get(f"{API}/me")).status_code == 200


async def test_openapi_names_every_call_its_examples_and_its_problems(client: AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    calls = {
        operation["operationId"]: set(operation["responses"])
        for path, operations in document["paths"].items()
        if path.startswith(API)
        for operation in operations.values()
    }
    assert {name: calls[name] for name in calls if name in KNOWN} == KNOWN
    assert calls.keys() - KNOWN.keys() == {
        "change_email",
        "change_me",
        "change_password",
        "delete_me",
        "end_session",
        "end_other_sessions",
        "sessions",
        "passkeys",
        "passkey_options",
        "add_passkey",
        "address",
        "forget_address",
        "give_address",
        "rename_passkey",
        "remove_passkey",
    }
    schemas = document["components"]["schemas"]
    for name in ("Newcomer", "Credentials", "Shopper", "Token", "Me"):
        assert schemas[name]["examples"]


KNOWN = {
    "sign_up": {"201", "409", "422", "429"},
    "sign_in": {"200", "401", "422", "429"},
    "mail_sign_in_link": {"202", "422", "429"},
    "passkey_sign_in_options": {"200", "409", "429"},
    "sign_in_with_passkey": {"200", "401", "409", "422", "429"},
    "sign_out": {"204"},
    "create_token": {"201", "401", "422", "429"},
    "me": {"200", "401"},
}
