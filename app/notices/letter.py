"""What a mail is made of before anybody writes it: a letter, which names its rule or cannot even be defined."""

from abc import ABC, abstractmethod
from typing import ClassVar

from app.notices.rules import BY_NAME, Rule


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

    @property
    def headline(self) -> str:
        """The subject of this very mail."""
        return self.subject

    @property
    def way_out(self) -> str:
        """The address at which one request ends mails of this kind to this reader; empty where none is wanted."""
        return ""
