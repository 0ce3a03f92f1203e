"""Addresses: under which one the shop is reached, and from which one somebody asks."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

OURSELVES = {"localhost", "127.0.0.1", "::1"}


def own_address(request: HTTPConnection, public_url: str | None) -> str:
    """What links in a mail begin with: PUBLIC_URL, or else where the request's socket listens.

    Never what the Host field says, unless that is this machine itself: whoever asks for a mail to somebody else could
    have it point to a site of theirs.
    """
    if public_url:
        return public_url
    named = request.headers.get("host", "")
    try:
        if urlsplit(f"//{named}").hostname in OURSELVES:
            return f"http://{named}"
    except ValueError:
        pass
    host, port = request.scope.get("server") or ("localhost", None)
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}" if port else f"http://{host}"


def party_of(request: HTTPConnection) -> str | None:
    """Whoever asks, as limits count them; proxies have told the client's address already. None for a unix socket."""
    client = request.scope.get("client")
    return network_of(client[0]) if client else None


@lru_cache(maxsize=4096)  # to read an IPv6 address costs as much as the whole look at an order
def network_of(host: str) -> str:
    """What one party holds: an IPv4 address, but of IPv6 a whole /64. Anything else is itself."""
    if ":" not in host:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    mapped = address.ipv4_mapped
    return str(mapped) if mapped is not None else str(ip_network((address, 64), strict=False))
