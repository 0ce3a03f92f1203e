"""up: the whole shop, from nothing.

Everybody waits for it, so what it needs first is loaded first, and the rest while the servers start.
"""

import gc
from importlib import import_module
from typing import Annotated

import typer

from app.cli.servers import with_servers
from app.platform.listening import listen
from app.platform.settings import load_settings

Host = Annotated[str | None, typer.Option(help="The address to listen on.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="The port; else 8000 or the next free one.")]
Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Processes that serve.")]


def up(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """The whole shop: servers where none are given, migrations, a sample queue where nothing was ever queued."""
    settings = load_settings(host=host, port=port, workers=workers)
    listener = listen(settings.host, settings.port)  # first, so that a taken port changes nothing
    with with_servers(settings, meanwhile=lambda: import_module("app.cli.running")) as complete:
        from app.cli.running import open_the_whole_shop

        gc.freeze()
        gc.enable()
        open_the_whole_shop(complete, listener)


app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(up)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command, the whole shop."""
    if context.invoked_subcommand is None:
        up()
