"""What somebody may change about themselves, and nobody else."""

import asyncio
import re

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.identity import Credentials, Identity, LinkSpent, Role, SignedIn, WrongCredentials
from app.identity.tables import mailed_links, passkeys, sessions, shoppers
from app.notices.tables import mails
from tests.factories.identity import PASSWORD, MovableClock, browser, newcomer
from tests.factories.statements import statements

API = "/api/v1"
SITE = "https://shop.test"


async def signed_up(client: AsyncClient, **chosen: str) -> tuple[int, str]:
    """Somebody new in this browser: id and e-mail address."""
    somebody = newcomer(**chosen)
    body = {"name": somebody.name, "email": somebody.email, "password": somebody.password}
    answer = await client.post(f"{API}/shoppers", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"]), somebody.email


async def letters(identity: Identity) -> list[tuple[str, str, str]]:
    """The outbox: rule, address, state."""
    query = select(mails.c.rule, mails.c.address, mails.c.state).order_by(mails.c.id)
    async with identity.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def last_secret(identity: Identity) -> str:
    query = select(mails.c.text).where(mails.c.rule == "email-to-confirm").order_by(mails.c.id.desc())
    async with identity.engine.connect() as connection:
        found = re.search(r"/account/email/([\w-]+)", await connection.scalar(query) or "")
    assert found is not None
    return found[1]


async def test_a_name_and_the_newsletter_are_ones_own_to_change(client: AsyncClient) -> None:
    await signed_up(client)
    assert (await client.get(f"{API}/me")).json()["newsletter"] is False
    answer = await client.patch(f"{API}/me", json={"name": " Ada L. ", "newsletter": True})
    assert (answer.json()["name"], answer.json()["newsletter"]) == ("Ada L.", False), "a mail asks once more"
    assert (await client.patch(f"{API}/me", json={"name": "\u202e"})).status_code == 422


@pytest.mark.parametrize(
    "extra", [{"role": "owner"}, {"id": 1}, {"email": "x@example.com"}, {"password_hash": "x"}], ids=str
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/me", {"name": "Ada"}),
        ("PUT", "/me/password", {"password": "another good one"}),
        ("POST", "/me/email", {"email": "new@example.com"}),
        ("POST", "/session/link", {"email": "new@example.com"}),
    ],
)
async def test_no_body_brings_more_than_it_may(
    client: AsyncClient, method: str, path: str, body: dict[str, str], extra: dict[str, object]
) -> None:
    await signed_up(client)
    if not extra.keys() <= body.keys():
        answer = await client.request(method, f"{API}{path}", json=body | extra)
        assert answer.status_code == 422, answer.text
    assert (await client.get(f"{API}/me")).json()["role"] == "shopper"
    assert (await client.request(method, f"{API}{path}", json=body)).is_success, "without it, it is taken"


async def test_a_new_password_ends_every_session_and_begins_a_fresh_one(
    client: AsyncClient, identity: Identity
) -> None:
    _, address = await signed_up(client)
    async with browser(identity) as other:
        await other.post(f"{API}/session", json={"email": address, "password": PASSWORD})
        before = client.cookies["session"]
        answer = await client.put(f"{API}/me/password", json={"password": "another good one"})
        assert answer.status_code == 204
        assert (await other.get(f"{API}/me")).status_code == 401
    assert client.cookies["session"] != before
    assert (await client.get(f"{API}/me")).status_code == 200
    assert (await client.get(f"{API}/me", headers={"Cookie": f"session={before}"})).status_code == 401
    with pytest.raises(WrongCredentials):
        await identity.shoppers.sign_in(Credentials(email=address, password=PASSWORD))
    await identity.shoppers.sign_in(Credentials(email=address, password="another good one"))
    assert await letters(identity) == [("new-password", address, "waiting")]


async def test_what_decides_who_comes_in_wants_a_fresh_sign_in(
    client: AsyncClient, clock: MovableClock
) -> None:
    _, address = await signed_up(client)
    clock.advance(15 * 60)
    for method, path, body in (
        ("PUT", "/me/password", {"password": "another good one"}),
        ("POST", "/me/email", {"email": "new@example.com"}),
        ("DELETE", "/me", None),
    ):
        answer = await client.request(method, f"{API}{path}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/sign-in-again")
    assert (await client.patch(f"{API}/me", json={"name": "Ada"})).status_code == 200
    await client.post(f"{API}/session", json={"email": address, "password": PASSWORD})
    assert (await client.delete(f"{API}/me")).status_code == 204


