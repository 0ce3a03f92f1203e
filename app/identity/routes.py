"""The calls about people. Main mounts them under /api/v1."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from app.identity.asking import (
    SignInRequired,
    browsers_session,
    clear_session_cookie,
    identity_of,
    maybe_signed_in,
    set_session_cookie,
    signed_in,
)
from app.identity.credentials import Credentials, Newcomer
from app.identity.roles import Role
from app.identity.sessions import SignedIn
from app.identity.shoppers import Arrival, EmailTaken, WrongCredentials
from app.identity.tables import Kind
from app.platform.clock import rfc3339
from app.platform.errors import Invalid, SlowDown
from app.platform.openapi import problems


class Shopper(BaseModel):
    """Who has come in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7, "name": "Ada"}]})

    id: int
    name: str


class Token(BaseModel):
    """What to send as `Authorization: Bearer TOKEN`, and when it ends."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "7.Zk3…", "expires_at": "2026-02-01T12:00:00.000Z"}]}
    )

    token: str
    expires_at: str


class Me(BaseModel):
    """The one who is asking."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": 7, "name": "Ada", "email": "ada@example.com", "role": "shopper", "newsletter": False}
            ]
        }
    )

    id: int
    name: str
    email: str
    role: Role
    newsletter: bool


async def never_cached(response: Response) -> None:
    """These answers are one person's own."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(tags=["people"], dependencies=[Depends(never_cached)])


@router.post(
    "/shoppers", status_code=201, operation_id="sign_up", responses=problems(EmailTaken, Invalid, SlowDown)
)
async def sign_up(newcomer: Newcomer, request: Request, response: Response) -> Shopper:
    """Sign up. The answer sets the session cookie."""
    shoppers = identity_of(request).shoppers
    arrival = await shoppers.sign_up(newcomer, instead_of=browsers_session(request))
    return _welcome(arrival, request, response)


@router.post("/session", operation_id="sign_in", responses=problems(WrongCredentials, Invalid, SlowDown))
async def sign_in(credentials: Credentials, request: Request, response: Response) -> Shopper:
    """Sign in with a fresh session. The answer sets the session cookie; the browser's earlier session ends."""
    shoppers = identity_of(request).shoppers
    arrival = await shoppers.sign_in(credentials, instead_of=browsers_session(request))
    return _welcome(arrival, request, response)


def _welcome(arrival: Arrival, request: Request, response: Response) -> Shopper:
    set_session_cookie(response, arrival.ticket, identity_of(request).secure)
    return Shopper(id=arrival.person.id, name=arrival.person.name)


@router.delete("/session", status_code=204, operation_id="sign_out")
async def sign_out(
    request: Request,
    response: Response,
    asking: Annotated[SignedIn | None, Depends(maybe_signed_in)],
) -> None:
    """Sign out: the session or token that came with the request ends everywhere. Safe to repeat."""
    identity = identity_of(request)
    if asking:
        await identity.sessions.end(asking.session_id)
    clear_session_cookie(response, identity.secure)


@router.post(
    "/tokens",
    status_code=201,
    operation_id="create_token",
    responses=problems(WrongCredentials, Invalid, SlowDown),
)
async def create_token(credentials: Credentials, request: Request) -> Token:
    """A token for programs. `DELETE /session` with it ends it."""
    ticket = (await identity_of(request).shoppers.sign_in(credentials, Kind.TOKEN)).ticket
    return Token(token=ticket.text, expires_at=rfc3339(ticket.expires_at))


@router.get("/me", operation_id="me", responses=problems(SignInRequired))
async def me(request: Request, asking: Annotated[SignedIn, Depends(signed_in)]) -> Me:
    """The one who is asking."""
    person = await identity_of(request).shoppers.by_id(asking.shopper_id)
    if person is None:
        raise SignInRequired
    return Me(
        id=person.id, name=person.name, email=person.email, role=person.role, newsletter=person.newsletter
    )
