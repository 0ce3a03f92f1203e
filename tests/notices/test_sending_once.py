"""Each mail once, as far as SMTP lets anybody promise that.

Between a mail server's taking a message and our note of it lies a moment in which either may die. Whoever is left can
not know whether it arrived; it goes again, with the Message-ID by which mailboxes know it for the same one.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.notices import Addressee, Postman, Receipt, post, promises
from app.notices.mail import Smtp
from app.notices.postman import LEASE
from app.notices.tables import mails
from app.platform.embedded import EmbeddedServers
from tests.conftest import FrozenClock
from tests.factories.notices import HEAD, Postbox, smtp_server

ROOT = Path(__file__).parents[2]
RECEIPT = Receipt("7-3", "Crumpet", 1, "$1", "", "$5", "$6", "https://shop.test/orders/x")
DEADLINE_SECONDS = 110


async def posted(engine: AsyncEngine, clock: FrozenClock, *names: str) -> None:
    """A receipt for each of them."""
    async with engine.begin() as connection:
        for number, name in enumerate(names, 1):
            await post(connection, RECEIPT, Addressee(f"{name}@example.com", name, number), clock.now())


async def deliver(engine: AsyncEngine, clock: FrozenClock, postbox: Postbox) -> int:
    """What a postman of this process finds due."""
    return await Postman(engine, clock, Smtp(postbox.url), HEAD).deliver_due()


async def counted(engine: AsyncEngine, clock: FrozenClock) -> int:
    """How many receipts the public page says were sent."""
    return next(one.ever for one in await promises(engine, clock.now()) if one.rule.name == "receipt")


async def states(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list(await connection.scalars(select(mails.c.state).order_by(mails.c.id)))


@asynccontextmanager
async def a_postman(
    servers: EmbeddedServers, clock: FrozenClock, postbox: Postbox, plan: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One in a process of its own; killed at the end, where it still is."""
    words = (clock.now().isoformat(), servers.database_url, postbox.url, plan)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.factories.lone_postman", *words, cwd=ROOT
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_without_an_accident_each_mail_arrives_once(
    servers: EmbeddedServers, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock, "ada", "bob")
    with smtp_server() as postbox:
        async with a_postman(servers, clock, postbox) as process:
            assert await process.wait() == 0
        clock.advance(LEASE.total_seconds())
        assert await deliver(engine, clock, postbox) == 0
    assert sorted(address for address, _ in postbox.arrived) == ["ada@example.com", "bob@example.com"]
    assert await counted(engine, clock) == 2


async def test_a_server_that_dies_between_the_message_and_its_answer_gets_the_same_mail_again(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock, "ada")
    with smtp_server() as postbox:
        postbox.hangs_up = 1
        assert await deliver(engine, clock, postbox) == 1
        assert (await states(engine), await counted(engine, clock)) == (["waiting"], 0), "nobody said yes"
        clock.advance(5)
        assert await deliver(engine, clock, postbox) == 1
        clock.advance(timedelta(days=1).total_seconds())
        assert await deliver(engine, clock, postbox) == 0
    first, second = postbox.arrived
    assert first == second, "the same Message-ID: a mailbox knows it for the same one"
    assert (await states(engine), await counted(engine, clock)) == (["sent"], 1), "one mail, however often"


async def test_a_postman_that_is_killed_while_the_server_makes_up_its_mind_leaves_it_to_the_next(
    servers: EmbeddedServers, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await posted(engine, clock, "ada")
    with smtp_server() as postbox:
        postbox.holds = 1
        async with a_postman(servers, clock, postbox) as process:
            await asyncio.to_thread(postbox.holding.wait, DEADLINE_SECONDS)
            process.kill()
            assert await process.wait() == -signal.SIGKILL
        postbox.holds = None
        postbox.let_go.set()
        assert await deliver(engine, clock, postbox) == 0, "it may still be under way"
        clock.advance(LEASE.total_seconds())
        assert await deliver(engine, clock, postbox) == 1
    assert len(postbox.taken) == 2
    assert len(set(postbox.arrived)) == 1
    assert await counted(engine, clock) == 1


@pytest.mark.parametrize("names", [("ada",), ("ada", "bob", "cid")], ids=len)
async def test_a_postman_that_is_killed_before_its_note_sends_the_same_mails_again_and_no_other(
    servers: EmbeddedServers, engine: AsyncEngine, clock: FrozenClock, names: tuple[str, ...]
) -> None:
    await posted(engine, clock, *names)
    with smtp_server() as postbox:
        plan = f"before-mail-noted=kill:after={len(names)}"
        async with a_postman(servers, clock, postbox, plan) as process:
            assert await process.wait() == -signal.SIGKILL
        noted = (await states(engine)).count("sent")
        clock.advance(LEASE.total_seconds())
        assert await deliver(engine, clock, postbox) == len(names) - noted
    assert noted < len(names)
    assert len(set(postbox.arrived)) == len(names), "one Message-ID a mail"
    assert len(postbox.taken) == 2 * len(names) - noted
    assert await states(engine) == ["sent"] * len(names)
    assert await counted(engine, clock) == len(names)
