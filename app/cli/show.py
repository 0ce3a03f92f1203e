"""show: run the show from a terminal."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import typer

from app.cli.at_the_desk import Facts, Json, with_shop
from app.cli.opening import CannotError, Shop, tell
from app.cli.show_words import show_words
from app.inventory.desk import show_document

show = typer.Typer(help="The show.", no_args_is_help=True)

DealId = Annotated[
    int | None,
    typer.Argument(min=1, max=2**63 - 1, help="The live deal that is meant; else whichever is."),
]


@show.command("start")
def start(
    mode: Annotated[Literal["woot-off", "daily"], typer.Option()] = "woot-off", as_json: Json = False
) -> None:
    """Start the show in a mode, or change it; a stop that waits is taken back."""
    _change(lambda shop: shop.showrunner.set_show(mode, False), as_json)


@show.command("stop")
def stop(
    deal_id: DealId = None,
    now: Annotated[bool, typer.Option("--now", help="End the live deal too, at once.")] = False,
    as_json: Json = False,
) -> None:
    """Stop the show when the live deal is over. What waits stays queued."""
    _change(lambda shop: shop.showrunner.stop_show(deal_id, at_once=now), as_json)


@show.command("pause")
def pause(as_json: Json = False) -> None:
    """Stop selling for a while."""
    _change(lambda shop: _set_paused(shop, True), as_json)


@show.command("resume")
def resume(as_json: Json = False) -> None:
    """Go on selling."""
    _change(lambda shop: _set_paused(shop, False), as_json)


@show.command("skip")
def skip(deal_id: DealId = None, as_json: Json = False) -> None:
    """Move on from the live deal. Naming it makes sure that two people skip one."""

    async def change(shop: Shop) -> None:
        live = deal_id or (await show_document(shop.engine, shop.clock))["live"]
        if not isinstance(live, int):
            raise CannotError("nothing is on stage")
        await shop.showrunner.skip(live)

    _change(change, as_json)


@show.command("status")
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking, until you press Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """How the show stands."""
    if watch and not as_json:
        with_shop(_watch)
    else:
        _tell(with_shop(_look), as_json)


def _change(change: Callable[[Shop], Awaitable[object]], as_json: bool) -> None:
    async def work(shop: Shop) -> Facts:
        await change(shop)
        return await _look(shop)

    _tell(with_shop(work), as_json)


async def _look(shop: Shop) -> Facts:
    return await show_document(shop.engine, shop.clock) | {"time_zone": shop.settings.time_zone}


async def _watch(shop: Shop) -> Facts:
    from app.cli.show_watch import watch_show  # draws with rich, which nothing else of this loads

    return await watch_show(shop)


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    tell(facts, "\n".join(show_words(facts)), as_json=as_json)


async def _set_paused(shop: Shop, paused: bool) -> None:
    now = await show_document(shop.engine, shop.clock)
    if not now["started"]:
        raise CannotError("the show has not been started; `breadmaker show start` starts it")
    await shop.showrunner.set_show(now["mode"], paused)
