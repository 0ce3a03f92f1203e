"""Passkeys, by an authenticator in software. tests/journeys/test_an_account.py does it in a browser."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from tests.factories.identity import CountingHasher, MovableClock, browser, newcomer, open_identity
from tests.factories.passkeys import PRESENT, VERIFIED, Authenticator, b64, raw

API = "/api/v1"


@pytest.fixture
async def identity(
    engine: AsyncEngine, clock: MovableClock, hasher: CountingHasher
) -> AsyncIterator[Identity]:
    """The room of a shop at https://shop.test."""
    opened = open_identity(engine, clock, secure=True, hasher=hasher)
    yield opened
    opened.passwords.close()


async def sign_up(client: AsyncClient) -> int:
    ada = newcomer()
    body = ada.model_dump() | {"password": ada.password}
    return int((await client.post(f"{API}/shoppers", json=body)).json()["id"])


async def add(client: AsyncClient, chip: Authenticator, name: str = "Laptop") -> Response:
    options = (await client.post(f"{API}/passkeys/options")).json()
    return await client.post(f"{API}/passkeys", json={"name": name, "credential": chip.create(options)})


async def enter(
    client: AsyncClient, chip: Authenticator, change: Callable[[dict[str, Any]], None] = lambda _: None
) -> Response:
    options = (await client.post(f"{API}/session/passkey/options")).json()
    answer = chip.get(options)
    change(answer)
    return await client.post(f"{API}/session/passkey", json={"credential": answer})


def problem(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


REFUSED = (401, "passkey-not-accepted")


@pytest.fixture
async def chip(client: AsyncClient) -> Authenticator:
    """Somebody's only passkey; the browser is signed in."""
    chip = Authenticator()
    await sign_up(client)
    assert (await add(client, chip)).status_code == 201
    return chip


async def test_a_passkey_signs_in_with_a_fresh_session(client: AsyncClient, chip: Authenticator) -> None:
    before = client.cookies["__Host-session"]
    me = (await client.get(f"{API}/me")).json()
    answer = await enter(client, chip)
    assert (answer.status_code, answer.json()["id"]) == (200, me["id"])
    assert client.cookies["__Host-session"] != before
    assert (await client.get(f"{API}/me", headers={"Cookie": f"__Host-session={before}"})).status_code == 401
    listed = (await client.get(f"{API}/passkeys")).json()["items"]
    assert [(one["name"], one["used_at"] is not None) for one in listed] == [("Laptop", True)]


async def test_options_ask_for_a_verified_person_and_name_no_account(
    client: AsyncClient, chip: Authenticator
) -> None:
    options = (await client.post(f"{API}/session/passkey/options")).json()
    assert (options["rpId"], options["userVerification"]) == ("shop.test", "required")
    assert not options.get("allowCredentials")
    making = (await client.post(f"{API}/passkeys/options")).json()
    assert making["authenticatorSelection"]["userVerification"] == "required"
    assert making["authenticatorSelection"]["residentKey"] == "required"
    assert [one["id"] for one in making["excludeCredentials"]] == [b64(chip.id)]
    assert making["excludeCredentials"][0]["transports"] == ["internal"], "words that we know"


async def test_every_passkey_of_an_account_has_the_same_handle_which_says_nothing(
    client: AsyncClient, chip: Authenticator
) -> None:
    handles = set()
    for _ in range(2):
        options = (await client.post(f"{API}/passkeys/options")).json()
        handles.add(options["user"]["id"])
        await client.post(f"{API}/passkeys", json={"credential": Authenticator().create(options)})
    assert len(handles) == 1
    assert len(raw(handles.pop())) == 32


async def test_an_answer_is_good_once(client: AsyncClient, chip: Authenticator) -> None:
    options = await client.post(f"{API}/session/passkey/options")
    cookie = {"Cookie": f"__Host-passkey={options.cookies['__Host-passkey']}"}
    body = {"credential": chip.get(options.json())}
    assert (await client.post(f"{API}/session/passkey", json=body, headers=cookie)).status_code == 200
    again = {"credential": chip.get(options.json())}  # signed anew, with a higher count
    assert problem(await client.post(f"{API}/session/passkey", json=again, headers=cookie)) == REFUSED


async def test_an_answer_from_another_browser_is_refused(
    client: AsyncClient, identity: Identity, chip: Authenticator
) -> None:
    options = (await client.post(f"{API}/session/passkey/options")).json()
    async with browser(identity) as other:
        body = {"credential": chip.get(options)}
        assert problem(await other.post(f"{API}/session/passkey", json=body)) == REFUSED
        await other.post(f"{API}/session/passkey/options")
        assert problem(await other.post(f"{API}/session/passkey", json=body)) == REFUSED


async def test_a_challenge_expires(client: AsyncClient, chip: Authenticator, clock: MovableClock) -> None:
    options = await client.post(f"{API}/session/passkey/options")
    clock.advance(5 * 60)
    cookie = {"Cookie": f"__Host-passkey={options.cookies['__Host-passkey']}"}
    body = {"credential": chip.get(options.json())}
    assert problem(await client.post(f"{API}/session/passkey", json=body, headers=cookie)) == REFUSED


async def test_a_challenge_to_enter_makes_no_passkey_nor_one_persons_anothers(
    client: AsyncClient, identity: Identity
) -> None:
    await sign_up(client)
    entering = (await client.post(f"{API}/session/passkey/options")).json()
    body = {"credential": Authenticator().create(entering)}
    assert problem(await client.post(f"{API}/passkeys", json=body)) == REFUSED
    making = await client.post(f"{API}/passkeys/options")
    async with browser(identity) as other:
        await sign_up(other)
        other.cookies.set("__Host-passkey", making.cookies["__Host-passkey"])
        body = {"credential": Authenticator().create(making.json())}
        assert problem(await other.post(f"{API}/passkeys", json=body)) == REFUSED
    assert (await client.post(f"{API}/passkeys", json=body)).status_code == 201, "but one's own is"


async def test_a_count_that_does_not_grow_is_a_copys(client: AsyncClient, chip: Authenticator) -> None:
    for _ in range(3):
        assert (await enter(client, chip)).status_code == 200
    chip.count = 1  # a copy made earlier
    assert problem(await enter(client, chip)) == REFUSED
    chip.count = 3
    assert (await enter(client, chip)).status_code == 200


async def test_an_authenticator_that_does_not_count_is_fine(client: AsyncClient) -> None:
    chip = Authenticator(count=None)
    await sign_up(client)
    await add(client, chip)
    for _ in range(2):
        assert (await enter(client, chip)).status_code == 200


async def test_somebody_unverified_is_refused(client: AsyncClient, chip: Authenticator) -> None:
    chip.flags = PRESENT
    assert problem(await enter(client, chip)) == REFUSED
    chip.flags = PRESENT | VERIFIED
    assert (await enter(client, chip)).status_code == 200


async def test_an_answer_made_on_another_site_is_refused(client: AsyncClient, chip: Authenticator) -> None:
    for origin, rp_id in (("https://shop.test.evil", "shop.test"), ("https://shop.test", "evil")):
        chip.origin, chip.rp_id = origin, rp_id
        assert problem(await enter(client, chip)) == REFUSED
    chip.origin, chip.rp_id = "https://shop.test", "shop.test"
    assert (await enter(client, chip)).status_code == 200


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": None},
        {"id": "\x00"},
        {"id": "x", "rawId": "x", "type": "public-key", "response": []},
        {"id": {"a": 1}, "response": "x"},
        {"id": "x" * 60_000},
        {"id": "half of a character: \ud800"},
    ],
    ids=range(7),
)
async def test_garbage_is_no_passkey(
    client: AsyncClient, chip: Authenticator, credential: dict[str, Any]
) -> None:
    body = json.dumps({"credential": credential})  # unlike httpx's own, it writes half of a character
    client.headers["Content-Type"] = "application/json"
    await client.post(f"{API}/session/passkey/options")
    assert problem(await client.post(f"{API}/session/passkey", content=body)) == REFUSED
    await client.post(f"{API}/passkeys/options")
    assert problem(await client.post(f"{API}/passkeys", content=body)) == REFUSED


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", ["", "AAAA", "oWE", None, 7, "%%", b64(b"\xff" * 300)], ids=range(7))
async def test_a_mangled_answer_is_refused(
    client: AsyncClient, chip: Authenticator, part: str, value: object
) -> None:
    def mangle(answer: dict[str, Any]) -> None:
        answer["response"][part] = value

    assert problem(await enter(client, chip, mangle)) == REFUSED


