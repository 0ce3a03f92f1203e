"""The command line: `breadmaker` runs the shop, its subcommands do the rest. Exit 0 fine, 1 no, 2 misused."""

import sys

import typer

from app.cli import desk, doctor, running, staff
from app.cli.opening import CannotError
from app.platform.embedded import EmbeddedServersError
from app.platform.errors import Problem
from app.platform.migrations import OldSchemaError
from app.platform.server import PortTakenError
from app.platform.settings import SettingsError

app = typer.Typer(
    help="A flash-sale storefront that sells one thing at a time.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(running.up)
app.command()(running.serve)
app.command()(running.migrate)
app.add_typer(staff.app, name="staff")
app.add_typer(desk.queue, name="queue")
app.add_typer(desk.show, name="show")
app.command()(doctor.doctor)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command, the whole shop: `breadmaker up`."""
    if context.invoked_subcommand is None:
        running.up()


def main() -> None:
    """Run a command, and turn what people can mend into a plain line."""
    try:
        app()
    except (SettingsError, PortTakenError) as error:
        _say(str(error), 2)
    except (CannotError, EmbeddedServersError, OldSchemaError) as error:
        _say(str(error), 1)
    except Problem as problem:
        _say(problem.detail or problem.title, 1)


def _say(words: str, code: int) -> None:
    sys.stderr.write(f"breadmaker: {words}\n")
    sys.exit(code)
