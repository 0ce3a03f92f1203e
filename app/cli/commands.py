"""Every command, and what its failures are called."""

import gc

import typer

from app.cli import bench, books, doctor, running, staff
from app.cli.newsletter import newsletter
from app.cli.queue import queue
from app.cli.records import records
from app.cli.show import show
from app.cli.up import up
from app.platform.logging import configure_logging

app = typer.Typer(
    help="A flash-sale storefront that sells one thing at a time.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(up)
app.command()(running.serve)
app.command()(running.migrate)
app.add_typer(staff.app, name="staff")
app.add_typer(queue, name="queue")
app.add_typer(show, name="show")
app.add_typer(newsletter, name="newsletter")
app.command()(records)
app.command()(doctor.doctor)
app.command()(books.verify)
app.command()(books.recount)
app.add_typer(bench.bench, name="bench")


@app.callback()
def prepare() -> None:
    """A flash-sale storefront that sells one thing at a time. Without a command, the whole shop: `breadmaker up`."""
    gc.freeze()
    gc.enable()
    configure_logging("text")  # to standard error; what a command says goes to standard output alone
