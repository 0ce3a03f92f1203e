"""What each mail says. A letter is a class that names its rule; without one it cannot even be defined."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from app.notices.rules import (
    ACCOUNT_DELETED,
    BY_NAME,
    EMAIL_CHANGED,
    EMAIL_TO_CONFIRM,
    NEW_PASSKEY,
    NEW_PASSWORD,
    SIGN_IN_LINK,
    Rule,
)


class Letter(ABC):
    """A mail to be. Subclass it with its rule: `class Receipt(Letter, rule=RECEIPT)`."""

    rule: ClassVar[Rule]
    subject: ClassVar[str]  # one line, without anything that a stranger could have typed

    def __init_subclass__(cls, *, rule: Rule) -> None:
        super().__init_subclass__()
        if BY_NAME.get(rule.name) is not rule:
            raise TypeError(f"{rule.name} is not in the list of what may be sent")
        cls.rule = rule

    @property
    @abstractmethod
    def text(self) -> str:
        """What it says, in paragraphs, without the salutation and the reason; those go with every mail."""


@dataclass(frozen=True)
class SignInLink(Letter, rule=SIGN_IN_LINK):
    """`link` opens a page with a button; it works once, for a quarter of an hour."""

    subject = "Your link to sign in"
    link: str

    @property
    def text(self) -> str:
        """Where to go, and what if it was somebody else."""
        return (
            f"Here is your link to sign in. It works once, within 15 minutes:\n\n{self.link}\n\n"
            "If you did not ask for it, do nothing. Nobody comes in without this mail."
        )


@dataclass(frozen=True)
class EmailToConfirm(Letter, rule=EMAIL_TO_CONFIRM):
    """To the new address: `link` opens a page with a button."""

    subject = "Is this your new address?"
    link: str

    @property
    def text(self) -> str:
        """Where to go, and what if it was somebody else."""
        return (
            "This is to become the e-mail address of your account. If that is right, say so here within "
            f"an hour:\n\n{self.link}\n\nIf it is not, do nothing, and nothing changes."
        )


@dataclass(frozen=True)
class EmailChanged(Letter, rule=EMAIL_CHANGED):
    """To the old address. The new one is not named: this mailbox may be somebody else's by now."""

    subject = "Your account has a new address"

    @property
    def text(self) -> str:
        """What happened, and what if it was somebody else."""
        return (
            "Your account has a new e-mail address from now on, and this one has done its duty.\n\n"
            "If that was not you, answer the shop at once: somebody has been in your account."
        )


@dataclass(frozen=True)
class NewPassword(Letter, rule=NEW_PASSWORD):
    """After every change of a password."""

    subject = "Your account has a new password"

    @property
    def text(self) -> str:
        """What happened, and what if it was somebody else."""
        return (
            "Your account has a new password, and every other browser was signed out.\n\n"
            "If that was not you, ask for a link on the sign-in page and set another one."
        )


@dataclass(frozen=True)
class NewPasskey(Letter, rule=NEW_PASSKEY):
    """After every new passkey. Its name is not told, for whoever made it chose it."""

    subject = "Your account has a new passkey"

    @property
    def text(self) -> str:
        """What happened, and what if it was somebody else."""
        return (
            "Your account can be entered with a new passkey.\n\n"
            "If that was not you, sign in, and remove it on your account's page."
        )


@dataclass(frozen=True)
class AccountDeleted(Letter, rule=ACCOUNT_DELETED):
    """The last one."""

    subject = "Your account is gone"

    @property
    def text(self) -> str:
        """What is left."""
        return (
            "Your account is deleted: your name, your address, your passwords and passkeys. Your orders stay "
            "in our books, as they must, without saying whose they were.\n\nThank you for having been here."
        )
