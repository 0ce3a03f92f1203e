"""Every command, and what its failures are called."""

import sys

import typer
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.cli import bench, books, desk, doctor, running, staff
from app.cli.opening import CannotError
from app.platform.embedded import EmbeddedServersError
from app.platform.errors import Problem
from app.platform.logging import configure_logging
from app.platform.migrations import OldSchemaError
from app.platform.server import PortTakenError
from app.platform.settings import SettingsError
from app.platform.signing import WeakSecretError

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
app.command()(books.verify)
app.command()(books.recount)
app.add_typer(bench.bench, name="bench")


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command, the whole shop: `breadmaker up`."""
    if context.invoked_subcommand is None:
        running.up()


def run() -> None:
    """Run a command, and turn what people can mend into a plain line."""
    configure_logging("text")  # to standard error; what a command says goes to standard output alone
    try:
        app()
    except (SettingsError, PortTakenError) as error:
        _say(str(error), 2)
    except (CannotError, EmbeddedServersError, OldSchemaError, WeakSecretError) as error:
        _say(str(error), 1)
    except (SQLAlchemyError, RedisError, OSError) as error:
        _say(f"a server does not answer as it should: {str(error).splitlines()[0]}", 1)
    except Problem as problem:
        _say(problem.detail or problem.title, 1)


def _say(words: str, code: int) -> None:
    sys.stderr.write(f"breadmaker: {words}\n")
    sys.exit(code)
