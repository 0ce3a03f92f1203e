"""A mail on its way out: by SMTP, or into a folder of .eml files where no mail server is set."""

import asyncio
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import idna
from msgspec import Struct

from app.notices.rules import Rule
from app.platform.clock import Clock
from app.platform.settings import Settings

if TYPE_CHECKING:
    import aiosmtplib

TIMEOUT_SECONDS = 20.0  # for a whole mail: a server that dawdles must not outlast the lease
LONGEST_LINE = 998  # characters: RFC 5322's limit
PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Refused(Exception):
    """The mail server will never take this mail, and trying again is of no use."""


class Away(Exception):
    """The mail server did not take it now, but may later."""


class Carrier(Protocol):
    """What brings a mail out. Raises Refused, Away."""

    async def carry(self, message: EmailMessage) -> None:
        """Bring it out; the same one again is the same mail, by its Message-ID."""
        ...


class Letterhead(Struct, frozen=True):
    """Who writes: the shop's name, its address for mails, and its site, where that is known."""

    shop: str
    sender: str
    site: str | None


class Envelope(Struct, frozen=True):
    """What the outbox has of one mail."""

    message_id: str
    rule: Rule
    name: str
    address: str
    subject: str
    text: str
    way_out: str = ""  # where one request ends mails of this kind to this reader


def compose(envelope: Envelope, head: Letterhead, clock: Clock) -> EmailMessage:
    """The message. Raises Refused where a mail can't have such an address."""
    try:
        to = _address("", envelope.address)  # no name: what a stranger typed has no place in a header
        # A long address must not be folded: Python would write the pieces as encoded words.
        message = EmailMessage(
            policy=SMTP.clone(utf8=not to.username.isascii(), max_line_length=LONGEST_LINE)
        )
        message["To"] = to
        message["From"] = _address(head.shop, head.sender)
        message["Subject"] = _plain(envelope.subject)
        if envelope.way_out:
            _show_out(message, envelope, head)
    except ValueError as error:
        raise Refused(str(error)) from None
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{envelope.message_id}@{head.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    hello = f"Hello {envelope.name},\n\n" if envelope.name else ""
    all_of_them = f" Everything that we ever send: {head.site}/promises" if head.site else ""
    why = f"\n\n-- \n{head.shop}. You get this mail because {envelope.rule.reason}.{all_of_them}\n"
    message.set_content(hello + envelope.text + why)
    return message


def _show_out(message: EmailMessage, envelope: Envelope, head: Letterhead) -> None:
    """RFC 8058: mail programs show a button of their own, whose one request is all that it takes."""
    message["List-Id"] = f"<{envelope.rule.name}.{head.sender.rpartition('@')[2]}>"
    message["List-Unsubscribe"] = f"<{_plain(envelope.way_out)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _plain(words: str) -> str:
    """`words` for a header. Raises ValueError where Python would decode something in them, perhaps a line's end."""
    if "=?" in words:
        raise ValueError(f"{words!r} may not stand in a header")
    return words


def _address(name: str, address: str) -> Address:
    """Domains of other scripts as the DNS has them: every mail server takes those."""
    local, _, domain = address.rpartition("@")
    # Python decodes `=?utf-8?q?=0D=0A…?=` wherever it meets it in a header, and would write what is in it as lines.
    if not (local and domain) or "=?" in address:
        raise ValueError(f"{address!r} is no address")
    return Address(name, local, domain if domain.isascii() else idna.encode(domain, uts46=True).decode())


class Folder:
    """Mails as files, named after their Message-ID: for a shop without a mail server, and for trying out."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def carry(self, message: EmailMessage) -> None:
        """Write it; whole or not at all. Raises Away where the disk does not take it."""
        name = message["Message-ID"].strip("<>").partition("@")[0]
        try:
            await asyncio.to_thread(self._write, name, message.as_bytes())
        except OSError as error:
            raise Away(str(error)) from error

    def _write(self, name: str, text: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path / f"{name}.draft"
        draft.write_bytes(text)
        draft.replace(self.path / f"{name}.eml")


class Smtp:
    """A mail server, named as `smtp://user:password@host:587` or `smtps://…`.

    With `smtps` the connection is TLS from its first byte. With `smtp` it becomes TLS where the server can, and where
    there is a password to keep it must, but on this machine itself.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"
        must = self._user is not None and self._host not in LOOPBACK and not self._tls
        self._start_tls: bool | None = False if self._tls else (True if must else None)

    async def carry(self, message: EmailMessage) -> None:
        """One connection a mail: they are few. Raises Refused, Away."""
        import aiosmtplib  # a shop without a mail server does without

        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await aiosmtplib.send(
                    message,
                    hostname=self._host,
                    port=self._port,
                    username=self._user,
                    password=self._password,
                    use_tls=self._tls,
                    start_tls=self._start_tls,
                    timeout=TIMEOUT_SECONDS,
                )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPNotSupported, ValueError) as error:
            if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and _may_pass(error):
                raise Away(repr(error)) from error
            raise Refused(repr(error)) from error
        except aiosmtplib.SMTPDataError as error:
            raise (Refused if error.code >= 500 else Away)(repr(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:  # a wrong password, too: somebody will mend it
            raise Away(repr(error)) from error


def _may_pass(refusals: "aiosmtplib.SMTPRecipientsRefused") -> bool:
    return any(one.code < 500 for one in refusals.recipients)


def carrier_for(settings: Settings) -> tuple[Carrier, Letterhead]:
    """What the settings say of how mails go out, and in whose name."""
    host = urlsplit(settings.public_url or "").hostname
    url = settings.smtp_url
    chosen: Callable[[], Carrier] = (lambda: Smtp(url)) if url else (lambda: Folder(settings.data / "mails"))
    named = parse_qs(urlsplit(url or "").query).get("from", [])
    sender = named[0] if named else f"no-reply@{host or 'localhost'}"
    return chosen(), Letterhead(settings.shop_name, sender, settings.public_url)
