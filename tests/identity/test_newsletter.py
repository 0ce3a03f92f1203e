"""Who reads the newsletter: those who said so twice, until they say otherwise once."""

import asyncio
import re

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.identity import Identity, LinkFor, LinkSpent, Role, addressees_of
from app.identity.tables import mailed_links, shoppers
from app.notices import Addressee, take_back
from app.notices.newsletter_letter import Newsletter
from app.notices.outbox import post
from app.notices.tables import mails
from tests.factories.identity import PASSWORD, MovableClock, newcomer
from tests.identity.test_person import somebody_waits

API = "/api/v1"
SITE = "https://shop.test"


async def signed_up(client: AsyncClient) -> tuple[int, str]:
    """Somebody new in this browser: id and e-mail address."""
    somebody = newcomer()
    body = {"name": somebody.name, "email": somebody.email, "password": somebody.password}
    answer = await client.post(f"{API}/shoppers", json=body)
    return int(answer.json()["id"]), somebody.email


async def outbox(identity: Identity) -> list[tuple[str, str]]:
    """Rule and state of every mail, in their order."""
    async with identity.engine.connect() as connection:
        query = select(mails.c.rule, mails.c.state).order_by(mails.c.id)
        return [(rule, state) for rule, state in await connection.execute(query)]


async def last_secret(identity: Identity) -> str:
    query = select(mails.c.text).where(mails.c.rule == "newsletter-to-confirm").order_by(mails.c.id.desc())
    async with identity.engine.connect() as connection:
        found = re.search(rf"{SITE}/newsletter/in/([\w-]+)", await connection.scalar(query) or "")
    assert found is not None
    return found[1]


async def reads(identity: Identity, shopper_id: int) -> bool:
    async with identity.engine.connect() as connection:
        found = await connection.scalar(select(shoppers.c.newsletter).where(shoppers.c.id == shopper_id))
    return bool(found)


async def reader(client: AsyncClient, identity: Identity) -> int:
    """Somebody who said so twice."""
    shopper_id, _ = await signed_up(client)
    await identity.newsletter.ask(shopper_id, SITE)
    await identity.newsletter.confirm(await last_secret(identity))
    return shopper_id


async def copies(identity: Identity, after: int = 0, most: int = 50) -> list[int]:
    async with identity.engine.begin() as connection:
        found = await identity.newsletter.readers_after(connection, after, most, site=SITE)
    return [one.shopper_id for one in found]


async def test_asking_changes_nothing_and_following_the_mailed_link_does(
    client: AsyncClient, identity: Identity
) -> None:
    shopper_id, _ = await signed_up(client)
    answer = await client.patch(f"{API}/me", json={"newsletter": True})
    assert (answer.status_code, answer.json()["newsletter"]) == (200, False)
    assert await identity.newsletter.is_asked(shopper_id)
    assert await outbox(identity) == [("newsletter-to-confirm", "waiting")]
    assert await copies(identity) == []

    await identity.newsletter.ask(shopper_id, SITE)
    await identity.newsletter.confirm(await last_secret(identity))
    assert (await client.get(f"{API}/me")).json()["newsletter"] is True
    assert not await identity.newsletter.is_asked(shopper_id)
    assert await copies(identity) == [shopper_id]

    count = len(await outbox(identity))
    assert (await client.patch(f"{API}/me", json={"newsletter": True})).json()["newsletter"] is True
    assert len(await outbox(identity)) == count, "they are a reader; nobody asks again"


@pytest.mark.parametrize("wanted", ["true", "yes", 1, 0, [], {}], ids=repr)
async def test_only_true_and_false_are_a_yes_and_a_no(
    client: AsyncClient, identity: Identity, wanted: object
) -> None:
    await signed_up(client)
    assert (await client.patch(f"{API}/me", json={"newsletter": wanted})).status_code == 422
    assert await outbox(identity) == []


async def test_signing_up_by_the_api_has_no_such_field(client: AsyncClient) -> None:
    body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, "newsletter": True}
    assert (await client.post(f"{API}/shoppers", json=body)).status_code == 422


async def test_asking_is_limited_as_every_mail_is(client: AsyncClient, identity: Identity) -> None:
    await signed_up(client)
    statuses = [(await client.patch(f"{API}/me", json={"newsletter": True})).status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]
    assert (await outbox(identity)).count(("newsletter-to-confirm", "waiting")) == 1, (
        "only the newest goes out"
    )


async def test_a_link_works_once_within_a_day_and_for_the_address_it_went_to(
    client: AsyncClient, identity: Identity, clock: MovableClock
) -> None:
    shopper_id, _ = await signed_up(client)
    newsletter = identity.newsletter
    await newsletter.ask(shopper_id, SITE)
    first = await last_secret(identity)
    await newsletter.ask(shopper_id, SITE)
    for spent in (first, "", "x" * 500):
        with pytest.raises(LinkSpent):
            await newsletter.confirm(spent)
    secret = await last_secret(identity)
    await newsletter.confirm(secret)
    with pytest.raises(LinkSpent):
        await newsletter.confirm(secret)

    await newsletter.leave(shopper_id)
    await newsletter.ask(shopper_id, SITE)
    secret = await last_secret(identity)
    clock.advance(24 * 3600)
    with pytest.raises(LinkSpent):
        await newsletter.confirm(secret)

    await newsletter.ask(shopper_id, SITE)
    async with identity.engine.begin() as connection:
        await connection.execute(shoppers.update().values(email="elsewhere@example.com"))
    with pytest.raises(LinkSpent):
        await newsletter.confirm(await last_secret(identity))
    assert not await reads(identity, shopper_id)


