"""Fetching a photo by its address: from public servers only, whatever names and redirects say.

The servers are real. Here 127.0.0.1 stands for the public Internet and 127.0.0.2 for the shop's own network.
"""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.inventory.photos import fetching as room
from app.inventory.photos.fetching import Reach, fetch_photo
from tests.factories.web import PRIVATE, PUBLIC, Answer, Server, refused, saying, sending_on, serving


async def test_a_photo_is_fetched_and_nothing_is_told_of_us_but_the_shops_name() -> None:
    async with serving(saying(b"bytes")) as server:
        reach = server.reach({"photos.test": [PUBLIC]})
        assert await fetch_photo(f"http://photos.test:{server.port}/a.jpg?size=1", reach) == b"bytes"
    (head,) = server.asked
    lines = head.strip().split("\r\n")
    assert lines[0] == "GET /a.jpg?size=1 HTTP/1.1"
    assert f"Host: photos.test:{server.port}" in lines
    assert {line.partition(":")[0].lower() for line in lines[1:]} == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
    }
    assert "Accept-Encoding: identity" in lines


async def test_a_name_of_which_one_address_is_private_is_not_public() -> None:
    async with serving(saying()) as server:
        reach = server.reach({"photos.test": [PUBLIC, PRIVATE]})
        assert await refused(f"http://photos.test:{server.port}/", reach) == "is not at a public address"
    assert server.asked == []


async def test_a_name_that_nobody_has_is_refused_in_words() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    words = "cannot be fetched: there is no server of that name"
    assert await refused("http://nowhere.test/", Reach(resolve=resolve)) == words


@asynccontextmanager
async def a_name_that_changes(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Server, Server, str]]:
    """A public server, a private one on the same port, and a name that is the first once and the second ever after."""
    asked = 0

    def rebinding(host: str | bytes | None, port: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal asked
        if host not in ("rebind.test", b"rebind.test"):
            return real(host, port, *args, **kwargs)
        asked += 1
        return real(PUBLIC if asked == 1 else PRIVATE, port, *args, **kwargs)

    real = socket.getaddrinfo
    async with (
        serving(saying(b"public")) as public,
        serving(saying(b"SECRET"), at=PRIVATE, port=public.port) as private,
    ):
        with monkeypatch.context() as patched:
            patched.setattr(socket, "getaddrinfo", rebinding)
            yield public, private, f"http://rebind.test:{public.port}/"


async def test_the_connection_goes_to_the_very_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_name_that_changes(monkeypatch) as (public, private, url):
        assert await fetch_photo(url, public.reach()) == b"public"
        assert private.asked == []
        assert await refused(url, public.reach()) == "is not at a public address"
        assert private.asked == []


async def test_without_pinning_the_second_look_up_would_lead_into_the_private_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_name_that_changes(monkeypatch) as (public, private, url):
        monkeypatch.setattr(room, "_pinned", lambda url, _: httpx.Request("GET", url))
        assert await fetch_photo(url, public.reach()) == b"SECRET"
        assert len(private.asked) == 1


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (f"http://{PRIVATE}:{{port}}/", "is not at a public address"),
        ("http://2130706434:{port}/", "is not at a public address"),
        ("http://inside.test:{port}/", "is not at a public address"),
        ("http://127.0.0.1:1/", "is not at a public address"),
        ("file:///etc/passwd", "must be an https or http address"),
        ("http://a:b@127.0.0.1:{port}/", "must not hold a name or a password in its address"),
        ("http://[/", "is not an address that can be read"),
        ("", "is sent on, but not to any address"),
        ("/again", "is sent on more than 3 times"),
    ],
)
async def test_each_redirect_is_judged_anew(location: str, words: str) -> None:
    async with (
        serving(sending_on(location)) as server,
        serving(saying(b"SECRET"), at=PRIVATE, port=server.port) as private,
    ):
        reach = server.reach({"inside.test": [PRIVATE]})
        assert await refused(f"http://{PUBLIC}:{server.port}/", reach) == words
        assert private.asked == []
        assert len(server.asked) == (4 if location == "/again" else 1)


