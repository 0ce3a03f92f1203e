"""newsletter: send an issue to everyone who wants it, once."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict

from app.cli.at_the_desk import Facts, Json, busy, with_shop
from app.cli.opening import CannotError, Shop, tell
from app.notices import (
    Issue,
    NotItsTime,
    NotNow,
    OutboxStuck,
    Postman,
    Press,
    carrier_for,
    read_issue,
)
from app.platform.settings import Settings

newsletter = typer.Typer(help="The newsletter: once a month at most.", no_args_is_help=True)

STUCK = "the mail server takes nothing; nothing is lost, and the same command goes on from here"
LONGEST_REASON = 500  # characters


@newsletter.callback()
def about() -> None:
    """The newsletter: once a month at most."""


@newsletter.command()
def send(
    file: Annotated[Path, typer.Argument(help="Markdown that begins with `# Its heading`.", dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and to how many.")
    ] = False,
    again: Annotated[
        str, typer.Option(metavar="REASON", help="Send it although it is not its time; the reason is kept.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Send FILE to every reader. After an interruption the same command goes on where that came."""
    issue = _read(file)
    reason = again.strip()[:LONGEST_REASON]
    if dry_run:
        facts = with_shop(lambda shop: _look(shop, issue, reason))
        tell(facts, _preview(facts), as_json=as_json)
        raise typer.Exit(1 if facts["refused"] else 0)
    with busy(f"Sending “{issue.heading}”"):
        facts = with_shop(lambda shop: _send(shop, issue, reason))
    waiting = (
        f"; {facts['waiting']} wait in the outbox, and the shop sends them on" if facts["waiting"] else ""
    )
    tell(facts, f"“{issue.heading}”: {facts['copies']} copies were posted{waiting}.", as_json=as_json)


def _read(file: Path) -> Issue:
    try:
        return read_issue(file.read_text("utf-8"))
    except OSError as error:
        raise CannotError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CannotError(f"{file} is not text in UTF-8") from error
    except ValueError as error:
        raise CannotError(f"{file}: {error}") from error


async def _look(shop: Shop, issue: Issue, again: str) -> Facts:
    verdict = await _press(shop).look(issue)
    refused = verdict.why if isinstance(verdict, NotNow) and not again else ""
    readers = await shop.identity.newsletter.count()
    return {"heading": issue.heading, "words": issue.words, "readers": readers, "refused": refused}


def _preview(facts: Facts) -> str:
    ends = f"Not sent: {facts['refused']}" if facts["refused"] else f"Readers: {facts['readers']}"
    return f"Subject: {facts['heading']}\n\n{facts['words']}\n\n{ends}"


async def _send(shop: Shop, issue: Issue, again: str) -> Facts:
    press = _press(shop)
    postman = Postman(shop.engine, shop.clock, *carrier_for(shop.settings))
    try:
        issue_id = await press.begin(issue, again)
        sent = await press.send(issue_id, postman)
    except NotItsTime as early:
        raise CannotError(f"{early}; --again REASON sends it nevertheless") from early
    except OutboxStuck as stuck:
        raise CannotError(STUCK) from stuck
    return {"heading": issue.heading} | asdict(sent)


def _press(shop: Shop) -> Press:
    readers = partial(shop.identity.newsletter.readers_after, site=_site(shop.settings))
    return Press(shop.engine, shop.clock, shop.settings.zone, readers)


def _site(settings: Settings) -> str:
    """What the way out in each copy begins with."""
    return settings.public_url or f"http://localhost:{settings.port or 8000}"