async def test_a_new_address_holds_when_its_owner_followed_the_link_and_the_old_one_is_told(
    client: AsyncClient, identity: Identity
) -> None:
    shopper_id, old = await signed_up(client)
    assert (await client.post(f"{API}/me/email", json={"email": "New@Example.com"})).status_code == 202
    assert (await client.get(f"{API}/me")).json()["email"] == old
    await identity.links.ask_to_sign_in(old, "/", SITE)
    await identity.accounts.change_email(shopper_id, await last_secret(identity))
    assert (await client.get(f"{API}/me")).json()["email"] == "new@example.com"
    assert await letters(identity) == [
        ("email-to-confirm", "new@example.com", "void"),  # it had not gone out yet, and is of no use now
        ("sign-in-link", old, "void"),
        ("email-changed", old, "waiting"),
    ]
    async with identity.engine.connect() as connection:
        assert (await connection.execute(select(mailed_links))).all() == []


async def test_an_address_that_is_taken_is_the_same_answer_and_the_same_work(
    client: AsyncClient, identity: Identity
) -> None:
    taken = newcomer()
    await identity.shoppers.sign_up(taken)
    await signed_up(client)
    works = []
    for address in (taken.email, "free@example.com"):
        with statements(identity.engine) as work:
            answer = await client.post(f"{API}/me/email", json={"email": address})
        assert (answer.status_code, answer.content) == (202, b"null")
        works.append(work)
    assert works[0] == works[1]
    assert [state for _, _, state in await letters(identity)] == ["void", "waiting"]


async def test_a_link_to_a_new_address_is_for_the_one_who_asked(
    client: AsyncClient, identity: Identity
) -> None:
    shopper_id, _ = await signed_up(client)
    other = (await identity.shoppers.sign_up(newcomer())).person
    await identity.accounts.ask_to_change_email(shopper_id, "new@example.com", SITE)
    secret = await last_secret(identity)
    with pytest.raises(LinkSpent):
        await identity.accounts.change_email(other.id, secret)
    await identity.accounts.change_email(shopper_id, secret)
    with pytest.raises(LinkSpent):
        await identity.accounts.change_email(shopper_id, secret)


async def test_an_address_that_somebody_took_meanwhile_stays_theirs(
    client: AsyncClient, identity: Identity
) -> None:
    shopper_id, old = await signed_up(client)
    await identity.accounts.ask_to_change_email(shopper_id, "new@example.com", SITE)
    await identity.shoppers.sign_up(newcomer(email="new@example.com"))
    with pytest.raises(LinkSpent):
        await identity.accounts.change_email(shopper_id, await last_secret(identity))
    person = await identity.shoppers.by_id(shopper_id)
    assert person is not None
    assert person.email == old


async def test_a_deleted_account_is_an_empty_husk(client: AsyncClient, identity: Identity) -> None:
    shopper_id, address = await signed_up(client, name="Ada Lovelace")
    await identity.links.ask_to_sign_in(address, "/", SITE)
    assert (await client.delete(f"{API}/me")).status_code == 204
    assert (await client.get(f"{API}/me")).status_code == 401
    async with identity.engine.connect() as connection:
        row = (await connection.execute(select(shoppers).where(shoppers.c.id == shopper_id))).one()
        assert (row.email, row.name, row.password_hash, row.role) == (None, "", None, Role.SHOPPER)
        left = (await connection.execute(select(sessions))).all()
        assert [(one.device, one.seen_at, one.revoked_at is None) for one in left] == [("", None, False)]
        for table in (passkeys, mailed_links):
            assert (await connection.execute(select(table))).all() == []
        told = (await connection.execute(select(mails).order_by(mails.c.id))).all()
    assert [(one.rule, one.state, one.shopper_id) for one in told] == [
        ("sign-in-link", "void", None),
        ("account-deleted", "waiting", None),
    ]
    assert told[0].address == told[0].name == told[0].text == ""
    with pytest.raises(WrongCredentials):
        await identity.shoppers.sign_in(Credentials(email=address, password=PASSWORD))
    again = await identity.shoppers.sign_up(newcomer(email=address))
    assert again.person.id != shopper_id, "whoever comes back is somebody new"


async def test_the_last_owner_cannot_leave(client: AsyncClient, identity: Identity) -> None:
    _, address = await signed_up(client)
    await identity.staff.add(address, Role.OWNER, PASSWORD)
    await client.post(f"{API}/session", json={"email": address, "password": PASSWORD})
    answer = await client.delete(f"{API}/me")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-owner")
    await identity.staff.add("second@example.com", Role.OWNER, PASSWORD)
    assert (await client.delete(f"{API}/me")).status_code == 204


