"""Links in mails: once, not for long, and the same for everybody."""

import asyncio
import re

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.identity import Identity, LinkFor, LinkSpent
from app.identity.tables import mailed_links
from app.notices.tables import mails
from tests.factories.identity import MovableClock, newcomer
from tests.factories.statements import statements

API = "/api/v1"
SITE = "https://shop.test"


async def secret_in_last_mail(identity: Identity) -> str:
    async with identity.engine.connect() as connection:
        text = await connection.scalar(select(mails.c.text).order_by(mails.c.id.desc()).limit(1))
    found = re.search(r"https://shop\.test/\S+/([\w-]+)", text or "")
    assert found is not None, text
    return found[1]


async def a_link(identity: Identity, onward: str = "/") -> str:
    ada = newcomer()
    await identity.shoppers.sign_up(ada)
    await identity.links.ask_to_sign_in(f" {ada.email.upper()} ", onward, SITE)
    return await secret_in_last_mail(identity)


async def test_a_link_signs_in_once_and_leads_on(identity: Identity) -> None:
    secret = await a_link(identity, "/orders")
    arrival, onward = await identity.links.sign_in(secret)
    assert onward == "/orders"
    found = identity.sessions.identify(arrival.ticket.text, None)
    assert found is not None
    assert found.shopper_id == arrival.person.id
    with pytest.raises(LinkSpent):
        await identity.links.sign_in(secret)


async def test_a_session_that_was_planted_beforehand_is_over_after_the_link(identity: Identity) -> None:
    planted = (await identity.shoppers.sign_up(newcomer())).ticket
    mallorys = identity.sessions.identify(planted.text, None)
    assert mallorys is not None
    arrival, _ = await identity.links.sign_in(await a_link(identity), instead_of=mallorys)
    fresh = identity.sessions.identify(arrival.ticket.text, None)
    assert fresh is not None
    assert fresh.session_id != mallorys.session_id
    assert identity.sessions.identify(planted.text, None) is None


async def test_of_two_who_follow_a_link_at_once_one_comes_in(identity: Identity) -> None:
    secret = await a_link(identity)
    came = await asyncio.gather(*(identity.links.sign_in(secret) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, LinkSpent) for one in came) == 4


async def test_looking_at_a_link_does_not_use_it_up(identity: Identity) -> None:
    secret = await a_link(identity)
    for _ in range(3):
        assert (await identity.links.look(secret, LinkFor.SIGN_IN)).onward == "/"
    await identity.links.sign_in(secret)


async def test_a_link_is_of_no_use_after_a_quarter_of_an_hour(
    identity: Identity, clock: MovableClock
) -> None:
    secret = await a_link(identity)
    clock.advance(15 * 60 - 1)
    await identity.links.look(secret, LinkFor.SIGN_IN)
    clock.advance(1)
    for use in (identity.links.look(secret, LinkFor.SIGN_IN), identity.links.sign_in(secret)):
        with pytest.raises(LinkSpent):
            await use


async def test_a_link_for_one_thing_is_not_good_for_another(identity: Identity) -> None:
    secret = await a_link(identity)
    with pytest.raises(LinkSpent):
        await identity.links.look(secret, LinkFor.EMAIL)


@pytest.mark.parametrize("garbage", ["", "x", "\x00", "\udcff", "é" * 10_000, "' OR 1=1 --"], ids=range(6))
async def test_garbage_is_no_link(identity: Identity, garbage: str) -> None:
    await a_link(identity)
    with pytest.raises(LinkSpent):
        await identity.links.sign_in(garbage)


async def test_the_secret_of_a_link_is_kept_nowhere_but_in_the_mail(identity: Identity) -> None:
    secret = await a_link(identity)
    async with identity.engine.connect() as connection:
        rows = (await connection.execute(select(mailed_links))).all()
    assert secret not in repr(rows)


@pytest.mark.parametrize("stranger", ["nobody@example.com", "no address", "a\x00@example.com", ""])
async def test_asking_for_nobody_is_the_same_answer_and_the_same_work(
    client: AsyncClient, identity: Identity, stranger: str
) -> None:
    ada = newcomer()
    await identity.shoppers.sign_up(ada)
    answers, works = [], []
    for typed in (ada.email, stranger):
        with statements(identity.engine) as work:
            answer = await client.post(f"{API}/session/link", json={"email": typed})
        counted = {"ratelimit", "ratelimit-policy"}
        answers.append((answer.status_code, answer.content, set(answer.headers) - counted))
        works.append(work)
    assert answers[0] == answers[1]
    assert answers[0][0] == 202
    assert works[0] == works[1]
    assert len(works[0]) >= 4, "else it was not heard"


async def test_nobody_is_written_to_and_nothing_of_them_is_kept(identity: Identity) -> None:
    await identity.links.ask_to_sign_in("nobody@example.com", "/", SITE)
    async with identity.engine.connect() as connection:
        letter = (await connection.execute(select(mails))).one()
        link = (await connection.execute(select(mailed_links))).one()
    assert (letter.state, letter.address, letter.text) == ("void", "", "")
    assert (link.shopper_id, link.email) == (None, "")


async def test_links_that_are_over_are_swept_out(identity: Identity, clock: MovableClock) -> None:
    await a_link(identity)
    clock.advance(3600)
    await identity.links.ask_to_sign_in("nobody@example.com", "/", SITE)
    async with identity.engine.connect() as connection:
        assert len((await connection.execute(select(mailed_links))).all()) == 1