async def test_links_for_other_things_make_no_reader(client: AsyncClient, identity: Identity) -> None:
    shopper_id, address = await signed_up(client)
    async with identity.engine.begin() as connection:
        secrets = [
            await identity.links.make(connection, purpose, shopper_id, address, "/")
            for purpose in set(LinkFor) - {LinkFor.NEWSLETTER}
        ]
    for secret in secrets:
        with pytest.raises(LinkSpent):
            await identity.newsletter.confirm(secret)


async def test_no_is_obeyed_at_once_and_takes_back_what_waits(
    client: AsyncClient, identity: Identity, clock: MovableClock
) -> None:
    shopper_id = await reader(client, identity)
    async with identity.engine.begin() as connection:
        to = Addressee("ada@example.com", "Ada", shopper_id)
        await post(connection, Newsletter("May", "More.", "https://shop.test/out"), to, clock.now())
    answer = await client.patch(f"{API}/me", json={"newsletter": False})
    assert answer.json()["newsletter"] is False
    assert (await outbox(identity))[-1] == ("newsletter", "void")
    assert await copies(identity) == []


async def test_no_also_ends_the_asking(client: AsyncClient, identity: Identity) -> None:
    shopper_id, _ = await signed_up(client)
    await identity.newsletter.ask(shopper_id, SITE)
    secret = await last_secret(identity)
    await identity.newsletter.leave(shopper_id)
    assert await outbox(identity) == [("newsletter-to-confirm", "void")]
    with pytest.raises(LinkSpent):
        await identity.newsletter.confirm(secret)
    async with identity.engine.connect() as connection:
        assert (await connection.execute(select(mailed_links))).all() == []


async def test_a_way_out_is_its_readers_alone_and_no_other_signature_passes(
    client: AsyncClient, identity: Identity, elsewhere: Identity
) -> None:
    shopper_id = await reader(client, identity)
    signed = identity.newsletter.way_out(shopper_id, SITE).removeprefix(f"{SITE}/newsletter/out/")
    assert elsewhere.newsletter.reader_of(signed) == shopper_id
    number, _, signature = signed.rpartition(".")
    for forged in (f"{int(number) + 1}.{signature}", number, f"{number}.", signed[:-1], "", "."):
        assert identity.newsletter.reader_of(forged) is None


async def test_somebody_who_deleted_their_account_gets_nothing(
    client: AsyncClient, identity: Identity
) -> None:
    shopper_id = await reader(client, identity)
    await identity.accounts.delete(shopper_id)
    assert await copies(identity) == []
    await identity.newsletter.leave(shopper_id)  # an old mail's way out: nothing to do, and nothing said
    async with identity.engine.connect() as connection:
        assert await addressees_of(connection, [shopper_id]) == {}


async def test_readers_come_in_order_some_at_a_time(identity: Identity) -> None:
    people = [
        (await identity.staff.add(f"m{n}@example.com", Role.MERCHANDISER, PASSWORD)).id for n in range(4)
    ]
    async with identity.engine.begin() as connection:
        await connection.execute(shoppers.update().where(shoppers.c.id != people[1]).values(newsletter=True))
    assert await copies(identity, most=2) == [people[0], people[2]]
    assert await copies(identity, after=people[2], most=2) == [people[3]]
    assert await identity.newsletter.count() == 3


async def test_whoever_leaves_while_copies_are_posted_gets_none(
    client: AsyncClient, identity: Identity, clock: MovableClock
) -> None:
    shopper_id = await reader(client, identity)
    async with identity.engine.begin() as connection:
        (one,) = await identity.newsletter.readers_after(connection, 0, 50, site=SITE)
        leaving = asyncio.create_task(identity.newsletter.leave(shopper_id))
        await somebody_waits(identity.engine)  # until the copies are posted, and then takes them back
        await post(connection, Newsletter("May", "More.", one.way_out), one.to, clock.now())
    await leaving
    assert (await outbox(identity))[-1] == ("newsletter", "void")


async def test_without_that_wait_a_copy_would_go_out_after_the_no(
    client: AsyncClient, identity: Identity, clock: MovableClock
) -> None:
    shopper_id = await reader(client, identity)
    async with identity.engine.begin() as connection:
        to = (await addressees_of(connection, [shopper_id]))[shopper_id]  # read, but not held
        await identity.newsletter.leave(shopper_id)
        await post(connection, Newsletter("May", "More.", "https://shop.test/out"), to, clock.now())
    assert (await outbox(identity))[-1] == ("newsletter", "waiting")
    async with identity.engine.begin() as connection:
        await take_back(connection, shopper_id, "newsletter")
