"""One reader's copy of the newsletter."""

from app.notices.letter import Letter
from app.notices.rules import NEWSLETTER


class Newsletter(Letter, frozen=True):
    """`heading` and `words` are the shop's own, from an issue that was read by `read_issue`."""

    rule = NEWSLETTER
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
