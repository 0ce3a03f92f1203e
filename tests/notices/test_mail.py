"""A mail on its way out."""

import email
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import pytest

from app.notices.mail import Away, Envelope, Folder, Refused, Smtp, carrier_for, compose
from app.notices.rules import SIGN_IN_LINK
from app.platform.settings import Settings, SettingsError, load_settings
from tests.conftest import FrozenClock
from tests.factories.notices import HEAD, smtp_server


def envelope(**chosen: str) -> Envelope:
    ordinary = {
        "message_id": "0123abcd",
        "name": "Ada",
        "address": "ada@example.com",
        "subject": "Your link to sign in",
        "text": "Here it is:\n\nhttps://shop.test/sign-in/link/x",
    }
    return Envelope(rule=SIGN_IN_LINK, **(ordinary | chosen))


def test_a_mail_says_who_writes_to_whom_and_why(clock: FrozenClock) -> None:
    message = compose(envelope(), HEAD, clock)
    assert message["To"] == "ada@example.com"
    assert message["From"] == "Breadmaker <shop@shop.test>"
    assert message["Message-ID"] == "<0123abcd@shop.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert text.startswith("Hello Ada,")
    assert "https://shop.test/sign-in/link/x" in text
    assert "You get this mail because somebody, probably you, asked for it" in text
    assert "https://shop.test/promises" in text


# Python decodes an encoded word wherever it stands in a header, and writes what is in it as lines.
SMUGGLED = "=?utf-8?q?a=0d=0abcc=3aeve=40evil.test?="


@pytest.mark.parametrize(
    "name", ['Ada "the" <Countess>', "a@b.example, eve@evil.test", "x\r\nBcc: eve", SMUGGLED]
)
def test_a_name_is_in_no_header(clock: FrozenClock, name: str) -> None:
    written = compose(envelope(name=name), HEAD, clock).as_bytes()
    fields = written.partition(b"\r\n\r\n")[0]
    assert b"\r\nTo: ada@example.com\r\n" in b"\r\n" + fields
    assert not any(words in fields.lower() for words in (b"bcc", b"eve", b"countess"))


@pytest.mark.parametrize(
    "address", ["ada@example.com\r\nX: y", "ada", f"{SMUGGLED}@evil.test", "=?utf-8?q?x?=@x.test"]
)
def test_an_address_that_would_break_a_header_is_refused(clock: FrozenClock, address: str) -> None:
    with pytest.raises(Refused):
        compose(envelope(address=address), HEAD, clock)


def test_without_that_refusal_a_header_would_be_smuggled_in() -> None:
    message = EmailMessage(policy=SMTP)
    message["To"] = Address("", SMUGGLED, "evil.test")
    assert b"\r\nbcc:eve@evil.test" in message.as_bytes()


@pytest.mark.parametrize("field", ["subject", "way_out"])
@pytest.mark.parametrize("words", [SMUGGLED, "x\r\nBcc: eve@evil.test", "x\nBcc: eve@evil.test"])
def test_a_subject_that_would_break_a_header_is_refused(clock: FrozenClock, field: str, words: str) -> None:
    with pytest.raises(Refused):
        compose(envelope(**{field: words}), HEAD, clock)


def test_a_mail_with_a_way_out_names_it_where_mail_programs_look(clock: FrozenClock) -> None:
    way_out = "https://shop.test/newsletter/out/" + "x" * 200
    written = compose(envelope(way_out=way_out), HEAD, clock).as_bytes()
    fields = written.partition(b"\r\n\r\n")[0].decode().splitlines()
    assert f"List-Unsubscribe: <{way_out}>" in fields, "whole, on one line"
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in fields
    assert "List-Id: <sign-in-link.shop.test>" in fields
    without = compose(envelope(), HEAD, clock).as_bytes()
    assert b"List-" not in without


def test_an_address_in_any_script_is_written_as_it_is_and_its_domain_as_the_dns_has_it(
    clock: FrozenClock,
) -> None:
    message = compose(envelope(address="ädä@bücher.example"), HEAD, clock)
    assert "To: ädä@xn--bcher-kva.example".encode() in message.as_bytes()


async def test_a_domain_in_another_script_needs_nothing_special_of_a_mail_server(clock: FrozenClock) -> None:
    with smtp_server(enable_SMTPUTF8=False) as postbox:
        message = compose(envelope(address="ada@bücher.example"), HEAD, clock)
        await Smtp(f"smtp://127.0.0.1:{postbox.port}").carry(message)
    assert postbox.taken[0].rcpt_tos == ["ada@xn--bcher-kva.example"]


async def test_a_mail_is_taken_by_a_real_mail_server(clock: FrozenClock) -> None:
    with smtp_server() as postbox:
        await Smtp(f"smtp://127.0.0.1:{postbox.port}").carry(compose(envelope(name="Ädä"), HEAD, clock))
    (taken,) = postbox.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("shop@shop.test", ["ada@example.com"])
    read = email.message_from_bytes(taken.content or b"", policy=default)  # type: ignore[arg-type]
    assert "Hello Ädä," in read.get_content()


async def test_a_server_that_says_later_is_away_and_one_that_says_never_refuses(clock: FrozenClock) -> None:
    with smtp_server() as postbox:
        carrier = Smtp(f"smtp://127.0.0.1:{postbox.port}")
        postbox.answers = ["451 later", "554 never"]
        for expected in (Away, Refused):
            with pytest.raises(expected):
                await carrier.carry(compose(envelope(), HEAD, clock))
        await carrier.carry(compose(envelope(), HEAD, clock))
    assert len(postbox.taken) == 1


async def test_a_server_that_is_not_there_is_away(clock: FrozenClock) -> None:
    with smtp_server() as postbox:
        pass
    with pytest.raises(Away):
        await Smtp(f"smtp://127.0.0.1:{postbox.port}").carry(compose(envelope(), HEAD, clock))


async def test_a_password_is_not_sent_in_the_clear_over_the_network(
    clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.notices.mail.LOOPBACK", set())  # as if the server were elsewhere
    with smtp_server() as postbox:  # it knows no STARTTLS
        carrier = Smtp(f"smtp://ada:secret@127.0.0.1:{postbox.port}")
        with pytest.raises((Away, Refused)):
            await carrier.carry(compose(envelope(), HEAD, clock))
    assert postbox.taken == []


async def test_the_same_mail_again_is_the_same_file(clock: FrozenClock, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "mails")
    for _ in range(2):
        await folder.carry(compose(envelope(), HEAD, clock))
    (file,) = (tmp_path / "mails").iterdir()
    assert file.name == "0123abcd.eml"
    assert (tmp_path / "mails").stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_written_is_away(clock: FrozenClock, tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file")
    with pytest.raises(Away):
        await Folder(tmp_path / "mails").carry(compose(envelope(), HEAD, clock))


def test_the_settings_say_who_writes_and_how(settings: Settings, tmp_path: Path) -> None:
    carrier, head = carrier_for(
        settings.model_copy(update={"data": tmp_path, "public_url": "https://shop.example"})
    )
    assert isinstance(carrier, Folder)
    assert head.sender == "no-reply@shop.example"
    url = "smtps://u:p@mail.example/?from=hello%40shop.example"
    carrier, head = carrier_for(settings.model_copy(update={"smtp_url": url}))
    assert isinstance(carrier, Smtp)
    assert head.sender == "hello@shop.example"


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://x:y"])
def test_a_wrong_smtp_url_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BREADMAKER_SMTP_URL", url)
    with pytest.raises(SettingsError, match="BREADMAKER_SMTP_URL"):
        load_settings()
