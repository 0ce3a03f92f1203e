"""Where parcels go: a postal address as one types it, cleaned, and as it is written on a label."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Annotated

from babel import Locale
from msgspec import Struct
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

LINE_LENGTH = 100  # characters
POSTAL_CODE_LENGTH = 16
NEVER_ON_LABELS = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION_MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Where no parcel arrives without a region and a postal code. Elsewhere people know best what theirs needs.
REGION_NEEDED = frozenset(("AU", "CA", "US"))
# What CLDR names beside ISO 3166's countries: groups, parts that have no code of their own, and codes for tests.
NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ")
)


class Address(Struct, frozen=True):
    """A cleaned address. `extra` (a flat), `postal_code` and `region` may be empty; `country` is ISO 3166's."""

    name: str
    street: str
    extra: str
    postal_code: str
    city: str
    region: str
    country: str

    def lines(self) -> tuple[str, ...]:
        """As a label has it, the country in English."""
        town = " ".join(filter(None, (self.city, self.region, self.postal_code)))
        country = countries().get(self.country, self.country)
        return tuple(filter(None, (self.name, self.street, self.extra, town, country)))


def _line(typed: str) -> str:
    text = " ".join(part for part in unicodedata.normalize("NFC", typed).split(" ") if part)
    if len(text) > LINE_LENGTH:
        raise PydanticCustomError("line", f"At most {LINE_LENGTH} characters.")
    if any(unicodedata.category(c) in NEVER_ON_LABELS or c in DIRECTION_MARKS for c in text):
        raise PydanticCustomError("line", "No control characters and no line ends.")
    return text


def _needed_line(typed: str) -> str:
    text = _line(typed)
    if not any(unicodedata.category(c)[0] in "LN" for c in text):
        raise PydanticCustomError("line", "This is needed.")
    return text


def _postal_code(typed: str) -> str:
    text = _line(typed).upper()
    if len(text) > POSTAL_CODE_LENGTH:
        raise PydanticCustomError("postal_code", f"At most {POSTAL_CODE_LENGTH} characters.")
    return text


def _country(typed: str) -> str:
    code = typed.strip().upper()
    if code not in countries():
        raise PydanticCustomError("country", "Choose a country by its two letters, such as US.")
    return code


NeededLine = Annotated[str, AfterValidator(_needed_line)]
Line = Annotated[str, AfterValidator(_line)]


class TypedAddress(BaseModel):
    """An address as it was typed. There is no shopper in it, and unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "Ada Lovelace",
                    "street": "12 Mill Lane",
                    "extra": "",
                    "postal_code": "60601",
                    "city": "Chicago",
                    "region": "IL",
                    "country": "US",
                }
            ]
        },
    )

    name: NeededLine = Field(description="Whose name is on the door.")
    street: NeededLine
    extra: Line = Field("", description="A flat, a floor, a company.")
    postal_code: Annotated[str, AfterValidator(_postal_code)] = ""
    city: NeededLine
    region: Line = Field("", description="A state or province.")
    country: Annotated[str, AfterValidator(_country)] = Field(description="ISO 3166, two letters.")

    @model_validator(mode="after")
    def _complete(self) -> "TypedAddress":
        if self.country in REGION_NEEDED and not (self.region and self.postal_code):
            words = "Parcels to this country need a state or province, and a postal code."
            raise PydanticCustomError("incomplete", words)
        return self


def clean_address(typed: Mapping[str, str]) -> Address:
    """The address that was typed, by the fields of Address.

    Raises pydantic's ValidationError (a ValueError), which names each field that is wrong.
    """
    return Address(**TypedAddress.model_validate(typed).model_dump())


@cache
def countries() -> dict[str, str]:
    """Every country of ISO 3166 by its two letters, with its English name, sorted by that."""
    named = {code: name for code, name in Locale("en").territories.items() if len(code) == 2}
    real = {code: name for code, name in named.items() if code.isalpha() and code not in NO_COUNTRIES}
    return dict(sorted(real.items(), key=lambda one: _plain(one[1])))


def _plain(name: str) -> str:
    """For sorting: Åland among the A's."""
    letters = unicodedata.normalize("NFD", name)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()
