"""What may be sent to a shopper, and for what reason. What is not in this list is not sent.

The page /promises is made from it, so its words are for shoppers.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Cause(StrEnum):
    """Why any mail may go out at all."""

    ASKED = "You asked for it"
    SECURITY = "Somebody changed how your account is entered"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of mail. `worth` is how long after the happening it is still worth sending."""

    name: str  # as kept with each mail; never used for anything else again
    title: str
    cause: Cause
    reason: str  # goes on from "You get this mail because …"
    worth: timedelta


SIGN_IN_LINK = Rule(
    "sign-in-link",
    "A link to sign in",
    Cause.ASKED,
    "somebody, probably you, asked for it on our sign-in page",
    timedelta(minutes=15),
)
EMAIL_TO_CONFIRM = Rule(
    "email-to-confirm",
    "A link that proves a new e-mail address",
    Cause.ASKED,
    "somebody, probably you, gave this as the new address of an account",
    timedelta(hours=1),
)
EMAIL_CHANGED = Rule(
    "email-changed",
    "Word to the old e-mail address that there is a new one",
    Cause.SECURITY,
    "this was the address of your account until now",
    timedelta(days=3),
)
NEW_PASSWORD = Rule(
    "new-password",
    "Word of a new password",
    Cause.SECURITY,
    "your account was given a new password",
    timedelta(days=3),
)
NEW_PASSKEY = Rule(
    "new-passkey",
    "Word of a new passkey",
    Cause.SECURITY,
    "your account can be entered with a new passkey",
    timedelta(days=3),
)
ACCOUNT_DELETED = Rule(
    "account-deleted",
    "Word that your account is gone",
    Cause.SECURITY,
    "your account was deleted. It is the last mail that you get from us",
    timedelta(days=3),
)

RULES: tuple[Rule, ...] = (
    SIGN_IN_LINK,
    EMAIL_TO_CONFIRM,
    EMAIL_CHANGED,
    NEW_PASSWORD,
    NEW_PASSKEY,
    ACCOUNT_DELETED,
)
BY_NAME = {rule.name: rule for rule in RULES}
