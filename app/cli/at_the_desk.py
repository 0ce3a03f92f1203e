"""What the desk's commands share: the shop opened for one piece of work, and `--json`."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer

from app.cli.opening import Shop, harmless, open_shop
from app.cli.servers import with_servers
from app.platform.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="Print facts for a program.")]
Facts = dict[str, Any]


def with_shop(work: Callable[[Shop], Awaitable[Facts]]) -> Facts:
    """Do `work` in the shop, opened for it; answers its facts."""

    async def opened() -> Facts:
        async with open_shop(complete, may_migrate=settings.database_url is None) as shop:
            return await work(shop)

    settings = load_settings()
    with with_servers(settings) as complete:
        return asyncio.run(opened())


def busy(words: str) -> AbstractContextManager[object]:
    """Show on a terminal that something is under way. Loaded here, because no start of the shop needs it."""
    from rich.console import Console
    from rich.text import Text

    plain = Text(harmless(words))  # a file may be called "[red].csv"
    return Console(stderr=True, highlight=False).status(plain)
