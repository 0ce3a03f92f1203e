"""What we mail about an account: links that somebody asked for, and word of what was changed."""

from dataclasses import dataclass

from app.notices.letter import Letter
from app.notices.rules import (
    ACCOUNT_DELETED,
    EMAIL_CHANGED,
    EMAIL_TO_CONFIRM,
    NEW_PASSKEY,
    NEW_PASSWORD,
    NEWSLETTER_TO_CONFIRM,
    SIGN_IN_LINK,
)


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
class NewsletterToConfirm(Letter, rule=NEWSLETTER_TO_CONFIRM):
    """To whoever ticked the box, or whose address was typed beside it: `link` opens a page with a button."""

    subject = "Do you want our newsletter?"
    link: str

    @property
    def text(self) -> str:
        """Where to go, and that nothing comes of doing nothing."""
        return (
            "Our newsletter comes once a month at most. If you want it, say so here within a day:\n\n"
            f"{self.link}\n\nIf you do not, do nothing, and it is never sent to you."
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
            "If that was not you, somebody has been in your account. Sign in at once with your password or a passkey; "
            "on your account's page put this address back, set a new password, and sign out everywhere else."
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
