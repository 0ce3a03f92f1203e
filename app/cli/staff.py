"""staff add."""

import asyncio
import os
from typing import Annotated

import typer
from pydantic import ValidationError

from app.cli.opening import CannotError, open_shop, tell
from app.cli.servers import with_servers
from app.identity import Role
from app.platform.settings import Settings, load_settings

app = typer.Typer(help="The people who run the shop.", no_args_is_help=True)


@app.callback()
def staff() -> None:
    """The people who run the shop."""


@app.command("add")
def add(
    email: str,
    role: Annotated[Role, typer.Option(help="merchandiser or owner")],
    as_json: Annotated[bool, typer.Option("--json", help="Print facts for a program.")] = False,
) -> None:
    """Give EMAIL a role, with the password from BREADMAKER_PASSWORD or a prompt."""
    settings = load_settings()
    password = os.environ.get("BREADMAKER_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    with with_servers(settings) as complete:
        embedded = settings.database_url is None
        facts = asyncio.run(_add(complete, email, role, password, may_migrate=embedded))
    tell(facts, f"{facts['email']} is {facts['role']} now.", as_json=as_json)


async def _add(
    settings: Settings, email: str, role: Role, password: str, *, may_migrate: bool
) -> dict[str, object]:
    async with open_shop(settings, may_migrate=may_migrate) as shop:
        try:
            person = await shop.identity.staff.add(email, role, password)
        except (ValidationError, ValueError) as error:
            raise CannotError(str(error)) from error
    return {"id": person.id, "email": person.email, "role": str(person.role)}
