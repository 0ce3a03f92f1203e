"""Friends & family over HTTP: the same answer and the same work for an account's address and for nobody's."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import INVITED
from app.sharing.friend_asking import OUT
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, somebody, wrong_fields
from tests.factories.identity import PASSWORD

pytestmark = pytest.mark.usefixtures("nobody_mails")

FRIENDS = f"{API}/friends"
NOBODYS, ADAS = "nobody@example.com", "ada@example.com"  # the house's shopper is Ada


async def listed(client: AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get(FRIENDS)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["next"] is None
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def invite(client: AsyncClient, email: str | None = None) -> Response:
    return await client.post(FRIENDS, json={} if email is None else {"email": email})


async def mails(engine: AsyncEngine) -> list[tuple[str, str, str, str]]:
    query = text(
        "SELECT state, address, text, way_out FROM mails WHERE rule = 'friend-invitation' ORDER BY id"
    )
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def test_two_become_friends_and_one_leaves(house: House, bea: AsyncClient) -> None:
    ada = house.shopper
    made = await invite(bea, ADAS)
    assert (made.status_code, made.headers["ratelimit-policy"]) == (
        201,
        '"address";q=200;w=3600, "account";q=30;w=86400',
    )
    mine = made.json()
    assert (mine["state"], mine["email"], mine["name"], mine["url"]) == ("invited", ADAS, None, None)
    assert await listed(bea) == [mine]
    (seen,) = await listed(ada)
    assert (seen["id"], seen["state"], seen["name"], seen["email"]) == (
        mine["id"],
        "invites-you",
        "Bea",
        None,
    )
    accepted = await ada.post(f"{FRIENDS}/{mine['id']}/acceptance")
    assert (accepted.status_code, accepted.json()["state"], accepted.json()["name"]) == (200, "friend", "Bea")
    assert (await ada.post(f"{FRIENDS}/{mine['id']}/acceptance")).json() == accepted.json()
    (hers,) = await listed(bea)
    assert (hers["id"], hers["state"], hers["name"], hers["email"]) == (mine["id"], "friend", "Ada", None)
    assert (await ada.put(f"{FRIENDS}/{mine['id']}/mute")).status_code == 204
    assert ([one["muted"] for one in await listed(ada)], (await listed(bea))[0]["muted"]) == ([True], False)
    assert (await ada.delete(f"{FRIENDS}/{mine['id']}/mute")).status_code == 204
    assert (await bea.delete(f"{FRIENDS}/{mine['id']}")).status_code == 204
    assert (await listed(ada), await listed(bea)) == ([], [])


async def test_an_invitation_says_nothing_of_whether_anybody_has_the_address(
    house: House, bea: AsyncClient, engine: AsyncEngine
) -> None:
    """Neither by its answer and the list, nor by the statements that it takes, nor by the mail that goes out."""
    told, done = [], []
    for email in (ADAS, NOBODYS):
        with statements(engine_of(house)) as said:
            answer = await invite(bea, email)
        body = answer.json()
        for varies in ("id", "email"):
            assert body.pop(varies)
        told.append((answer.status_code, sorted(answer.headers.keys()), body))
        done.append(said)
    assert told[0] == told[1]
    assert done[0] == done[1]
    assert any("INSERT INTO mails" in statement for statement in done[0])
    assert not any("email =" in statement for statement in done[0] if "shoppers" in statement)
    (to_ada, to_nobody) = await mails(engine)
    assert (to_ada[:2], to_nobody[:2]) == (("waiting", ADAS), ("waiting", NOBODYS))
    async with engine.connect() as connection:
        whose = await connection.scalars(
            text("SELECT shopper_id FROM mails WHERE rule = 'friend-invitation'")
        )
        assert set(whose) == {None}, "the address goes when the mail does"


def engine_of(house: House) -> AsyncEngine:
    found: AsyncEngine = house.app.state.engine
    return found


class statements:  # noqa: N801 - reads as what it is
    """What a request asks of PostgreSQL: it is answered in the task that sends it; the shop's rounds have others."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine, self.said, self.task = engine.sync_engine, list[str](), asyncio.current_task()

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.said

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _c: object, _k: object, statement: str, *_: object) -> None:
        if asyncio.current_task() is self.task:
            self.said.append(statement)


