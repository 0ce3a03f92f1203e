"""Which addresses a photo is fetched from: those of everybody, however they are spelt."""

import pytest

from app.inventory.photos.fetching import Reach, is_public
from tests.factories.web import refused


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.9",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.1",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
        "",
    ],
)
def test_what_is_not_everybodys_is_not_public(address: str) -> None:
    assert not is_public(address, 443)


@pytest.mark.parametrize(
    ("address", "port", "public"),
    [
        ("93.184.215.14", 443, True),
        ("93.184.215.14", 80, True),
        ("2606:4700::6810:84e5", 443, True),
        ("93.184.215.14", 22, False),
        ("93.184.215.14", 8080, False),
        ("2606:4700::6810:84e5", 6379, False),
    ],
)
def test_public_is_a_public_address_on_a_port_of_the_web(address: str, port: int, public: bool) -> None:
    assert is_public(address, port) is public


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.1",
        "127。0。0。1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
    ],
)
async def test_every_spelling_of_this_very_machine_is_seen_through(host: str) -> None:
    assert await refused(f"http://{host}/a.jpg", Reach()) == "is not at a public address"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://photos.test/a.jpg", "must be an https or http address"),
        ("file:///etc/passwd", "must be an https or http address"),
        ("gopher://photos.test/", "must be an https or http address"),
        ("data:image/png;base64,AAAA", "must be an https or http address"),
        ("photos.test/a.jpg", "must be an https or http address"),
        ("//photos.test/a.jpg", "must be an https or http address"),
        ("", "must be an https or http address"),
        ("http:///a.jpg", "is not an address that can be read"),
        ("http://ann:secret@photos.test/", "must not hold a name or a password in its address"),
        ("http://ann@photos.test/", "must not hold a name or a password in its address"),
        ("http://[fe80::1%25eth0]/", "is not an address that can be read"),
        ("http://0177.0.0.1/", "is not an address that can be read"),
        ("http://[::1/", "is not an address that can be read"),
        ("http://photos.test:99999/", "is not an address that can be read"),
        ("http://photos.test/\r\nX: y", "is not an address that can be read"),
        ("http://photos .test/", "is not an address that can be read"),
        ("http://" + "a" * 70_000, "is not an address that can be read"),
    ],
)
async def test_what_is_no_web_address_is_refused_in_words_and_nobody_is_asked(url: str, words: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"asked for {host}")

    assert await refused(url, Reach(resolve=resolve)) == words
