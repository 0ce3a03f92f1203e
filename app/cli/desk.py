"""queue and show: the merchandiser's desk from a terminal."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.opening import CannotError, Shop, open_shop, tell, with_servers
from app.inventory import Loaded, list_deals, load_file, show_document
from app.payments import Money
from app.platform.settings import load_settings

queue = typer.Typer(help="The deal queue.", no_args_is_help=True)
show = typer.Typer(help="The show.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print facts for a program.")]
Facts = dict[str, Any]


def _with_shop(work: Callable[[Shop], Awaitable[Facts]]) -> Facts:
    async def opened() -> Facts:
        async with open_shop(complete, may_migrate=settings.database_url is None) as shop:
            return await work(shop)

    settings = load_settings()
    with with_servers(settings) as complete:
        return asyncio.run(opened())


def _busy(words: str) -> AbstractContextManager[object]:
    """Show on a terminal that something is under way. Loaded here, because no start of the shop needs it."""
    from rich.console import Console

    return Console(stderr=True, highlight=False).status(words)


@queue.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong.")] = False,
    good_only: Annotated[
        bool, typer.Option("--good-only", help="Queue the good rows without the bad.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Queue the deals of a CSV. Where a row is wrong nothing is queued, and the exit is 1."""

    async def work(shop: Shop) -> Facts:
        with _busy(f"Reading {file.name} and making its photos ..."):
            loaded = await load_file(
                shop.engine,
                file,
                currency=shop.settings.currency,
                clock=shop.clock,
                dry_run=dry_run,
                good_only=good_only,
            )
        if loaded.queued:
            await shop.showrunner.tick()
        return _loaded(loaded)

    facts = _with_shop(work)
    tell(facts, _import_words(facts, dry_run=dry_run), as_json=as_json)
    raise typer.Exit(1 if facts["problems"] else 0)


@queue.command("list")
def list_queue(as_json: Json = False) -> None:
    """What waits, in order."""

    async def work(shop: Shop) -> Facts:
        async with shop.engine.connect() as connection:
            page = await list_deals(connection, "queued", None, 10_000)
        return {
            "version": page.version,
            "items": [
                {
                    "id": row.id,
                    "title": row.title,
                    "price": Money(row.price, row.currency).document(),
                    "quantity": row.quantity,
                }
                for row in page.rows
            ],
        }

    facts = _with_shop(work)
    lines = [
        f"{d['id']:>6}  {d['quantity']:>6} × {d['price']['text']:<10} {d['title']}" for d in facts["items"]
    ]
    tell(facts, "\n".join(lines) or "Nothing waits.", as_json=as_json)


@show.command("start")
def start(
    mode: Annotated[Literal["woot-off", "daily"], typer.Option()] = "woot-off", as_json: Json = False
) -> None:
    """Start the show in a mode, or change it."""
    _change(lambda shop: shop.showrunner.set_show(mode, False), as_json)


@show.command("pause")
def pause(as_json: Json = False) -> None:
    """Stop selling for a while."""
    _change(lambda shop: _set_paused(shop, True), as_json)


@show.command("resume")
def resume(as_json: Json = False) -> None:
    """Go on selling."""
    _change(lambda shop: _set_paused(shop, False), as_json)


@show.command("skip")
def skip(
    deal_id: Annotated[
        int | None,
        typer.Argument(min=1, max=2**63 - 1, help="The live deal that is meant; else whichever is."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Move on from the live deal. Naming it makes sure that two people skip one."""

    async def change(shop: Shop) -> None:
        live = deal_id or (await show_document(shop.engine, shop.clock))["live"]
        if not isinstance(live, int):
            raise CannotError("nothing is on stage")
        await shop.showrunner.skip(live)

    _change(change, as_json)


@show.command("status")
def status(as_json: Json = False) -> None:
    """How the show stands."""
    facts = _with_shop(lambda shop: show_document(shop.engine, shop.clock))
    tell(facts, _show_words(facts), as_json=as_json)


def _change(change: Callable[[Shop], Awaitable[object]], as_json: bool) -> None:
    async def work(shop: Shop) -> Facts:
        await change(shop)
        return await show_document(shop.engine, shop.clock)

    facts = _with_shop(work)
    tell(facts, _show_words(facts), as_json=as_json)


async def _set_paused(shop: Shop, paused: bool) -> None:
    now = await show_document(shop.engine, shop.clock)
    if not now["started"]:
        raise CannotError("the show has not been started; `breadmaker show start` starts it")
    mode: Literal["daily", "woot-off"] = "daily" if now["mode"] == "daily" else "woot-off"
    await shop.showrunner.set_show(mode, paused)


def _show_words(facts: Facts) -> str:
    live = f"deal {facts['live']} is on stage" if facts["live"] else "nothing is on stage"
    return f"{facts['mode']}, {facts['phase']}: {live}, {facts['queued']} wait."


def _loaded(loaded: Loaded) -> Facts:
    return {
        "format": "simple-csv",
        "rows": loaded.rows,
        "good": len(loaded.good),
        "problems": [asdict(problem) for problem in loaded.wrong],
        "deals": loaded.queued,
    }


def _import_words(facts: Facts, *, dry_run: bool) -> str:
    lines = [f"line {p['line']}, {p['field']}: {p['message']}" for p in facts["problems"]]
    lines.append(f"{facts['good']} of {facts['rows']} rows are good, {len(lines)} problems.")
    if facts["deals"]:
        lines.append(f"Queued {len(facts['deals'])} deals.")
    elif not dry_run:
        lines.append("Nothing was queued.")
    return "\n".join(lines)
