"""ASGI middleware: what is refused or added before any room sees a request.

Pure ASGI on purpose: Starlette's BaseHTTPMiddleware cancels the inner task when a client leaves, which can leak a
database connection.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.errors import CrossSite, Problem, TooLarge
from app.platform.http import problem_response

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
BODY_LIMIT = 64 * 1024  # bytes
MOST_DIGITS = 15  # of a length; Python refuses to read a number of thousands of them


class SameSiteOnly:
    """Refuse a state-changing request that another site's page made a browser send.

    Not at `keyed`, regular expressions for whole paths that nobody can guess: whoever has one of those may use it.
    """

    def __init__(self, app: ASGIApp, public_url: str | None, keyed: Iterable[str] = ()) -> None:
        self.app = app
        self.public_host = host_of(public_url)
        self.keyed = [re.compile(path) for path in keyed]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and is_foreign(dict(scope["headers"]), self.public_host)
            and not any(path.fullmatch(scope["path"]) for path in self.keyed)
        ):
            await problem_response(CrossSite())(scope, receive, send)
            return
        await self.app(scope, receive, send)


def host_of(public_url: str | None) -> str | None:
    """The host (and port) under which browsers know the shop, where that is set."""
    return urlsplit(public_url).netloc if public_url else None


def is_foreign(fields: Mapping[bytes, bytes], public_host: str | None) -> bool:
    """Whether another site's page made a browser send a request with these header fields (as ASGI has them)."""
    if fields.get(b"authorization", b"")[:7].lower() == b"bearer ":
        return False  # no browser sends it by itself
    site = fields.get(b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        return True
    origin = fields.get(b"origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin.decode("latin-1")).netloc not in {
            fields.get(b"host", b"").decode("latin-1"),
            public_host,
        }
    except ValueError:
        return True


def stated_length(fields: Mapping[bytes, bytes]) -> int | None:
    """The body's length in bytes as header fields (as ASGI has them) state it; None where they state none."""
    stated = fields.get(b"content-length", b"")
    if not stated.isdigit():
        return None
    return int(stated) if len(stated) <= MOST_DIGITS else sys.maxsize


class BodyLimit:
    """Refuse a body over the limit, by its stated length at once, else when that many bytes have come.

    `limits` in bytes, by regular expressions for whole paths; elsewhere `BODY_LIMIT` holds.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limits = [(re.compile(path), limit) for path, limit in (limits or {}).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        limit = next((most for path, most in self.limits if path.fullmatch(scope["path"])), BODY_LIMIT)
        refusal = TooLarge(f"This address takes at most {limit} bytes.")
        if (stated_length(dict(scope["headers"])) or 0) > limit:
            await problem_response(refusal)(scope, receive, send)
            return
        await self._counted(scope, receive, send, limit, refusal)

    async def _counted(
        self, scope: Scope, receive: Receive, send: Send, limit: int, refusal: Problem
    ) -> None:
        """Whoever reads on past the limit gets an error, and the client gets ours whatever becomes of that."""
        seen = 0
        answered = False

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise refusal
            return message

        async def unless_refused(message: Message) -> None:
            nonlocal answered
            if seen <= limit:
                await send(message)
            elif not answered:
                answered = True
                await problem_response(refusal)(scope, receive, send)

        await self.app(scope, counting, unless_refused)


CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


def strict_fields(secure: bool) -> dict[str, str]:
    """The header fields that go with everything we send."""
    fields = {"X-Content-Type-Options": "nosniff"}
    return fields | {"Strict-Transport-Security": "max-age=31536000"} if secure else fields


class SecurityHeaders:
    """Tell browsers to be strict with what we send; a document's rules go with documents only."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.always = strict_fields(secure)
        self.documents = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_document = headers.get("content-type", "").startswith(("text/html", "image/svg"))
                for name, value in (self.always | (self.documents if is_document else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_fields)
