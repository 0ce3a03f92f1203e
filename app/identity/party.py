"""For which site passkeys are made: browsers bind one to a host name, and answer over https or to localhost only."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct


class RelyingParty(Struct, frozen=True):
    """What WebAuthn calls the site: its host name, its name for people, and the origin of its pages."""

    id: str
    name: str
    origin: str


def relying_party(public_url: str | None, host: str, name: str) -> RelyingParty | None:
    """By PUBLIC_URL, or without one by the Host field, where that is localhost. None: no passkeys here."""
    address = public_url or f"http://{host}"
    try:
        parts = urlsplit(address)
        hostname = parts.hostname or ""
    except ValueError:
        return None
    local = hostname == "localhost" or hostname.endswith(".localhost")
    if _is_address(hostname) or not (local or (public_url and parts.scheme == "https")):
        return None
    return RelyingParty(hostname, name, f"{parts.scheme}://{parts.netloc}")


def _is_address(hostname: str) -> bool:
    try:
        ip_address(hostname)
    except ValueError:
        return False
    return True
