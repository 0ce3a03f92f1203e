"""queue: the deal queue from a terminal."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Row

from app.cli.at_the_desk import Facts, Json, with_shop
from app.cli.deal_fields import (
    Amount,
    MaybeAmount,
    Minutes,
    Moment,
    Number,
    SomeMinutes,
    Steps,
    read_fields,
)
from app.cli.importing import import_file
from app.cli.opening import CannotError, Shop, tell
from app.cli.queue_words import show_table
from app.inventory.desk import (
    COMMAND_LINE,
    DealEdit,
    NewDeal,
    Target,
    add_deal,
    desk_document,
    duplicate_deal,
    edit_deal,
    known_deal,
    list_changes,
    list_deals,
    move_deal,
    queue_version,
    undo_change,
    units_sold,
    withdraw_deal,
)

queue = typer.Typer(help="The deal queue.", no_args_is_help=True)
queue.command("import")(import_file)

DealId = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="The deal's number.")]
Beside = Annotated[int | None, typer.Option(min=1, max=2**63 - 1)]
Story = Annotated[str | None, typer.Option(help="Markdown.")]
MOST = 100_000


@queue.command("list")
def list_queue(as_json: Json = False) -> None:
    """What waits, in order."""

    async def work(shop: Shop) -> Facts:
        async with shop.engine.connect() as connection:
            page = await list_deals(connection, "queued", None, MOST)
        kept = ("id", "title", "price", "quantity", "not_before", "max_minutes", "version")
        documents = [desk_document(row, 0) for row in page.rows]
        return {
            "version": page.version,
            "items": [{name: document[name] for name in kept} for document in documents],
        }

    facts = with_shop(work)
    if as_json or not facts["items"]:
        tell(facts, "Nothing waits.", as_json=as_json)
    else:
        show_table(facts["items"])


@queue.command("add")
def add(
    title: str,
    price: Annotated[str, typer.Option(help="As people write it: 49.99")],
    quantity: Annotated[int, typer.Option(min=1)],
    tagline: str | None = None,
    story: Story = None,
    condition: str | None = None,
    category: str | None = None,
    list_price: MaybeAmount = None,
    shipping: Amount = None,
    limit: Number = None,
    max_minutes: Minutes = None,
    not_before: Moment = None,
    reward: MaybeAmount = None,
    reward_cap_each: MaybeAmount = None,
    reward_cap: MaybeAmount = None,
    friend_discount: MaybeAmount = None,
    friends_discount: MaybeAmount = None,
    stall_after_minutes: SomeMinutes = None,
    reward_steps: Steps = None,
    pot: MaybeAmount = None,
    pot_minutes: SomeMinutes = None,
    as_json: Json = False,
) -> None:
    """Put a deal at the end of the queue."""
    typed = {name: value for name, value in locals().items() if name != "as_json"}

    async def work(shop: Shop) -> Facts:
        currency = shop.settings.currency
        deal = read_fields(NewDeal, currency, shop.settings, **typed)
        async with shop.engine.begin() as connection:
            row = await add_deal(connection, deal, currency=currency, who=COMMAND_LINE, now=shop.clock.now())
        await shop.showrunner.tick()
        return await _facts(shop, row)

    facts = with_shop(work)
    tell(facts, f"Queued deal {facts['id']}, {facts['title']}.", as_json=as_json)


@queue.command("edit")
def edit(
    deal_id: DealId,
    title: str | None = None,
    tagline: str | None = None,
    story: Story = None,
    condition: str | None = None,
    category: str | None = None,
    price: Amount = None,
    list_price: MaybeAmount = None,
    shipping: Amount = None,
    quantity: Number = None,
    limit: Number = None,
    max_minutes: Minutes = None,
    not_before: Moment = None,
    reward: MaybeAmount = None,
    reward_cap_each: MaybeAmount = None,
    reward_cap: MaybeAmount = None,
    friend_discount: MaybeAmount = None,
    friends_discount: MaybeAmount = None,
    stall_after_minutes: SomeMinutes = None,
    reward_steps: Steps = None,
    pot: MaybeAmount = None,
    pot_minutes: SomeMinutes = None,
    as_json: Json = False,
) -> None:
    """Change what is said of a deal; of a live one only its texts."""
    typed = {name: value for name, value in locals().items() if name not in ("as_json", "deal_id")}

    async def work(shop: Shop) -> Facts:
        async with shop.engine.begin() as connection:
            row = await known_deal(connection, deal_id)
            wanted = read_fields(DealEdit, row.currency, shop.settings, **typed)
            row = await edit_deal(
                connection,
                deal_id,
                wanted.fields(shop.settings.currency),
                at_version=row.version,
                who=COMMAND_LINE,
                now=shop.clock.now(),
            )
        await shop.showrunner.tick()
        return await _facts(shop, row)

    facts = with_shop(work)
    tell(facts, f"Deal {facts['id']}, {facts['title']}, is at version {facts['version']}.", as_json=as_json)


@queue.command("move")
def move(
    deal_id: DealId,
    top: Annotated[bool, typer.Option("--top", help="To the top.")] = False,
    bottom: Annotated[bool, typer.Option("--bottom", help="To the end.")] = False,
    place: Annotated[int | None, typer.Option(min=1, help="To this place, from 1.")] = None,
    ahead_of: Beside = None,
    behind: Beside = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="The version that `queue list --json` told; else whichever.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Move a deal within the queue."""
    step = "top" if top else "bottom" if bottom else None
    if [top, bottom, place is not None, ahead_of is not None, behind is not None].count(True) != 1:
        raise typer.BadParameter("say one of --top, --bottom, --place, --ahead-of and --behind")

    async def work(shop: Shop) -> Facts:
        to = Target(step, place, ahead_of, behind)  # type: ignore[arg-type]
        async with shop.engine.begin() as connection:
            change = await move_deal(connection, deal_id, to, version, who=COMMAND_LINE, now=shop.clock.now())
            now = await queue_version(connection)
        await shop.showrunner.tick()
        return {"deal_id": deal_id, "moved": change is not None, "change": change, "version": now}

    facts = with_shop(work)
    words = f"Moved deal {deal_id}." if facts["moved"] else f"Deal {deal_id} stands there already."
    tell(facts, words, as_json=as_json)


