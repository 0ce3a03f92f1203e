"""Plain views of forms: what was typed, and what is wrong with it."""

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import asdict
from pydantic import ValidationError

from app.identity import Address, countries


class FormView(Struct, frozen=True):
    """A form that asks who somebody is: what was typed, and what is wrong with it."""

    action: str
    next: str = "/"
    name: str = ""
    email: str = ""
    newsletter: bool = False  # nobody but the shopper ticks it
    problem: str = ""  # about the whole form, such as a wrong e-mail address or password
    errors: Mapping[str, str] = field(default_factory=dict)  # field name to what is wrong with it
    puzzle: str = ""  # what has to be solved before it is sent; empty, as a rule


class AddressForm(Struct, frozen=True):
    """A form that asks where parcels go: what its fields hold, and what is wrong with them."""

    action: str
    button: str
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""  # about the whole form, such as a state that is missing

    @property
    def countries(self) -> Mapping[str, str]:
        return countries()


def address_form(action: str, button: str, kept: Address | None, name: str = "") -> AddressForm:
    """A form that holds the address which is `kept`; where there is none, the shopper's own `name`."""
    return AddressForm(action, button, {"name": name} if kept is None else asdict(kept))


def wrong_fields(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the field; under an empty one what is wrong with them together."""
    return {".".join(str(part) for part in one["loc"]): one["msg"] for one in error.errors()}
