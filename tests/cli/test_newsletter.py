"""newsletter send, as somebody of the shop runs it in a terminal."""

import asyncio
import email
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import shoppers
from app.notices import Postman
from app.notices.mail import Smtp
from app.notices.tables import mails, newsletter_issues
from app.platform.embedded import EmbeddedServers
from tests.conftest import FrozenClock
from tests.factories.notices import HEAD, smtp_server
from tests.factories.running_shop import BREADMAKER, environment
from tests.factories.terminal import Terminal

WORDS = "# Bread in May\n\nMore crumpets.\n"
DEADLINE_SECONDS = 110


async def readers(engine: AsyncEngine, count: int) -> list[str]:
    """So many people who said twice that they want it, and one who did not; the readers' addresses."""
    people = [
        {
            "email": f"r{number}@example.com",
            "name": "",
            "password_hash": "!",
            "newsletter": number > 0,
            "created_at": datetime(2026, 5, 1, tzinfo=UTC),
        }
        for number in range(count + 1)
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(shoppers), people)
    return [f"r{number}@example.com" for number in range(1, count + 1)]


@pytest.fixture
def issue(tmp_path: Path) -> str:
    """A file with an issue."""
    file = tmp_path / "may.md"
    file.write_text(WORDS)
    return str(file)


async def test_a_dry_run_says_to_whom_and_sends_nothing(
    terminal: Terminal, engine: AsyncEngine, issue: str
) -> None:
    await readers(engine, 2)
    words = await terminal.run("newsletter", "send", issue, "--dry-run")
    assert words == "Subject: Bread in May\n\nMore crumpets.\n\nReaders: 2\n"
    facts = await terminal.facts("newsletter", "send", issue, "--dry-run")
    assert facts == {"heading": "Bread in May", "words": "More crumpets.", "readers": 2, "refused": ""}
    assert not (terminal.folder / "mails").exists()
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(newsletter_issues)) == 0


async def test_an_issue_goes_to_its_readers_and_a_second_one_in_the_month_needs_a_reason(
    terminal: Terminal, engine: AsyncEngine, issue: str
) -> None:
    addresses = await readers(engine, 2)
    facts = await terminal.facts("newsletter", "send", issue)
    assert facts == {"heading": "Bread in May", "issue_id": 1, "copies": 2, "waiting": 0}
    found = [
        email.message_from_bytes(file.read_bytes(), policy=default)
        for file in (terminal.folder / "mails").glob("*.eml")
    ]
    assert sorted(message["To"] for message in found) == addresses
    for message in found:
        assert message["Subject"] == "Bread in May"
        assert message["List-Unsubscribe"].startswith("<http://localhost:8000/newsletter/out/")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    assert "this month's was sent" in await terminal.run("newsletter", "send", issue, exit_code=1)
    words = await terminal.run("newsletter", "send", issue, "--dry-run", exit_code=1)
    assert words.endswith("Not sent: this month's was sent: “Bread in May”\n")
    words = await terminal.run("newsletter", "send", issue, "--again", "the oven is on fire")
    assert words == "“Bread in May”: 2 copies were posted.\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"no heading", "its first line must be its heading"), (b"\xff\xfe# x", "is not text in UTF-8")],
)
async def test_a_file_that_is_no_issue_is_refused(
    terminal: Terminal, tmp_path: Path, text: bytes, words: str
) -> None:
    (tmp_path / "x.md").write_bytes(text)
    assert words in await terminal.run("newsletter", "send", str(tmp_path / "x.md"), exit_code=1)
    assert "cannot be read" in await terminal.run("newsletter", "send", str(tmp_path / "y.md"), exit_code=1)


async def test_one_that_is_killed_goes_on_where_it_came_and_nobody_gets_two(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path, issue: str
) -> None:
    addresses = await readers(engine, 70)
    with smtp_server() as postbox:
        command = [str(BREADMAKER), "newsletter", "send", issue]
        environs = environment(servers, tmp_path, SMTP_URL=postbox.url)
        postbox.holds = 20
        process = subprocess.Popen(command, env=environs, stderr=subprocess.DEVNULL)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not postbox.holding.is_set():
                    assert process.poll() is None, "it ended before anybody could kill it"
                    await asyncio.sleep(0.01)
        finally:
            process.kill()
            await asyncio.to_thread(process.wait)
        postbox.holds = None
        postbox.let_go.set()
        under_way = len(postbox.taken)
        assert 20 <= under_way < len(addresses)

        said = await Terminal(servers, tmp_path, SMTP_URL=postbox.url).say("newsletter", "send", issue)
        assert said.code == 0, said.err
        clock = FrozenClock()  # what was under way is another's, until its lease has run out
        clock.moment = datetime.now(UTC) + timedelta(minutes=3)
        await Postman(engine, clock, Smtp(postbox.url), HEAD).deliver_due()

    async with engine.connect() as connection:
        posted = Counter(await connection.scalars(select(mails.c.address)))
        states = set(await connection.scalars(select(mails.c.state)))
    assert posted == Counter(addresses), "one copy a reader"
    assert states == {"sent"}
    arrived = Counter(address for address, _ in set(postbox.arrived))
    assert arrived == Counter(addresses), "one Message-ID a reader, though some of those under way came twice"
