"""records: what past deals brought, in a terminal."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from app.cli.at_the_desk import Facts, Json, with_shop
from app.cli.opening import Shop, tell
from app.inventory.desk import (
    Record,
    read_curves_of,
    read_record,
    read_records,
    read_refusals_of,
    record_document,
    records_csv,
)

MOST_LINES = 100  # in a table for people; --json and --csv have all


def records(
    deal_id: Annotated[
        int | None, typer.Argument(min=1, max=2**63 - 1, help="One past deal; else all of them.")
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a spreadsheet.")] = False,
) -> None:
    """What past deals brought, the latest first."""
    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    found: list[Record] = []

    async def work(shop: Shop) -> Facts:
        zone = shop.settings.zone
        if deal_id is None:
            found.extend(await read_records(shop.engine))
            return {"items": [record_document(record, zone) for record in found], "zone": zone}
        found.append(await read_record(shop.engine, deal_id))
        curves = await read_curves_of(shop.engine, [deal_id])
        refusals = await read_refusals_of(shop.engine, deal_id)
        return record_document(found[0], zone) | {
            "curve": curves[deal_id],
            "refusals": refusals,
            "zone": zone,
        }

    facts = with_shop(work)
    zone: ZoneInfo = facts.pop("zone")
    if as_csv:
        typer.echo("".join(records_csv(found, zone)), nl=False)
    elif as_json:
        tell(facts, "", as_json=True)
    elif not found:
        typer.echo("No deal is over yet.")
    else:
        _print(facts["items"] if deal_id is None else [facts], one=deal_id is not None)


def _print(items: list[dict[str, Any]], *, one: bool) -> None:
    """Tables, by rich; loaded here, because no start of the shop needs it."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if one:
        table = Table(show_header=False, title=Text(items[0]["title"]))
        for name, words in _lines(items[0]):
            table.add_row(name, Text(words))
        console.print(table)
        return
    table = Table(box=SIMPLE_HEAD)
    for name in ("Deal", "Title", "Opened", "Sold", "Sold out in", "Revenue"):
        numeric = name in ("Deal", "Sold out in", "Revenue")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=name != "Title")
    for item in items[:MOST_LINES]:
        table.add_row(
            str(item["deal_id"]),
            Text(item["title"]),
            item["opened_local"][:10],
            f"{item['units']:,} of {item['quantity']:,}",
            _span(item["seconds_to_sell_out"]),
            item["revenue"]["text"],
        )
    console.print(table)
    if len(items) > MOST_LINES:
        console.print(f"{len(items) - MOST_LINES:,} more; --json and --csv have them all.")


def _lines(item: dict[str, Any]) -> list[tuple[str, str]]:
    orders = item["orders"]
    return [
        ("Opened", item["opened_local"]),
        ("Mode", item["mode"] or "not known"),
        ("Sold", f"{item['units']:,} of {item['quantity']:,}, {item['sell_through_percent']}%"),
        ("Sold out in", _span(item["seconds_to_sell_out"])),
        ("Quickest purchase", _span(item["quickest_seconds"])),
        ("First buyer", item["first_buyer"] or "nobody"),
        ("Orders", f"{orders['all']:,}: {orders['one']:,} of 1, {orders['two']:,} of 2, "
         f"{orders['three_or_more']:,} of 3 or more"),
        ("Revenue", item["revenue"]["text"]),
        ("Discounts", item["discounts"]["text"]),
        ("Helpers brought", f"{item['help']['units']:,} units, {item['help']['percent']}%"),
        ("Refused", f"{item['refused']:,}"),
        ("Why it ended", item["why_ended"]),
    ]  # fmt: skip


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:,.1f} min"
