"""Fetching a photo that an import names by its address, without being led into the shop's own network.

Whoever writes a file may write any address into it, and whoever owns a name may point it anywhere, at any time. So
every address that a name stands for is judged, and the connection goes to one that was judged and to no other: the
name is not looked up a second time.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from msgspec import Struct

from app.inventory.photos.keeping import MAX_BYTES, NotAPhotoError

DEADLINE_SECONDS = 10.0  # for all of it: names, redirects and the picture
MOST_REDIRECTS = 3
PORTS = frozenset((80, 443))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
HEADERS = {
    "Accept": "image/avif, image/webp, image/jpeg, image/png",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "Breadmaker",
}

PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")  # all that is given out to the public so far
ELSEWHERE = tuple(  # not private by the books, but each leads, or may lead, to an address that is
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Rule = Callable[[str, int], bool]

# Of its own, so that a name server that keeps us waiting keeps nobody else's threads.
lookups = ThreadPoolExecutor(4, thread_name_prefix="photo-names")


async def look_up(host: str, port: int) -> list[str]:
    """The addresses that a name stands for. Also reads the old spellings of an address, such as 0x7f.1."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        lookups, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str, port: int) -> bool:
    """Whether anybody on the Internet may be reached there, on one of the web's two ports.

    IPv6 that stands for IPv4 (mapped, 6to4, Teredo, NAT64) is not public, whatever it stands for.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    is_everyones = ip in PUBLIC_IPV6 if isinstance(ip, ipaddress.IPv6Address) else True
    is_led_away = any(ip.version == network.version and ip in network for network in ELSEWHERE)
    is_somewhere = "%" in address or ip.is_multicast  # on one wire, or at many places
    return port in PORTS and is_everyones and ip.is_global and not is_somewhere and not is_led_away


class Reach(Struct, frozen=True):
    """How far a fetch may go: how names are looked up, which address and port it may connect to, whom TLS trusts."""

    resolve: Resolve = look_up
    may_connect: Rule = is_public
    trust: ssl.SSLContext | None = None  # None: the certificates that httpx brings
    seconds: float = DEADLINE_SECONDS
    most_bytes: int = MAX_BYTES


EVERYWHERE_PUBLIC = Reach()


async def fetch_photo(url: str, reach: Reach = EVERYWHERE_PUBLIC) -> bytes:
    """The bytes at a public http or https address, not yet looked into. Raises NotAPhotoError in plain words."""
    try:
        async with asyncio.timeout(reach.seconds):
            return await _follow(_asked(url), reach)
    except TimeoutError as error:
        raise NotAPhotoError(f"did not come within {reach.seconds:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise NotAPhotoError("cannot be fetched: its server does not answer as it should") from error


async def _follow(url: httpx.URL, reach: Reach) -> bytes:
    trust = reach.trust or httpx.create_ssl_context(trust_env=False)
    for _ in range(MOST_REDIRECTS + 1):
        answer = await _get(url, reach, trust)
        if isinstance(answer, bytes):
            return answer
        if url.scheme == "https" and answer.scheme == "http":
            raise NotAPhotoError("is sent on from https to http, which is not safe")
        url = answer
    raise NotAPhotoError(f"is sent on more than {MOST_REDIRECTS} times")


def _asked(address: str) -> httpx.URL:
    """An address that we are ready to ask for. Raises NotAPhotoError."""
    try:
        url = httpx.URL(address)
        host, port = url.raw_host.decode("ascii"), url.port
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise NotAPhotoError("is not an address that can be read") from error
    if url.scheme not in ("http", "https"):
        raise NotAPhotoError("must be an https or http address")
    if url.userinfo:
        raise NotAPhotoError("must not hold a name or a password in its address")
    if not host or "%" in host or "\0" in host or not 0 < (443 if port is None else port) < 65536:
        raise NotAPhotoError("is not an address that can be read")
    return url


async def _get(url: httpx.URL, reach: Reach, trust: ssl.SSLContext) -> bytes | httpx.URL:
    """The body, or where it is to be had instead."""
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    addresses = await _judged(host, port, reach)
    # No client, so there are no cookies; a transport of its own, so there is no proxy from the environment.
    async with httpx.AsyncHTTPTransport(verify=trust, trust_env=False) as transport:
        answer = await _connect(transport, url, addresses)
        try:
            if answer.status_code in REDIRECTS:
                return _sent_on(url, answer)
            return await _body(answer, reach.most_bytes)
        finally:
            await answer.aclose()


async def _judged(host: str, port: int, reach: Reach) -> Sequence[str]:
    """The addresses of a name, every one of which may be connected to. Raises NotAPhotoError."""
    try:
        addresses = await reach.resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NotAPhotoError("cannot be fetched: there is no server of that name") from error
    if not addresses or not all(reach.may_connect(address, port) for address in addresses):
        raise NotAPhotoError("is not at a public address")
    return addresses


async def _connect(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: Sequence[str]
) -> httpx.Response:
    for address in addresses[:-1]:
        try:
            return await transport.handle_async_request(_pinned(url, address))
        except httpx.ConnectError:
            continue  # such as IPv6 where there is none
    return await transport.handle_async_request(_pinned(url, addresses[-1]))


def _pinned(url: httpx.URL, address: str) -> httpx.Request:
    """Ask that very address; the name is told to the server, and its certificate must be for the name."""
    headers = HEADERS | {"Host": url.netloc.decode("ascii")}
    name = {"sni_hostname": url.raw_host.decode("ascii")}
    return httpx.Request("GET", url.copy_with(host=address), headers=headers, extensions=name)


def _sent_on(url: httpx.URL, answer: httpx.Response) -> httpx.URL:
    if not (location := answer.headers.get("location")):
        raise NotAPhotoError("is sent on, but not to any address")
    try:
        target = url.join(location)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise NotAPhotoError("is sent on to an address that cannot be read") from error
    return _asked(str(target.copy_with(fragment=None)))


async def _body(answer: httpx.Response, most_bytes: int) -> bytes:
    if answer.status_code != 200:
        raise NotAPhotoError(f"is not there: its server answers {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise NotAPhotoError("comes packed, although we asked for it as it is")
    too_large = NotAPhotoError(f"is larger than {most_bytes // 1024 // 1024} MiB")
    stated = answer.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > most_bytes:
        raise too_large
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > most_bytes:
            raise too_large
    return bytes(body)
