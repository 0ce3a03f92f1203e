"""queue, as a merchandiser runs it in a terminal."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.tables import deals
from app.platform.clock import SystemClock
from app.platform.settings import Settings
from tests.factories.inventory import a_shopper, new_deal, process, queue_deals
from tests.factories.terminal import Terminal


async def test_the_queue_is_filled_ordered_and_mended_from_a_terminal(terminal: Terminal) -> None:
    assert await terminal.run("queue", "list") == "Nothing waits.\n"
    said = await terminal.run("queue", "add", "Loaf", "--price", "49.99", "--quantity", "6")
    assert said == "Queued deal 1, Loaf.\n"
    assert (await terminal.facts("queue", "duplicate", "1"))["id"] == 2
    edited = await terminal.say_apart("queue", "edit", "1", "--price", "39.99")
    assert (edited.code, edited.out) == (0, "Deal 1, Loaf, is at version 2.\n")
    seen = (await terminal.facts("queue", "list"))["version"]
    moved = await terminal.facts("queue", "move", "2", "--top", "--version", str(seen))
    assert (moved["moved"], moved["version"]) == (True, seen + 1)
    late = await terminal.run("queue", "move", "1", "--top", "--version", str(seen), exit_code=1)
    nowhere = await terminal.run("queue", "move", "2", "--behind", "9", exit_code=1)
    unknown = await terminal.run("queue", "withdraw", "9", exit_code=1)
    unclear = await terminal.run("queue", "move", "1", exit_code=2)
    wrong = await terminal.run("queue", "edit", "1", "--price", "12,99", "--title", "", exit_code=1)
    assert "(command line) has changed the queue since you looked at it." in late
    assert nowhere == "breadmaker: The deal beside which it should stand does not wait any more.\n"
    assert unknown == "breadmaker: There is no deal 9.\n"
    assert "--top" in unclear
    assert wrong == "breadmaker: price: not an amount in USD, such as 49.99; title: must not be empty\n"
    listed = await terminal.facts("queue", "list")
    assert [(item["id"], item["price"]["amount"]) for item in listed["items"]][1] == (1, 3999)
    assert await terminal.run("queue", "undo") == f"Took back: move, by {late.split()[1]} (command line).\n"
    assert (await terminal.facts("queue", "withdraw", "1"))["state"] == "withdrawn"


async def test_everything_that_is_said_of_a_deal_can_be_said_in_a_terminal_and_taken_back(
    terminal: Terminal,
) -> None:
    held = (
        "--not-before",
        "2026-11-27T06:00",
        "--category",
        "Kitchen",
        "--shipping",
        "5",
        "--max-minutes",
        "30",
    )
    deal = await terminal.facts("queue", "add", "Loaf", "--price", "1,049.99", "--quantity", "6", *held)
    assert (deal["not_before"], deal["category"]) == ("2026-11-27T12:00:00.000Z", "Kitchen")
    assert (deal["price"]["amount"], deal["shipping"]["amount"], deal["max_minutes"]) == (104_999, 500, 30)
    free = ("--not-before", "none", "--max-minutes", "0", "--list-price", "none", "--category", "")
    deal = await terminal.facts("queue", "edit", "1", *free)
    assert (deal["not_before"], deal["max_minutes"], deal["list_price"], deal["category"]) == (
        None,
        None,
        None,
        "",
    )
    for unclear in ("2026-11-01T01:30", "2027-03-14T02:30", "tomorrow"):
        told = await terminal.run("queue", "edit", "1", "--not-before", unclear, exit_code=1)
        assert told.startswith("breadmaker: not before: "), unclear
    said = await terminal.facts("queue", "edit", "1", "--not-before", "2026-11-01T01:30-06:00")
    assert said["not_before"] == "2026-11-01T07:30:00.000Z"


async def test_a_title_does_not_command_the_terminal_whatever_is_kept(
    terminal: Terminal, engine: AsyncEngine
) -> None:
    (deal_id,) = await queue_deals(engine, SystemClock(), new_deal())
    async with engine.begin() as connection:
        await connection.execute(update(deals).values(title="\x1b]0;x\a\u009b31m\u202eLoaf [bold]"))
    for words in (
        ("queue", "list"),
        ("queue", "list", "--json"),
        ("show", "start"),
        ("queue", "withdraw", str(deal_id)),
    ):
        said = await terminal.run(*words)
        assert "Loaf [bold]" in said, words
        assert not {"\x1b", "\a", "\u009b", "\u202e"} & set(said), words


async def test_what_was_sold_of_a_deal_that_leaves_the_stage_is_said(
    terminal: Terminal, engine: AsyncEngine, settings: Settings
) -> None:
    await queue_deals(engine, SystemClock(), new_deal(title="Loaf"))
    await terminal.run("show", "start")
    async with process(settings, SystemClock()) as shop:
        await shop.showrunner.tick()
        await shop.sell(await a_shopper(engine, SystemClock()), 1, quantity=2)
    assert (await terminal.facts("queue", "withdraw", "1"))["sold"] == 2


async def test_what_is_said_of_help_is_said_in_a_terminal_too(terminal: Terminal) -> None:
    said = ("--reward", "2.50", "--friends-discount", "3", "--pot", "100", "--pot-minutes", "45")
    steps = ("--reward-steps", "15: 3.00; 30: 5.00", "--stall-after-minutes", "20")
    deal = await terminal.facts("queue", "add", "Loaf", "--price", "9", "--quantity", "6", *said, *steps)
    assert [deal[name]["amount"] for name in ("reward", "friends_discount", "pot")] == [250, 300, 10_000]
    assert (deal["pot_minutes"], deal["stall_after_minutes"]) == (45, 20)
    assert [step["reward"]["text"] for step in deal["reward_steps"]] == ["$3.00", "$5.00"]
    none = ("--pot", "none", "--reward-steps", "none", "--pot-minutes", "0")
    deal = await terminal.facts("queue", "edit", "1", *none)
    assert (deal["pot"], deal["pot_minutes"], deal["reward_steps"]) == (None, None, [])
    wrong = await terminal.run("queue", "edit", "1", "--reward-steps", "soon", exit_code=1)
    assert wrong.startswith("breadmaker: reward steps: not steps such as 15: 3.00; 30: 5.00")
