"""The outbox, emptied: each mail once, in whatever order things break."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.notices import (
    Addressee,
    NewPassword,
    Postman,
    SignInLink,
    forget,
    mails_to,
    post,
    promises,
    take_back,
)
from app.notices.mail import Away, Carrier, Refused, Smtp
from app.notices.newsletter_letter import Newsletter
from app.notices.postman import AT_ONCE, LEASE
from app.notices.tables import mails
from tests.conftest import FrozenClock
from tests.factories.notices import HEAD, Hands, smtp_server


class Killed(BaseException):
    """What nothing expects."""


ADA = Addressee("ada@example.com", "Ada", 7)


async def posted(engine: AsyncEngine, clock: FrozenClock, times: int = 1, to: Addressee = ADA) -> None:
    async with engine.begin() as connection:
        for _ in range(times):
            await post(connection, SignInLink("https://shop.test/secret"), to, clock.now())


async def rows(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(mails).order_by(mails.c.id))).all())


def postman(engine: AsyncEngine, clock: FrozenClock, carrier: Carrier) -> Postman:
    return Postman(engine, clock, carrier, HEAD)


async def test_a_mail_goes_out_once_is_counted_and_its_words_are_forgotten(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock)
    with smtp_server() as postbox:
        one = postman(engine, clock, Smtp(f"smtp://127.0.0.1:{postbox.port}"))
        assert await one.deliver_due() == 1
        assert await one.deliver_due() == 0
    assert len(postbox.taken) == 1
    (row,) = await rows(engine)
    assert (row.state, row.text, row.sent_at, row.address) == ("sent", "", clock.now(), "ada@example.com")
    first = (await promises(engine, clock.now()))[0]
    assert (first.rule.name, first.lately, first.ever) == ("sign-in-link", 1, 1)
    later = (await promises(engine, clock.now() + timedelta(days=31)))[0]
    assert (later.lately, later.ever) == (0, 1)


async def test_what_is_rolled_back_is_not_told(engine: AsyncEngine, clock: FrozenClock) -> None:
    async with engine.connect() as connection:
        await post(connection, NewPassword(), ADA, clock.now())
        await connection.rollback()
    assert await postman(engine, clock, Hands()).deliver_due() == 0


async def test_many_processes_send_each_mail_once(engine: AsyncEngine, clock: FrozenClock) -> None:
    await posted(engine, clock, times=30)
    hands = Hands()
    tried = await asyncio.gather(*(postman(engine, clock, hands).deliver_due() for _ in range(4)))
    assert sum(tried) == 30
    assert len({message["Message-ID"] for message in hands.carried}) == len(hands.carried) == 30


async def test_a_server_that_is_away_is_asked_again_ever_later(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock)
    hands = Hands(Away("no"), Away("no"))
    one = postman(engine, clock, hands)
    for wait, waits_on in ((5, 30), (30, None)):
        assert await one.deliver_due() == 1
        clock.advance(wait - 1)
        assert await one.deliver_due() == 0, f"not before {wait} s; then {waits_on}"
        clock.advance(1)
    assert await one.deliver_due() == 1
    assert len(hands.carried) == 1
    (row,) = await rows(engine)
    assert (row.state, row.tries) == ("sent", 3)


async def test_a_process_that_dies_midway_leaves_its_mail_to_the_next_with_the_same_id(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock)
    dying = Hands(Killed())
    with pytest.raises(Killed):
        await postman(engine, clock, dying).deliver_due()
    (before,) = await rows(engine)
    hands = Hands()
    assert await postman(engine, clock, hands).deliver_due() == 0, "it may still be under way"
    clock.advance(LEASE.total_seconds())
    assert await postman(engine, clock, hands).deliver_due() == 1
    assert [message["Message-ID"] for message in hands.carried] == [f"<{before.message_id}@shop.test>"]


async def test_what_is_soon_of_no_use_goes_before_everything_and_issues_after_it(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    async with engine.begin() as connection:
        for letter in (Newsletter("May", "More.", "https://shop.test/out"), NewPassword(), SignInLink("x")):
            for _ in range(AT_ONCE):
                await post(connection, letter, ADA, clock.now())
            clock.advance(1)
    hands = Hands()
    await postman(engine, clock, hands).deliver_due()
    order = [message["Subject"] for message in hands.carried]
    assert order == [
        words
        for words in ("Your link to sign in", "Your account has a new password", "May")
        for _ in range(AT_ONCE)
    ]


async def test_a_mail_that_is_taken_back_while_it_waits_is_not_sent(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock)
    async with engine.begin() as connection:
        await take_back(connection, 7, "sign-in-link")
    hands = Hands()
    assert await postman(engine, clock, hands).deliver_due() == 0
    (row,) = await rows(engine)
    assert (row.state, row.text) == ("void", "")


async def test_a_mail_that_went_out_while_it_was_taken_back_is_counted(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock)

    class TooLate(Hands):
        async def carry(self, message: Any) -> None:
            async with engine.begin() as connection:
                await take_back(connection, 7, "sign-in-link")
            await super().carry(message)

    await postman(engine, clock, TooLate()).deliver_due()
    (row,) = await rows(engine)
    assert row.state == "sent"
    assert (await promises(engine, clock.now()))[0].ever == 1


async def test_one_that_comes_too_late_changes_nothing(engine: AsyncEngine, clock: FrozenClock) -> None:
    await posted(engine, clock)
    gate, arrived = asyncio.Event(), asyncio.Event()

    class Slow(Hands):
        async def carry(self, message: Any) -> None:  # noqa: ARG002 - it never gets so far
            arrived.set()
            await gate.wait()
            raise Away("after all")

    slow = asyncio.create_task(postman(engine, clock, Slow()).deliver_due())
    await arrived.wait()
    clock.advance(LEASE.total_seconds())
    assert await postman(engine, clock, Hands()).deliver_due() == 1
    gate.set()
    await slow
    (row,) = await rows(engine)
    assert row.state == "sent"


async def test_a_mail_that_is_refused_for_good_is_given_up(engine: AsyncEngine, clock: FrozenClock) -> None:
    await posted(engine, clock)
    hands = Hands(Refused("never"))
    await postman(engine, clock, hands).deliver_due()
    clock.advance(600)
    assert await postman(engine, clock, hands).deliver_due() == 0
    (row,) = await rows(engine)
    assert (row.state, row.text, row.sent_at) == ("given-up", "", None)
    assert (await promises(engine, clock.now()))[0].ever == 0


async def test_a_link_that_would_come_too_late_is_not_sent(engine: AsyncEngine, clock: FrozenClock) -> None:
    await posted(engine, clock)
    clock.advance(15 * 60)
    hands = Hands()
    await postman(engine, clock, hands).deliver_due()
    assert hands.carried == []
    assert (await rows(engine))[0].state == "given-up"


async def test_a_void_mail_is_never_sent(engine: AsyncEngine, clock: FrozenClock) -> None:
    async with engine.begin() as connection:
        await post(connection, NewPassword(), ADA, clock.now(), void=True)
    assert await postman(engine, clock, Hands()).deliver_due() == 0


async def test_nobodys_address_is_forgotten_when_the_mail_is_out(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock, to=Addressee("gone@example.com", "Gone"))
    hands = Hands()
    await postman(engine, clock, hands).deliver_due()
    assert hands.carried[0]["To"] == "gone@example.com"
    (row,) = await rows(engine)
    assert (row.name, row.address) == ("", "")


async def test_somebody_forgotten_is_in_no_mail_and_gets_none(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock)
    await postman(engine, clock, Hands()).deliver_due()
    await posted(engine, clock)
    bob = Addressee("bob@example.com", "Bob", 8)
    await posted(engine, clock, to=bob)
    async with engine.begin() as connection:
        assert len(await mails_to(connection, 7)) == 2
        await forget(connection, 7)
        assert await mails_to(connection, 7) == []
    hands = Hands()
    await postman(engine, clock, hands).deliver_due()
    assert [message["To"] for message in hands.carried] == ["bob@example.com"]
    assert "ada" not in repr(await rows(engine)).lower()


async def test_nobodys_mails_are_swept_out_after_a_day(engine: AsyncEngine, clock: FrozenClock) -> None:
    async with engine.begin() as connection:
        await post(connection, NewPassword(), ADA, clock.now(), void=True)
    await posted(engine, clock)
    hands = postman(engine, clock, Hands())
    await hands.deliver_due()
    clock.advance(24 * 3600)
    await hands.sweep()
    assert len(await rows(engine)) == 2
    clock.advance(1)
    await hands.sweep()
    assert [(row.state, row.shopper_id) for row in await rows(engine)] == [("sent", 7)]


async def test_the_walk_goes_on_after_whatever_breaks(engine: AsyncEngine, clock: FrozenClock) -> None:
    await posted(engine, clock)
    hands = Hands(RuntimeError("a fault of ours"))
    one = postman(engine, clock, hands)
    await one.start(every=0.01)
    try:
        async with asyncio.timeout(60):
            while hands.raises:
                await asyncio.sleep(0.005)
            clock.advance(LEASE.total_seconds())
            while not hands.carried:
                await asyncio.sleep(0.005)
    finally:
        await one.stop()
