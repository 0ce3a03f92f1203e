"""The queue as a terminal shows it."""

import sys
from typing import Any

import typer

from app.cli.opening import harmless


def show_table(items: list[dict[str, Any]]) -> None:
    """A table for people, plain lines for other programs. Rich is loaded here, since no start of the shop needs it."""
    if not sys.stdout.isatty():
        lines = [f"{d['id']:>6}  {d['quantity']:>6} × {d['price']['text']:<10} {d['title']}" for d in items]
        typer.echo(harmless("\n".join(lines)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("place", "deal", "title", "price", "units", "held until", box=None, header_style="bold")
    for name in (0, 1, 3, 4):
        table.columns[name].justify = "right"
    for place, deal in enumerate(items, start=1):
        held = deal["not_before"] or ""
        table.add_row(
            str(place),
            str(deal["id"]),
            Text(harmless(deal["title"])),  # in brackets it would be markup
            deal["price"]["text"],
            f"{deal['quantity']:,}",
            held,
        )
    Console(highlight=False).print(table)
