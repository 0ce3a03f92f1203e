"""ASGI middleware: what is refused or added before any room sees a request.

Pure ASGI on purpose: Starlette's BaseHTTPMiddleware cancels the inner task when a client leaves, which can leak a
database connection.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.platform.errors import CrossSite, Problem, TooLarge
from app.platform.http import problem_response

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
BODY_LIMIT = 64 * 1024  # bytes


class SameSiteOnly:
    """Refuse a state-changing request that another site's page made a browser send."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self.app = app
        self.public_host = urlsplit(public_url).netloc if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and self._foreign(Headers(scope=scope))
        ):
            await problem_response(CrossSite())(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        if headers.get("authorization", "").lower().startswith("bearer "):
            return False  # no browser sends it by itself
        site = headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return True
        origin = headers.get("origin")
        if origin is None:
            return False
        try:
            return urlsplit(origin).netloc not in {headers.get("host"), self.public_host}
        except ValueError:
            return True


class BodyLimit:
    """Refuse a body over the limit, by its stated length at once, else when that many bytes have come."""

    def __init__(self, app: ASGIApp, limits: dict[str, int] | None = None) -> None:
        self.app = app
        self.limits = limits or {}  # bytes, by path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        limit = self.limits.get(scope["path"], BODY_LIMIT)
        refusal = TooLarge(f"This address takes at most {limit} bytes.")
        stated = Headers(scope=scope).get("content-length", "0")
        if stated.isdigit() and int(stated) > limit:
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


class SecurityHeaders:
    """Tell browsers to be strict with what we send; a document's rules go with documents only."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.always = {"X-Content-Type-Options": "nosniff"}
        if secure:
            self.always["Strict-Transport-Security"] = "max-age=31536000"
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
