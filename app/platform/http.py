"""Problem details on the wire, and the room through which every error leaves."""

import json
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.platform.errors import (
    BadRequest,
    InternalError,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unavailable,
)
from app.platform.logging import get_logger

log = get_logger(__name__)

ProblemPage = Callable[[Request, Problem], Awaitable[Response] | Response]

# What a server that is away looks like from here. A broken constraint or a wrong statement is none of these.
AWAY = (RedisConnectionError, RedisTimeoutError, InterfaceError, PoolTimeoutError, OSError, TimeoutError)
AWAY_STATES = (
    "08",
    "53",
    "57",
    "3D",
    "25006",
)  # SQLSTATE classes: connection, resources, shutdown; and read-only


def problem_response(problem: Problem) -> Response:
    """`problem` as application/problem+json."""
    return Response(
        json.dumps(problem.document(), separators=(",", ":"), ensure_ascii=False),
        status_code=problem.status,
        headers={**problem.headers(), "Cache-Control": "no-store"},
        media_type="application/problem+json",
    )


def wants_html(request: Request) -> bool:
    """Whether a person's browser asked: never under /api, and only where HTML is named as acceptable."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def install_error_handlers(app: FastAPI, page: ProblemPage) -> None:
    """Answer every error as problem details, or by `page` where a browser asked."""

    async def answer(request: Request, problem: Problem) -> Response:
        if not wants_html(request):
            return problem_response(problem)
        shown = page(request, problem)
        return shown if isinstance(shown, Response) else await shown

    async def on_problem(request: Request, error: Exception) -> Response:
        return await answer(request, error if isinstance(error, Problem) else InternalError())

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return await answer(request, invalid(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = {404: NotFound, 405: MethodNotAllowed}.get(error.status_code, BadRequest)()
        response = await answer(request, problem)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    async def on_failure(request: Request, error: Exception) -> Response:
        return await answer(request, problem_of(error, request.url.path))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    for kind in (*AWAY, DBAPIError):
        app.add_exception_handler(kind, on_failure)
    app.add_exception_handler(Exception, on_failure)


def problem_of(error: Exception, path: str) -> Problem:
    """What a failure is called to the world, written down for us: a server is away, or we made a mistake."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, AWAY) or (isinstance(error, DBAPIError) and _is_away(error)):
        log.warning("a server is away", path=path, error=repr(error))
        return Unavailable("The shop's database or counter does not answer right now.")
    log.error("unhandled error", path=path, exc_info=error)
    return InternalError()


def _is_away(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or isinstance(error, InterfaceError) or state.startswith(AWAY_STATES)


def invalid(error: RequestValidationError) -> Invalid:
    """Pydantic's findings as the contract's `errors: [{field, message}]`."""
    return Invalid(
        "The request does not have the expected form.",
        errors=[{"field": _field(e["loc"]), "message": e["msg"]} for e in error.errors()],
    )


def _field(location: tuple[str | int, ...]) -> str:
    """`("body", "price", 0)` is `price.0`; the body as a whole is `body`."""
    inside = location[1:] if location and location[0] in ("body", "query", "path", "header") else location
    if inside and isinstance(inside[0], int) and location[0] == "body":
        return "body"  # broken JSON: the number is a position in the text
    return ".".join(str(part) for part in inside) or "body"
