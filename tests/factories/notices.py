"""Mail servers for tests: one that really listens, and one that does what it is told."""

import asyncio
import email
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from app.notices.mail import Letterhead
from tests.factories.running_shop import free_port

HEAD = Letterhead("Breadmaker", "shop@shop.test", "https://shop.test")


class Postbox:
    """What an SMTP server has taken in; `answers` are its next words to a message, then it takes everything.

    Of so many messages as `hangs_up` says it takes each, and hangs up instead of answering. From the one on whose
    number is `holds` it takes them, and answers none until `let_go` is set; `holding` says that it has come so far.
    """

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answers: list[str] = []
        self.hangs_up = 0
        self.holds: int | None = None
        self.holding, self.let_go = threading.Event(), threading.Event()
        self.port = free_port()

    @property
    def url(self) -> str:
        """As the settings name it."""
        return f"smtp://127.0.0.1:{self.port}?from=shop%40shop.test"

    @property
    def arrived(self) -> list[tuple[str, str]]:
        """Who got which mail: address and Message-ID, in the order in which they came."""
        return [
            (one.rcpt_tos[0], email.message_from_bytes(one.content)["Message-ID"])
            for one in self.taken
            if isinstance(one.content, bytes)
        ]

    async def handle_DATA(self, server: SMTP, _n: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, or refuse it."""
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(envelope)
        if self.hangs_up:
            self.hangs_up -= 1
            cast(asyncio.Transport, server.transport).abort()
        elif self.holds is not None and len(self.taken) >= self.holds:
            self.holding.set()
            await asyncio.to_thread(self.let_go.wait)
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
        postbox.let_go.set()
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
