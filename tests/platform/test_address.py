"""Under which address the shop is reached, and from which one somebody asks."""

import pytest
from starlette.requests import Request

from app.platform.address import own_address, party_of


def request(host: str, server: tuple[str, int | None] | None = ("127.0.0.1", 8000)) -> Request:
    return Request(
        {"type": "http", "headers": [(b"host", host.encode())], "server": server, "client": ("192.0.2.7", 5)}
    )


@pytest.mark.parametrize(
    ("public_url", "host", "address"),
    [
        ("https://shop.example", "evil.test", "https://shop.example"),
        (None, "localhost:8000", "http://localhost:8000"),
        (None, "127.0.0.1:8000", "http://127.0.0.1:8000"),
        (None, "evil.test", "http://127.0.0.1:8000"),
        (None, "localhost.evil.test", "http://127.0.0.1:8000"),
        (None, "localhost@evil.test", "http://127.0.0.1:8000"),
        (None, "[::1]:8000", "http://[::1]:8000"),
        (None, "[", "http://127.0.0.1:8000"),
        (None, "", "http://127.0.0.1:8000"),
    ],
)
def test_links_never_lead_where_a_host_field_says(public_url: str | None, host: str, address: str) -> None:
    assert own_address(request(host), public_url) == address


def test_a_socket_of_ipv6_or_without_a_port_has_an_address_too() -> None:
    assert own_address(request("x", ("2001:db8::1", 80)), None) == "http://[2001:db8::1]:80"
    assert own_address(request("x", None), None) == "http://localhost"


def test_a_party_is_an_address() -> None:
    assert party_of(request("x")) == "192.0.2.7"