async def test_a_passkey_is_kept_for_one_account(
    client: AsyncClient, identity: Identity, chip: Authenticator
) -> None:
    async with browser(identity) as other:
        await sign_up(other)
        assert problem(await add(other, chip)) == (409, "passkey-known")


async def test_an_account_has_room_for_twenty(
    client: AsyncClient, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.identity.passkeys.MOST", 2)
    await sign_up(client)
    answers = [await add(client, Authenticator()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert problem(answers[2]) == (409, "too-many-passkeys")


async def test_nobody_touches_anothers_passkey(
    client: AsyncClient, identity: Identity, chip: Authenticator
) -> None:
    async with browser(identity) as other:
        await sign_up(other)
        for answer in (
            await other.patch(f"{API}/passkeys/{b64(chip.id)}", json={"name": "Mine"}),
            await other.delete(f"{API}/passkeys/{b64(chip.id)}"),
        ):
            assert problem(answer) == (404, "not-found")
        assert (await other.get(f"{API}/passkeys")).json()["items"] == []
    assert (await client.patch(f"{API}/passkeys/{b64(chip.id)}", json={"name": "Mine"})).status_code == 204
    assert (await client.delete(f"{API}/passkeys/{b64(chip.id)}")).status_code == 204
    assert problem(await enter(client, chip)) == REFUSED


@pytest.mark.parametrize("name", ["a%00b", "%ff", "x" * 5000, "%F0%9F%A5%96"], ids=range(4))
async def test_what_is_no_passkeys_id_is_not_found(client: AsyncClient, name: str) -> None:
    await sign_up(client)
    assert problem(await client.patch(f"{API}/passkeys/{name}", json={"name": "x"})) == (404, "not-found")
    assert problem(await client.delete(f"{API}/passkeys/{name}")) == (404, "not-found")


async def test_adding_and_removing_want_a_fresh_sign_in(
    client: AsyncClient, chip: Authenticator, clock: MovableClock
) -> None:
    clock.advance(15 * 60)
    for answer in (
        await client.post(f"{API}/passkeys/options"),
        await client.post(f"{API}/passkeys", json={"credential": {}}),
        await client.delete(f"{API}/passkeys/{b64(chip.id)}"),
    ):
        assert problem(answer) == (403, "sign-in-again")
    await enter(client, chip)
    assert (await client.delete(f"{API}/passkeys/{b64(chip.id)}")).status_code == 204


async def test_there_are_no_passkeys_where_browsers_make_none(
    engine: AsyncEngine, clock: MovableClock, hasher: CountingHasher
) -> None:
    plain = open_identity(engine, clock, hasher=hasher)
    async with browser(plain) as client:
        answer = await client.post(f"{API}/session/passkey/options")
        assert problem(answer) == (409, "no-passkeys-here")
    plain.passwords.close()