@queue.command("withdraw")
def withdraw(deal_id: DealId, as_json: Json = False) -> None:
    """Take a deal out of the queue, or off the stage."""
    _one(deal_id, withdraw_deal, "Withdrew deal {id}, {title}.", as_json)


@queue.command("duplicate")
def duplicate(deal_id: DealId, as_json: Json = False) -> None:
    """Queue another deal like this one, at the end."""
    _one(deal_id, duplicate_deal, "Queued deal {id}, {title}.", as_json)


@queue.command("undo")
def undo(as_json: Json = False) -> None:
    """Take the last change at the desk back."""

    async def work(shop: Shop) -> Facts:
        async with shop.engine.begin() as connection:
            last = (await list_changes(connection, limit=1)).rows
            if not last:
                raise CannotError("nothing has been changed yet")
            made = await undo_change(connection, last[0].id, who=COMMAND_LINE, now=shop.clock.now())
        await shop.showrunner.tick()
        return {"undone": last[0].id, "action": last[0].action, "who": last[0].person_name, "change": made}

    facts = with_shop(work)
    tell(facts, f"Took back: {facts['action']}, by {facts['who']}.", as_json=as_json)


def _one(deal_id: int, change: Callable[..., Awaitable[Any]], words: str, as_json: bool) -> None:
    async def work(shop: Shop) -> Facts:
        async with shop.engine.begin() as connection:
            row = await change(connection, deal_id, who=COMMAND_LINE, now=shop.clock.now())
        await shop.showrunner.tick()
        return await _facts(shop, row)

    facts = with_shop(work)
    tell(facts, words.format(**facts), as_json=as_json)


async def _facts(shop: Shop, row: Row[Any]) -> Facts:
    async with shop.engine.connect() as connection:
        return desk_document(row, await units_sold(connection, row))
