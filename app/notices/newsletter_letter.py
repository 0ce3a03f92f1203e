"""One reader's copy of the newsletter."""

from dataclasses import dataclass

from app.notices.letter import Letter
from app.notices.rules import NEWSLETTER


@dataclass(frozen=True)
class Newsletter(Letter, rule=NEWSLETTER):
    """`heading` and `words` are the shop's own, from an issue that was read by `read_issue`."""

    subject = "Our newsletter"
    heading: str
    words: str
    out: str  # the reader's own address for leaving

    @property
    def headline(self) -> str:
        """What the issue is called."""
        return self.heading

    @property
    def way_out(self) -> str:
        """Where one request ends it."""
        return self.out

    @property
    def text(self) -> str:
        """The issue, and how to get no more of them."""
        return f"{self.words}\n\nNo more of these: {self.out}"
