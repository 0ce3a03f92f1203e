"""What was typed of a deal in a terminal, checked."""

from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from app.cli.opening import CannotError
from app.inventory.desk import SUCH_AS, DealEdit, NewDeal, read_moment, read_steps
from app.payments import parse_money
from app.platform.settings import Settings

HELP = ("reward", "reward_cap_each", "reward_cap", "friend_discount", "friends_discount", "pot")
AMOUNTS = ("price", "list_price", "shipping", *HELP)
MAY_LACK = ("list_price", "not_before", *HELP)
MINUTES = ("max_minutes", "stall_after_minutes", "pot_minutes")  # 0: none
NOTHING = "none"  # takes back what a deal may go without
Amount = Annotated[str | None, typer.Option(help="As people write it: 49.99")]
MaybeAmount = Annotated[str | None, typer.Option(help="As people write it: 49.99; or none.")]
Number = Annotated[int | None, typer.Option(min=1)]
Minutes = Annotated[int | None, typer.Option(min=0, help="The longest time in a Woot-Off; 0 for none.")]
SomeMinutes = Annotated[int | None, typer.Option(min=0, help="0 for what is usual.")]
Steps = Annotated[
    str | None, typer.Option(help=f"How the reward rises while it is stalled: '{SUCH_AS}'; or none.")
]
Moment = Annotated[
    str | None, typer.Option(help="Hold it until then: 2026-11-27T06:00 in the shop's zone; or none.")
]
Deal = TypeVar("Deal", NewDeal, DealEdit)


def read_fields(model: type[Deal], currency: str, settings: Settings, **typed: str | int | None) -> Deal:
    """The fields that were typed (None: not), amounts in `currency`. Raises CannotError, naming each that is wrong."""
    fields: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in typed.items():
        if value is not None:
            try:
                fields[name] = _read(name, value, currency, settings)
            except ValueError as error:
                wrong[name] = str(error)
    try:
        deal = model.model_validate(fields)
        if not wrong:
            return deal
    except ValidationError as error:
        for found in error.errors():
            wrong.setdefault(str(found["loc"][0]), found["msg"].removeprefix("Value error, "))
    raise CannotError("; ".join(f"{name.replace('_', ' ')}: {words}" for name, words in wrong.items()))


def _read(name: str, value: str | int, currency: str, settings: Settings) -> object:
    if name == "reward_steps":
        text = "" if value == NOTHING else str(value)
        return read_steps(text, lambda one: parse_money(one, currency).amount)
    if value == NOTHING and name in MAY_LACK:
        return None
    if name in AMOUNTS:
        return parse_money(str(value), currency).amount
    if name == "not_before":
        return _moment(str(value), settings)
    return None if name in MINUTES and value == 0 else value


def _moment(text: str, settings: Settings) -> object:
    moment = read_moment(text, settings.zone)
    if moment is None:
        raise ValueError("not a time, such as 2026-11-27T06:00")
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise ValueError(
            "the clocks change just then; write it with its offset, such as 2026-11-01T01:30-05:00"
        )
    return moment
