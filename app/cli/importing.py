"""queue import: the queue, loaded from a file."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.at_the_desk import Facts, Json, busy, with_shop
from app.cli.opening import Shop, tell
from app.inventory.desk import Asked, import_facts, load_file

MOST_SAID = 200  # problems; all of them with --json


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also queue rows that were queued before.")] = False,
    quantity: Annotated[
        int | None,
        typer.Option(
            "--quantity", min=1, max=1_000_000, help="How many units a row has that does not say so."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Queue the good rows of a CSV, TSV, XLSX, or a Shopify, WooCommerce, Google Merchant or Square export. Where a row
    has a problem the exit is 1."""

    async def work(shop: Shop) -> Facts:
        asked = Asked(shop.settings.currency, shop.settings.zone, shop.clock.now(), quantity)
        with busy(f"Reading {file.name} and making its photos ..."):
            loaded = await load_file(shop.engine, file, asked, clock=shop.clock, dry_run=dry_run, again=again)
        if loaded.queued.ids:
            await shop.showrunner.tick()
        return import_facts(loaded, shop.settings.currency)

    facts = with_shop(work)
    tell(facts, _words(facts, dry_run=dry_run), as_json=as_json)
    raise typer.Exit(1 if facts["problems"] else 0)


def _words(facts: Facts, *, dry_run: bool) -> str:
    problems, deals, already = facts["problems"], facts["deals"], facts["already"]
    lines = [f"line {p['line']}, {p['field']}: {p['message']}" for p in problems[:MOST_SAID]]
    if len(problems) > MOST_SAID:
        lines.append(f"... and {len(problems) - MOST_SAID} problems more; --json says them all.")
    lines.append(
        f"{facts['good']} of {facts['rows']} rows are good, {len(problems)} problems ({facts['format']})."
    )
    if already:
        lines.append(f"{len(already)} were queued before; --again queues them once more.")
    if dry_run:
        lines.append(f"{len(deals)} deals would be queued.")
    else:
        lines.append(f"Queued {len(deals)} deals." if deals else "Nothing was queued.")
    return "\n".join(lines)
