"""Problems: every refusal as RFC 9457 has it. A room's own problems live beside whoever raises them."""

import re
from typing import ClassVar


class Problem(Exception):
    """A refusal with an HTTP status and a page that explains it. Subclass it; the docstring is that explanation."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    retry_after: ClassVar[int | None] = None  # seconds
    challenge: ClassVar[str] = (
        "Bearer"  # of a 401: RFC 9110 wants one; no browser opens a dialogue for this one
    )
    example: ClassVar[dict[str, object]] = {}  # of its own members, for OpenAPI

    known: ClassVar[dict[str, "type[Problem]"]] = {}  # by slug

    def __init__(self, detail: str = "", **members: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.members = members
        self.fields: dict[str, str] = {}  # header fields of this one

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        Problem.known[cls.slug()] = cls

    @classmethod
    def slug(cls) -> str:
        """The last part of the problem's address, /problems/{slug}: the class name in kebab-case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def explanation(cls) -> str:
        """What it means, in the words of the class's docstring."""
        return " ".join((cls.__doc__ or "").split())

    def document(self) -> dict[str, object]:
        """The body: type, title, status, detail, and what this problem has of its own."""
        body: dict[str, object] = {
            "type": f"/problems/{self.slug()}",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            body["detail"] = self.detail
        return body | self.members

    def headers(self) -> dict[str, str]:
        """Header fields that go with the answer."""
        wait = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        asks = {"WWW-Authenticate": self.challenge} if self.status == 401 else {}
        return wait | asks | self.fields


class NotFound(Problem):
    """There is nothing at this address. It may never have been there, or it may be somebody else's."""

    status = 404
    title = "Not found"


class MethodNotAllowed(Problem):
    """The address exists, but not for this kind of request. The Allow header field names those that it takes."""

    status = 405
    title = "Method not allowed"


class Invalid(Problem):
    """Something in the request is missing or wrong. `errors` names each field and what is wrong with it."""

    status = 422
    title = "Invalid request"
    example: ClassVar[dict[str, object]] = {
        "errors": [{"field": "quantity", "message": "must be a whole number from 1 to 3"}]
    }


class TooLarge(Problem):
    """The request's body is larger than this address takes."""

    status = 413
    title = "Too large"


class CrossSite(Problem):
    """The request would change something here, but it comes from another site's page. Do it from our own page."""

    status = 403
    title = "Refused: it comes from another site"


class SlowDown(Problem):
    """Too many requests of this kind came at once. Wait as long as Retry-After says, then try again."""

    status = 429
    title = "Slow down"
    retry_after = 2


class Unavailable(Problem):
    """A part that the shop needs does not answer right now. Nothing was changed; try again in a moment."""

    status = 503
    title = "Not available right now"
    retry_after = 2


class InternalError(Problem):
    """We made a mistake. It has been written down, and repeating the request later may work."""

    status = 500
    title = "Our mistake"


class BadRequest(Problem):
    """The request could not be understood as it was sent."""

    status = 400
    title = "Bad request"