async def test_of_two_owners_who_leave_at_once_one_stays(identity: Identity) -> None:
    owners = [await identity.staff.add(f"o{n}@example.com", Role.OWNER, PASSWORD) for n in range(2)]
    left = await asyncio.gather(
        *(identity.accounts.delete(owner.id) for owner in owners), return_exceptions=True
    )
    assert sum(one is None for one in left) == 1
    assert await identity.staff.has_owner()


async def test_sessions_are_listed_and_ended_by_their_owner_only(
    client: AsyncClient, identity: Identity
) -> None:
    _, address = await signed_up(client)
    async with browser(identity) as phone, browser(identity) as thief:
        agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Firefox/127.0"}
        sign_in = {"email": address, "password": PASSWORD}
        await phone.post(f"{API}/session", json=sign_in, headers=agent)
        listed = (await client.get(f"{API}/sessions")).json()["items"]
        assert {(one["device"], one["here"]) for one in listed} == {
            ("Firefox on Android", False),
            ("Some program", True),
        }
        target = next(one["id"] for one in listed if not one["here"])
        await signed_up(thief)
        assert (await thief.delete(f"{API}/sessions/{target}")).status_code == 404
        await thief.delete(f"{API}/sessions")
        assert (await phone.get(f"{API}/me")).status_code == 200
        assert (await client.delete(f"{API}/sessions/{target}")).status_code == 204
        assert (await phone.get(f"{API}/me")).status_code == 401
    assert len((await client.get(f"{API}/sessions")).json()["items"]) == 1


async def test_all_other_sessions_end_at_once(client: AsyncClient, identity: Identity) -> None:
    _, address = await signed_up(client)
    async with browser(identity) as other:
        await other.post(f"{API}/session", json={"email": address, "password": PASSWORD})
        assert (await client.delete(f"{API}/sessions")).status_code == 204
        assert (await other.get(f"{API}/me")).status_code == 401
    assert (await client.get(f"{API}/me")).status_code == 200


async def test_a_session_is_seen_by_the_hour_and_written_once(
    client: AsyncClient, identity: Identity, clock: MovableClock
) -> None:
    await signed_up(client)
    clock.advance(2 * 3600 + 1234)
    await client.get(f"{API}/me")
    await identity.sessions.note_seen()
    seen = [one["seen_at"] for one in (await client.get(f"{API}/sessions")).json()["items"]]
    assert seen == ["2026-11-22T20:00:00.000Z"]
    with statements(identity.engine) as work:
        await identity.sessions.note_seen()
    assert work == []


async def test_of_somebody_who_left_nothing_is_seen_any_more(
    client: AsyncClient, identity: Identity, elsewhere: Identity
) -> None:
    await signed_up(client)
    elsewhere.sessions.identify(client.cookies["session"], None)
    assert (await client.delete(f"{API}/me")).status_code == 204
    await elsewhere.sessions.note_seen()  # it saw them before they left, and writes it down after
    async with identity.engine.connect() as connection:
        assert (await connection.scalars(select(sessions.c.seen_at))).all() == [None]


async def test_whoever_left_meanwhile_is_asked_to_sign_in(
    client: AsyncClient, identity: Identity, elsewhere: Identity
) -> None:
    shopper_id, _ = await signed_up(client)
    await elsewhere.accounts.delete(shopper_id)  # which this process has yet to hear
    answer = await client.patch(f"{API}/me", json={"name": "Nobody"})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-required")


async def test_the_first_owner_is_one_however_many_come_at_once(identity: Identity) -> None:
    came = await asyncio.gather(
        *(identity.staff.open_shop(newcomer()) for _ in range(6)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in came) == 1
    async with identity.engine.connect() as connection:
        roles = (await connection.scalars(select(shoppers.c.role))).all()
    assert roles == [Role.OWNER], "the others made no account either"


async def test_without_turns_there_would_be_several(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody, there = asyncio.Event(), []

    async def meet(*_: object) -> None:
        there.append(1)
        if len(there) == 6:
            everybody.set()
        await everybody.wait()

    monkeypatch.setattr("app.identity.staff.take_turns", meet)
    await asyncio.gather(*(identity.staff.open_shop(newcomer()) for _ in range(6)), return_exceptions=True)
    async with identity.engine.connect() as connection:
        assert len((await connection.scalars(select(shoppers.c.role))).all()) > 1


async def test_somebody_who_left_cannot_be_fresh(client: AsyncClient, identity: Identity) -> None:
    shopper_id, _ = await signed_up(client)
    assert not await identity.visits.is_fresh(SignedIn(shopper_id, "no such session"))
