"""What a person may be called and may type to come in. Requests and forms are both read into these."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

NAME_LENGTH = 60  # characters
PASSWORD_LENGTH = range(8, 201)  # characters
EMAIL_LENGTH = 254  # RFC 5321, with the angle brackets taken off

# Control characters, line ends, and the marks that turn the direction of the text around them.
NEVER_IN_NAMES = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION_MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str) -> str:
    """`name` trimmed, in one spelling. Raises ValueError where nobody could read it or it is too long."""
    name = unicodedata.normalize("NFC", name.strip())
    if not 1 <= len(name) <= NAME_LENGTH:
        raise PydanticCustomError("name", "A name has 1 to 60 characters.")
    if any(unicodedata.category(c) in NEVER_IN_NAMES or c in DIRECTION_MARKS for c in name):
        raise PydanticCustomError("name", "A name has no control characters.")
    if not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        raise PydanticCustomError("name", "A name has at least one visible character.")
    return name


def clean_email(email: str) -> str:
    """`email` as it is kept: trimmed, normalised, lower-cased. Raises ValueError where it can't be an address."""
    # The first who comes waits for it, and not whoever starts the shop: its patterns take a while.
    from email_validator import EmailNotValidError, validate_email

    try:
        # Syntax only, no DNS; `.test` is let through, since no mail server answers there anyway.
        found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise PydanticCustomError("email", "This is not an e-mail address.") from None
    if "=?" in found.normalized:  # mail programs decode what follows, and would write to somebody else
        raise PydanticCustomError("email", "This is not an e-mail address.")
    return found.normalized.lower()


def one_spelling(typed: str) -> str:
    """What limits count by: the address that `typed` stands for, since a domain can be written in thousands of ways."""
    try:
        return clean_email(typed)
    except ValueError:
        return typed.strip().casefold()


def clean_password(password: str) -> str:
    """`password`, unchanged. Raises ValueError where it is too short or too long."""
    if len(password) not in PASSWORD_LENGTH:
        raise PydanticCustomError("password", "A password has 8 to 200 characters.")
    try:
        password.encode()
    except UnicodeEncodeError:  # half of a character
        raise PydanticCustomError("password", "A password is made of whole characters.") from None
    return password


Name = Annotated[str, AfterValidator(clean_name)]


class Newcomer(BaseModel):
    """Someone who signs up. There is no role here, and unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}]
        },
    )

    name: Name = Field(description="1 to 60 characters, trimmed.")
    email: Annotated[str, AfterValidator(clean_email)] = Field(description="In any case; kept lower-cased.")
    password: Annotated[str, AfterValidator(clean_password)] = Field(
        description="8 to 200 characters.", repr=False
    )


class Credentials(BaseModel):
    """Someone who signs in. Any text passes for an e-mail here: a wrong one is a wrong credential, no more."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"email": "ada@example.com", "password": "correct horse battery"}]},
    )

    email: str = Field(max_length=2 * EMAIL_LENGTH)
    password: str = Field(max_length=PASSWORD_LENGTH[-1], repr=False)
