"""What a mail is made of before anybody writes it: a letter, which names its rule or cannot even be defined."""

from typing import ClassVar

from msgspec import Struct

from app.notices.rules import BY_NAME, Rule


class Letter(Struct, frozen=True):
    """A mail to be. A subclass says by which rule it is sent, under what subject, and what it says."""

    rule: ClassVar[Rule]
    subject: ClassVar[str]  # one line, without anything that a stranger could have typed

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        said = vars(cls)
        if missing := [name for name in ("rule", "subject", "text") if name not in said]:
            raise TypeError(f"{cls.__name__} does not say its {' and '.join(missing)}")
        if BY_NAME.get(cls.rule.name) is not cls.rule:
            raise TypeError(f"{cls.rule.name} is not in the list of what may be sent")

    @property
    def text(self) -> str:
        """What it says, in paragraphs, without the salutation and the reason; those go with every mail."""
        raise NotImplementedError

    @property
    def headline(self) -> str:
        """The subject of this very mail."""
        return self.subject

    @property
    def way_out(self) -> str:
        """The address at which one request ends mails of this kind to this reader; empty where none is wanted."""
        return ""
