"""show status --watch: how the show stands, drawn anew every second."""

import asyncio
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from app.cli.opening import Shop
from app.cli.show_words import show_words
from app.inventory.desk import show_document

LOOK_SECONDS = 1.0


async def watch_show(shop: Shop) -> dict[str, Any]:
    """Draw the show until somebody interrupts; it never returns by itself."""
    with Live(refresh_per_second=4) as live:
        while True:
            shown = await show_document(shop.engine, shop.clock)
            live.update(_drawn(shown | {"time_zone": shop.settings.time_zone}))
            await asyncio.sleep(LOOK_SECONDS)


def _drawn(facts: dict[str, Any]) -> Group:
    # As plain text: a title may have brackets in it, which rich would take for its own.
    lines = Text("\n".join(show_words(facts)))
    stage = facts["on_stage"]
    if stage is None:
        return Group(lines)
    return Group(lines, ProgressBar(total=stage["quantity"], completed=stage["sold"], width=60))
