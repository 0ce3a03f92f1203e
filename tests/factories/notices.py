"""Mail servers for tests: one that really listens, and one that does what it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from app.notices.mail import Letterhead
from tests.factories.running_shop import free_port

HEAD = Letterhead("Breadmaker", "shop@shop.test", "https://shop.test")


class Postbox:
    """What an SMTP server has taken in; `answers` are its next words to a message, then it takes everything."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answers: list[str] = []
        self.port = free_port()

    async def handle_DATA(self, _s: object, _n: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, or refuse it."""
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(envelope)
        return "250 taken"


@contextmanager
def smtp_server(**options: Any) -> Iterator[Postbox]:
    """A real SMTP server on this machine."""
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=postbox.port, **options)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()


class Hands:
    """A carrier that keeps what it carries, or raises what it is told to, in turn."""

    def __init__(self, *raises: BaseException) -> None:
        self.raises = list(raises)
        self.carried: list[EmailMessage] = []

    async def carry(self, message: EmailMessage) -> None:
        """Keep it; or not."""
        if self.raises:
            raise self.raises.pop(0)
        self.carried.append(message)