async def test_three_redirects_are_followed_and_no_cookie_goes_along() -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        step = int(head.split(" ")[1].removeprefix("/"))
        if step == 3:
            await saying(b"there")(head, writer)
        else:
            fields = f"Location: {step + 1}\r\nSet-Cookie: a=b\r\nContent-Length: 0"
            writer.write(f"HTTP/1.1 307 On\r\n{fields}\r\n\r\n".encode())

    async with serving(answer) as server:
        assert await fetch_photo(f"http://{PUBLIC}:{server.port}/0", server.reach()) == b"there"
    assert len(server.asked) == 4
    assert all("cookie" not in head.lower() for head in server.asked)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (saying(status="404 Not Found"), "is not there: its server answers 404"),
        (saying(status="206 Partial Content"), "is not there: its server answers 206"),
        (saying(status="500 Oh"), "is not there: its server answers 500"),
        (saying(Content_Encoding="gzip"), "comes packed, although we asked for it as it is"),
        (saying(Content_Length="5001"), "is larger than 0 MiB"),
        (saying(Content_Length="9" * 30), "cannot be fetched: its server does not answer as it should"),
        (saying(bytes(6000)), "is larger than 0 MiB"),
        (saying(Content_Length="5000"), "cannot be fetched: its server does not answer as it should"),
        (saying(Content_Length="-1"), "cannot be fetched: its server does not answer as it should"),
        (saying(status="what"), "cannot be fetched: its server does not answer as it should"),
        (saying(X="y" * 200_000), "cannot be fetched: its server does not answer as it should"),
    ],
)
async def test_a_server_that_does_not_send_a_whole_picture_is_refused_in_words(
    answer: Answer, words: str
) -> None:
    async with serving(answer) as server:
        assert await refused(f"http://{PUBLIC}:{server.port}/", server.reach(most_bytes=5000)) == words


async def test_an_endless_body_is_ended_at_the_limit() -> None:
    sent = 0

    async def answer(_: str, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2000\r\n" + bytes(0x2000) + b"\r\n")
            await writer.drain()
            sent += 0x2000

    async with serving(answer) as server:
        reach = server.reach(most_bytes=1024 * 1024)
        assert await refused(f"http://{PUBLIC}:{server.port}/", reach) == "is larger than 1 MiB"
    assert sent < 64 * 1024 * 1024


async def drip(_: str, writer: asyncio.StreamWriter) -> None:
    """One byte at a time, for as long as anybody listens."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


async def say_nothing(_: str, writer: asyncio.StreamWriter) -> None:
    """Take the request and keep still."""
    await asyncio.sleep(30)


async def go_round(_: str, writer: asyncio.StreamWriter) -> None:
    """Header fields without end."""
    while True:
        writer.write(b"HTTP/1.1 103 Soon\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("answer", [drip, go_round])
async def test_a_server_that_takes_its_time_has_one_deadline_for_all_of_it(answer: Answer) -> None:
    async with serving(answer) as server:
        reach = server.reach(seconds=0.3)
        assert await refused(f"http://{PUBLIC}:{server.port}/", reach) == "did not come within 0.3 seconds"


async def test_a_name_server_that_takes_its_time_is_within_the_deadline() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    reach = Reach(resolve=resolve, seconds=0.1)
    assert await refused("http://photos.test/", reach) == "did not come within 0.1 seconds"


async def test_where_the_first_address_does_not_answer_the_next_is_tried() -> None:
    async with serving(saying(b"there")) as server:
        reach = Reach(resolve=_both, may_connect=lambda *_: True)
        assert await fetch_photo(f"http://photos.test:{server.port}/", reach) == b"there"


async def _both(host: str, port: int) -> list[str]:
    return [PRIVATE, PUBLIC]  # where nobody listens


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(saying(b"direct")) as server, serving(saying(b"proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://{PUBLIC}:{proxy.port}")
        assert await fetch_photo(f"http://{PUBLIC}:{server.port}/", server.reach()) == b"direct"
        assert proxy.asked == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for photos.test, signed by itself, with its key in the same file."""
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=photos.test"
    done = subprocess.run(
        [*command.split(), "-addext", "subjectAltName=DNS:photos.test"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("there is no openssl")
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


async def test_tls_is_for_the_name_although_the_address_is_asked(certificate: Path) -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    names: list[str | None] = []
    theirs.sni_callback = lambda _, name, __: names.append(name)
    async with serving(saying(b"safe"), trust=theirs) as server:
        trust = ssl.create_default_context(cafile=str(certificate))
        known = {"photos.test": [PUBLIC], "other.test": [PUBLIC]}
        reach = server.reach(known, trust=trust)
        assert await fetch_photo(f"https://photos.test:{server.port}/", reach) == b"safe"
        assert names == ["photos.test"]
        words = "cannot be fetched: its server does not answer as it should"
        assert await refused(f"https://other.test:{server.port}/", reach) == words, (
            "another name's certificate"
        )
        strict = server.reach(known)
        assert await refused(f"https://photos.test:{server.port}/", strict) == words, "nobody vouches for it"
    assert len(server.asked) == 1


async def test_nobody_is_sent_on_from_https_to_http(certificate: Path) -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    async with serving(sending_on("http://photos.test:{port}/"), trust=theirs) as server:
        trust = ssl.create_default_context(cafile=str(certificate))
        reach = server.reach({"photos.test": [PUBLIC]}, trust=trust)
        words = "is sent on from https to http, which is not safe"
        assert await refused(f"https://photos.test:{server.port}/", reach) == words
    assert len(server.asked) == 1
