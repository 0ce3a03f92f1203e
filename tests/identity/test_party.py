"""For which site passkeys are made."""

import pytest

from app.identity.party import RelyingParty, relying_party


@pytest.mark.parametrize(
    ("public_url", "host", "party"),
    [
        ("https://shop.example", "inner:8000", RelyingParty("shop.example", "S", "https://shop.example")),
        ("https://shop.example:8443", "x", RelyingParty("shop.example", "S", "https://shop.example:8443")),
        (None, "localhost:8000", RelyingParty("localhost", "S", "http://localhost:8000")),
        ("http://localhost:8000", "x", RelyingParty("localhost", "S", "http://localhost:8000")),
        (None, "evil.test", None),  # whatever a request says of its host
        (None, "127.0.0.1:8000", None),  # browsers take no address for a site
        ("https://192.0.2.1", "x", None),
        ("http://shop.example", "x", None),
        (None, "", None),
        (None, "[", None),
    ],
)
def test_a_passkey_is_for_the_shops_own_name_only(
    public_url: str | None, host: str, party: RelyingParty | None
) -> None:
    assert relying_party(public_url, host, "S") == party
