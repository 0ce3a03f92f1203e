"""What a merchandiser asked of the records' page, from its address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from pydantic import ValidationError

from app.inventory.desk import SoughtRecords
from app.payments import NotAnAmount, parse_money

FIELDS = ("text", "since", "until", "mode", "price_from", "price_to", "category", "sold_out", "sort")
PRICES = ("price_from", "price_to")
LABELS = {
    "since": "From",
    "until": "To",
    "price_from": "Price from",
    "price_to": "Price to",
    "mode": "Mode",
    "sold_out": "Sold out",
    "sort": "Sort",
    "text": "Title",
    "category": "Category",
}


class Asked(Struct, frozen=True):
    """The form as it was filled in, what it means, and what is wrong with it; nothing is sought where something is."""

    given: dict[str, str]
    sought: SoughtRecords
    wrong: tuple[str, ...]

    @property
    def narrows(self) -> bool:
        """Whether anything but the order was asked for."""
        return any(text for name, text in self.given.items() if name != "sort")

    @property
    def query(self) -> str:
        """The form's part of an address of the desk."""
        return urlencode({name: text for name, text in self.given.items() if text})

    @property
    def export(self) -> str:
        """The same for the calls of the API, whose prices are in minor units."""
        sought = self.sought.model_dump(mode="json", exclude_defaults=True)
        return urlencode(
            {name: str(value).lower() if isinstance(value, bool) else value for name, value in sought.items()}
        )


def read_asked(parameters: Mapping[str, str], currency: str) -> Asked:
    """Read an address's parameters; prices are as people write them in `currency`, empty fields ask for nothing."""
    given = {name: parameters.get(name, "").strip() for name in FIELDS}
    values: dict[str, object] = {name: text for name, text in given.items() if text}
    wrong = []
    for name in PRICES:
        if given[name]:
            try:
                values[name] = parse_money(given[name], currency).amount
            except NotAnAmount as error:
                wrong.append(f"{LABELS[name]}: {error}")
                del values[name]
    try:
        sought = SoughtRecords.model_validate(values)
    except ValidationError as error:
        wrong += [_words(dict(found)) for found in error.errors()]
        sought = SoughtRecords()
    return Asked(given, SoughtRecords() if wrong else sought, tuple(wrong))


def _words(found: dict[str, object]) -> str:
    location = found["loc"]
    assert isinstance(location, tuple)
    message = str(found["msg"]).removeprefix("Value error, ")
    if not location:
        return message[0].upper() + message[1:]
    if location[0] in ("since", "until"):
        message = "not a day, such as 2026-11-27"
    return f"{LABELS[str(location[0])]}: {message}"