async def test_what_is_declined_looks_like_what_is_not_answered(house: House, bea: AsyncClient) -> None:
    mine = (await invite(bea, ADAS)).json()
    before = await listed(bea)
    assert (await house.shopper.delete(f"{FRIENDS}/{mine['id']}")).status_code == 204
    assert await listed(bea) == before
    again = await invite(bea, ADAS)
    assert (again.status_code, again.json()) == (200, mine)
    assert (await house.shopper.post(f"{FRIENDS}/{mine['id']}/acceptance")).status_code == 404


async def test_what_is_wrong_is_said_and_what_is_anothers_is_not_there(
    house: House, bea: AsyncClient
) -> None:
    ada = house.shopper
    assert wrong_fields(await invite(ada, "no address")) == ["email"]
    assert wrong_fields(await invite(ada, "ADA@example.com")) == ["email"]
    assert wrong_fields(await ada.post(FRIENDS, json={"emails": [NOBODYS, ADAS]})) == ["emails"], (
        "no address book"
    )
    mine = (await invite(ada, NOBODYS)).json()["id"]
    for entry in (mine, "nobodys", "a%00b", "x" * 500):
        for method, path in (("POST", "/acceptance"), ("DELETE", ""), ("PUT", "/mute"), ("DELETE", "/mute")):
            answer = await bea.request(method, f"{FRIENDS}/{entry}{path}")
            assert (answer.status_code, problem(answer)) == (404, "not-found"), (entry, method, path)
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/x/acceptance"), ("DELETE", "/x")):
        assert (await house.visitor.request(method, f"{FRIENDS}{path}", json={})).status_code == 401
    assert [one["id"] for one in await listed(ada)] == [mine]


async def test_a_link_is_for_one_person_and_shown_as_long_as_it_waits(house: House, bea: AsyncClient) -> None:
    made = (await invite(house.shopper)).json()
    assert (made["email"], made["state"]) == (None, "invited")
    path = made["url"].partition("://")[2].partition("/")[2]
    assert path.startswith("friends/join/")
    assert (await listed(house.shopper))[0]["url"] == made["url"]
    joined = await bea.post(f"/{path}")
    assert (joined.status_code, joined.headers["location"]) == (303, "/friends?done=friends")
    assert [one["name"] for one in await listed(house.shopper)] == ["Bea"]
    async with somebody(house.app) as eve:
        await eve.post("/sign-up", data={"name": "Eve", "email": "eve@example.com", "password": PASSWORD})
        late = await eve.post(f"/{path}")
        assert (late.status_code, problem(late)) == (410, "invitation-over")


async def test_a_mailbox_gets_so_many_and_whoever_asks_for_more_is_not_told(
    house: House, engine: AsyncEngine
) -> None:
    assert INVITED.account is not None
    answers = []
    for number in range(INVITED.account.amount + 1):
        async with somebody(house.app) as client:
            body = {"name": "Bea", "email": f"bea{number}@example.com", "password": PASSWORD}
            await client.post(f"{API}/shoppers", json=body)
            answers.append(
                await invite(client, "N.obody+shop@gmail.com" if number % 2 else "nobody@gmail.com")
            )
    assert {answer.status_code for answer in answers} == {201}
    assert len({frozenset(answer.headers) for answer in answers}) == 1
    states = [state for state, *_ in await mails(engine)]
    assert states == ["waiting"] * INVITED.account.amount + ["void"]


