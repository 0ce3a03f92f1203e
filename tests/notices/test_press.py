"""An issue of the newsletter, sent."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.notices import Addressee, Issue, NewPassword, NotItsTime, OutboxStuck, Postman, Press, Reader, post
from app.notices import press as of_press
from app.notices.mail import Away
from app.notices.tables import mails, newsletter_issues
from app.platform.failpoints import armed
from tests.conftest import FrozenClock
from tests.factories.notices import HEAD, Hands

MAY = Issue("Bread in May", "More crumpets.")
JUNE = Issue("Bread in June", "Fewer crumpets.")
CHICAGO = ZoneInfo("America/Chicago")


class Killed(BaseException):
    """As if somebody had pulled the plug: nothing expects it, and its transaction is rolled back."""


async def pull_the_plug() -> None:
    raise Killed


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen readers are a crowd."""
    monkeypatch.setattr(of_press, "AT_ONCE", 5)
    monkeypatch.setattr(of_press, "MOST_WAITING", 10)


class Deaf(Hands):
    """A mail server that takes nothing."""

    async def carry(self, _: object) -> None:
        """No."""
        raise Away("no")


def press(engine: AsyncEngine, clock: FrozenClock, readers: int = 12) -> Press:
    async def readers_after(_: AsyncConnection, after: int, most: int) -> Sequence[Reader]:
        ids = range(after + 1, min(after + most, readers) + 1)
        return [Reader(n, Addressee(f"r{n}@example.com", "", n), f"https://shop.test/out/{n}") for n in ids]

    return Press(engine, clock, CHICAGO, readers_after)


def recipients(hands: Hands) -> list[str]:
    return [message["To"] for message in hands.carried]


async def test_every_reader_gets_one_copy_with_a_way_out_of_their_own(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    one, hands = press(engine, clock), Hands()
    postman = Postman(engine, clock, hands, HEAD)
    sent = await one.send(await one.begin(MAY), postman)
    assert (sent.copies, sent.waiting) == (12, 0)
    assert sorted(recipients(hands)) == sorted(f"r{n}@example.com" for n in range(1, 13))
    for message in hands.carried:
        number = message["To"].partition("@")[0][1:]
        assert message["Subject"] == "Bread in May"
        assert message["List-Unsubscribe"] == f"<https://shop.test/out/{number}>"
        assert f"No more of these: https://shop.test/out/{number}\n" in message.get_content()
    async with engine.connect() as connection:
        kept = set(await connection.execute(select(mails.c.text, mails.c.way_out)))
    assert kept == {("", "")}, "neither words nor a way out are kept"


async def test_one_that_is_killed_midway_goes_on_and_nobody_gets_two(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    hands = Hands()
    postman = Postman(engine, clock, hands, HEAD)
    one = press(engine, clock)
    for _ in range(2):  # the second time it comes one batch further
        issue = await one.begin(MAY)
        await one.post_some(issue)
        with armed("before-copies-are-posted", pull_the_plug), pytest.raises(Killed):
            await one.send(issue, postman)
        clock.advance(60)
    sent = await one.send(await press(engine, clock).begin(MAY), postman)
    assert sent.copies == 12
    assert len(recipients(hands)) == len(set(recipients(hands))) == 12


async def test_two_that_send_the_same_issue_share_its_readers(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    hands = Hands()

    async def send() -> None:
        one = press(engine, clock, readers=30)
        await one.send(await one.begin(MAY), Postman(engine, clock, hands, HEAD))

    await asyncio.gather(*(send() for _ in range(3)))
    assert len(recipients(hands)) == len(set(recipients(hands))) == 30
    async with engine.connect() as connection:
        assert await connection.scalar(select(newsletter_issues.c.copies)) == 30


async def test_a_second_one_in_a_month_needs_a_reason_which_is_kept(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    one, postman = press(engine, clock), Postman(engine, clock, Hands(), HEAD)
    await one.send(await one.begin(MAY), postman)
    for issue in (MAY, JUNE):
        with pytest.raises(NotItsTime, match="this month's was sent: “Bread in May”"):
            await one.begin(issue)
    assert (await one.send(await one.begin(JUNE, again="the oven is on fire"), postman)).copies == 12
    async with engine.connect() as connection:
        kept = list(
            await connection.scalars(select(newsletter_issues.c.again).order_by(newsletter_issues.c.id))
        )
    assert kept == ["", "the oven is on fire"]
    clock.advance(timedelta(days=31).total_seconds())
    await one.begin(Issue("Bread in July", "Crumpets."))


async def test_another_file_waits_for_an_unfinished_one(engine: AsyncEngine, clock: FrozenClock) -> None:
    one = press(engine, clock)
    first = await one.begin(MAY)
    await one.post_some(first)
    with pytest.raises(NotItsTime, match="“Bread in May” is not finished"):
        await one.begin(JUNE)
    second = await one.begin(JUNE, again="May had a mistake in it")
    assert second != first
    assert await one.post_some(first) == 0, "that one ends where it came"


async def test_other_mails_go_before_copies_that_wait(engine: AsyncEngine, clock: FrozenClock) -> None:
    one = press(engine, clock)
    issue = await one.begin(MAY)
    await one.post_some(issue)
    async with engine.begin() as connection:
        await post(connection, NewPassword(), Addressee("ada@example.com", "Ada", 7), clock.now())
    hands = Hands()
    await Postman(engine, clock, hands, HEAD).deliver_due()
    assert recipients(hands)[0] == "ada@example.com"


async def test_so_many_copies_wait_at_once_and_no_more_and_then_it_says_that_it_is_stuck(
    engine: AsyncEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_press, "LOOK_SECONDS", 0)
    monkeypatch.setattr(of_press, "PATIENCE", timedelta(seconds=20))

    class Hurrying(FrozenClock):
        def now(self):  # type: ignore[no-untyped-def]
            """Each look is a second later."""
            self.advance(1)
            return super().now()

    hurrying = Hurrying()
    one = press(engine, hurrying, readers=40)
    issue = await one.begin(MAY)
    with pytest.raises(OutboxStuck):
        await one.send(issue, Postman(engine, hurrying, Deaf(), HEAD))
    async with engine.connect() as connection:
        waiting = list(await connection.scalars(select(mails.c.state)))
    assert waiting == ["waiting"] * of_press.MOST_WAITING

    hurrying.advance(3600)
    hands = Hands()
    sent = await one.send(await one.begin(MAY), Postman(engine, hurrying, hands, HEAD))
    assert sent.copies == 40
    assert len(set(recipients(hands))) == 40
