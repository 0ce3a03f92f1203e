"""What we mail about an account: links that somebody asked for, and word of what was changed."""

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


class SignInLink(Letter, frozen=True):
    """`link` opens a page with a button; it works once, for a quarter of an hour."""

    rule = SIGN_IN_LINK
    subject = "Your link to sign in"
    link: str

    @property
    def text(self) -> str:
        """Where to go, and what if it was somebody else."""
        return (
            f"Here is your link to sign in. It works once, within 15 minutes:\n\n{self.link}\n\n"
            "If you did not ask for it, do nothing. Nobody comes in without this mail."
        )


class EmailToConfirm(Letter, frozen=True):
    """To the new address: `link` opens a page with a button."""

    rule = EMAIL_TO_CONFIRM
    subject = "Is this your new address?"
    link: str

    @property
    def text(self) -> str:
        """Where to go, and what if it was somebody else."""
        return (
            "This is to become the e-mail address of your account. If that is right, say so here within "
            f"an hour:\n\n{self.link}\n\nIf it is not, do nothing, and nothing changes."
        )


class NewsletterToConfirm(Letter, frozen=True):
    """To whoever ticked the box, or whose address was typed beside it: `link` opens a page with a button."""

    rule = NEWSLETTER_TO_CONFIRM
    subject = "Do you want our newsletter?"
    link: str

    @property
    def text(self) -> str:
        """Where to go, and that nothing comes of doing nothing."""
        return (
            "Our newsletter comes once a month at most. If you want it, say so here within a day:\n\n"
            f"{self.link}\n\nIf you do not, do nothing, and it is never sent to you."
        )


class EmailChanged(Letter, frozen=True):
    """To the old address. The new one is not named: this mailbox may be somebody else's by now."""

    rule = EMAIL_CHANGED
    subject = "Your account has a new address"

    @property
    def text(self) -> str:
        """What happened, and what if it was somebody else."""
        return (
            "Your account has a new e-mail address from now on, and this one has done its duty.\n\n"
            "If that was not you, somebody has been in your account. Sign in at once with your password or a passkey; "
            "on your account's page put this address back, set a new password, and sign out everywhere else."
        )


class NewPassword(Letter, frozen=True):
    """After every change of a password."""

    rule = NEW_PASSWORD
    subject = "Your account has a new password"

    @property
    def text(self) -> str:
        """What happened, and what if it was somebody else."""
        return (
            "Your account has a new password, and every other browser was signed out.\n\n"
            "If that was not you, ask for a link on the sign-in page and set another one."
        )


class NewPasskey(Letter, frozen=True):
    """After every new passkey. Its name is not told, for whoever made it chose it."""

    rule = NEW_PASSKEY
    subject = "Your account has a new passkey"

    @property
    def text(self) -> str:
        """What happened, and what if it was somebody else."""
        return (
            "Your account can be entered with a new passkey.\n\n"
            "If that was not you, sign in, and remove it on your account's page."
        )


class AccountDeleted(Letter, frozen=True):
    """The last one."""

    rule = ACCOUNT_DELETED
    subject = "Your account is gone"

    @property
    def text(self) -> str:
        """What is left."""
        return (
            "Your account is deleted: your name, your address, your passwords and passkeys. Your orders stay "
            "in our books, as they must, without saying whose they were.\n\nThank you for having been here."
        )