async def test_to_take_back_and_invite_again_mails_nobody_without_end(
    house: House, bea: AsyncClient, engine: AsyncEngine
) -> None:
    for _ in range(6):
        made = await invite(bea, NOBODYS)
        assert made.status_code == 201
        await bea.delete(f"{FRIENDS}/{made.json()['id']}")
    assert await mails(engine) == [("void", "", "", "")] * 6, "what is taken back is not sent any more"
    last = await invite(bea, NOBODYS)
    assert (last.status_code, (await mails(engine))[-1][0]) == (201, "void"), "nor is what comes after three"
    assert [one["id"] for one in await listed(bea)] == [last.json()["id"]]


async def test_whoever_has_said_no_is_not_mailed_again_by_who_takes_it_back_and_asks_once_more(
    house: House, bea: AsyncClient, engine: AsyncEngine
) -> None:
    first = (await invite(bea, ADAS)).json()
    assert (await house.shopper.delete(f"{FRIENDS}/{first['id']}")).status_code == 204
    assert (await bea.delete(f"{FRIENDS}/{first['id']}")).status_code == 204
    assert await listed(bea) == []
    again, strangers = await invite(bea, ADAS), await invite(bea, NOBODYS)
    assert (again.status_code, sorted(again.json())) == (201, sorted(strangers.json())), "nor are they told"
    assert await listed(house.shopper) == []
    assert [state for state, *_ in await mails(engine)] == ["waiting", "void", "waiting"]


async def test_what_waits_of_somebody_who_is_gone_is_not_sent(house: House, engine: AsyncEngine) -> None:
    async with somebody(house.app) as eve:
        body = {"name": "Eve", "email": "eve@example.com", "password": PASSWORD}
        await eve.post(f"{API}/shoppers", json=body)
        await invite(eve, NOBODYS)
        assert [state for state, *_ in await mails(engine)] == ["waiting"]
        assert (await eve.post("/account/deletion", data={"sure": "yes"})).status_code == 303
    await house.app.state.forgetting.round()
    assert await mails(engine) == [("void", "", "", "")]


async def test_one_person_sends_so_many_a_day(house: House, bea: AsyncClient) -> None:
    for number in range(30):
        made = await invite(bea, f"somebody{number}@example.com")
        assert made.status_code == 201, number
        await bea.delete(f"{FRIENDS}/{made.json()['id']}")
    refused = await invite(bea, "one@more.example")
    assert (refused.status_code, problem(refused)) == (429, "slow-down")
    assert int(refused.headers["retry-after"]) > 0


async def test_one_request_ends_all_invitations_to_a_mailbox(
    house: House, bea: AsyncClient, engine: AsyncEngine
) -> None:
    await invite(bea, ADAS)
    ((_, _, words, out),) = await mails(engine)
    assert out in words
    path = "/" + out.partition("://")[2].partition("/")[2]
    assert ADAS not in path
    looked = await house.visitor.get(path)
    assert looked.status_code == 200
    assert (await listed(house.shopper))[0]["state"] == "invites-you", "a look changes nothing"
    posted = await house.visitor.post(
        path, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"}
    )
    assert posted.status_code == 200
    assert await listed(house.shopper) == []
    async with somebody(house.app) as eve:
        body = {"name": "Eve", "email": "eve@example.com", "password": PASSWORD}
        await eve.post(f"{API}/shoppers", json=body)
        assert (await invite(eve, ADAS)).status_code == 201, "nobody is told"
    assert [state for state, *_ in await mails(engine)] == ["waiting", "void"]
    assert await listed(house.shopper) == []
    made_up = house.app.state.signer.sign("something else", "digest")
    for signed in ("x", "a.b", made_up):
        assert (await house.visitor.post(f"/friends/out/{signed}")).status_code == 404
    assert house.app.state.signer.verify(OUT, path.rpartition("/")[2])


async def test_the_mail_names_nobody_whose_name_is_an_advertisement(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    async with somebody(house.app) as eve:
        body = {"name": "Win at evil.example", "email": "eve@example.com", "password": PASSWORD}
        await eve.post(f"{API}/shoppers", json=body)
        await invite(eve, NOBODYS)
    ((_, _, words, _),) = await mails(engine)
    assert "evil" not in words
    assert words.startswith("Somebody who shops here wants")
