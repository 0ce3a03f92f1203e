"""What we mail because somebody asks it of us who knows the address: an invitation to their friends list."""

from app.notices.letter import Letter
from app.notices.rules import FRIEND_INVITATION


class FriendInvitation(Letter, frozen=True):
    """To whatever address was typed, the same for an account's and for nobody's.

    `inviter` is a name that may be shown to a stranger; `link` opens a page with a button, and works for two weeks;
    `out` is the address at which one request ends all such mails to this mailbox.
    """

    rule = FRIEND_INVITATION
    subject = "An invitation to a friends list"
    inviter: str
    link: str
    out: str

    @property
    def way_out(self) -> str:
        """Where one request ends it."""
        return self.out

    @property
    def text(self) -> str:
        """Who asks, what it means, and how never to be asked again."""
        return (
            f"{self.inviter} wants to have you on their friends list, and to be on yours. Friends see what the other "
            "recommends here, and nothing else: no orders, no addresses.\n\n"
            f"Look at it, and say yes or no, within two weeks:\n\n{self.link}\n\n"
            "If you do nothing, nothing happens, and nobody is told. We did not look whether you have an account.\n\n"
            f"No more invitations to this address, whoever asks: {self.out}"
        )
