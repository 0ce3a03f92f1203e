"""The calls about one's own account: who one is, and where one is signed in."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from app.identity.asking import (
    Asking,
    Fresh,
    SignInAgain,
    allow,
    clear_session_cookie,
    device_of,
    identity_of,
    person_asking,
    set_session_cookie,
    site_address,
)
from app.identity.credentials import Name, clean_email, clean_password
from app.identity.limits import CHANGE, MAIL, own_router
from app.identity.person import SignInRequired
from app.identity.routes import Me
from app.identity.staff import LastOwner
from app.platform.clock import rfc3339
from app.platform.errors import Invalid, NotFound, SlowDown
from app.platform.openapi import problems

router = own_router("account")


class Changes(BaseModel):
    """What one may change of oneself at any time. There is no role here, and unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Ada L.", "newsletter": True}]}
    )

    name: Name | None = None
    newsletter: StrictBool | None = None


class NewPasswordWish(BaseModel):
    """A new password."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"password": "a battery of correct horses"}]},
    )

    password: Annotated[str, AfterValidator(clean_password)] = Field(repr=False)


class NewEmail(BaseModel):
    """A new e-mail address."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"email": "lovelace@example.com"}]},
    )

    email: Annotated[str, AfterValidator(clean_email)]


class Session(BaseModel):
    """Where one is signed in. `seen_at` is an hour; `here` is the session that asks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "Zk3…",
                    "kind": "cookie",
                    "device": "Firefox on Linux",
                    "created_at": "2026-01-31T11:58:02.000Z",
                    "seen_at": "2026-02-01T12:00:00.000Z",
                    "here": True,
                }
            ]
        }
    )

    id: str
    kind: str
    device: str
    created_at: str
    seen_at: str | None
    here: bool


class SessionList(BaseModel):
    """All of them: there are never many."""

    items: list[Session]
    next: None = None


@router.patch("/me", operation_id="change_me", responses=problems(SignInRequired, Invalid, SlowDown))
async def change_me(changes: Changes, request: Request, asking: Asking) -> Me:
    """Change one's name, or ask for the newsletter: that is mailed a link first, and `newsletter` is true after it.

    To end the newsletter takes no mail.
    """
    identity = identity_of(request)
    person = await person_asking(request, asking)
    if changes.newsletter and not person.newsletter:
        await allow(request, MAIL, str(asking.shopper_id))
        await identity.newsletter.ask(asking.shopper_id, site_address(request))
    if changes.newsletter is False:
        await identity.newsletter.leave(asking.shopper_id)
    if changes.name is not None:
        await identity.accounts.rename(asking.shopper_id, changes.name)
    person = await person_asking(request, asking)
    return Me(
        id=person.id, name=person.name, email=person.email, role=person.role, newsletter=person.newsletter
    )


@router.put(
    "/me/password",
    status_code=204,
    operation_id="change_password",
    responses=problems(SignInRequired, SignInAgain, Invalid, SlowDown),
)
async def change_password(wish: NewPasswordWish, request: Request, response: Response, asking: Fresh) -> None:
    """Set a new password. Every session and token ends; the answer sets a fresh session's cookie."""
    await allow(request, CHANGE, str(asking.shopper_id))
    accounts = identity_of(request).accounts
    arrival = await accounts.set_password(asking.shopper_id, wish.password, device_of(request))
    set_session_cookie(response, arrival.ticket, identity_of(request).secure)


@router.post(
    "/me/email",
    status_code=202,
    operation_id="change_email",
    responses=problems(SignInRequired, SignInAgain, Invalid, SlowDown),
)
async def change_email(wish: NewEmail, request: Request, asking: Fresh) -> None:
    """Mail a link to the new address; it holds once its owner, signed in, has followed that."""
    await allow(request, MAIL, str(asking.shopper_id))
    accounts = identity_of(request).accounts
    await accounts.ask_to_change_email(asking.shopper_id, wish.email, site_address(request))


@router.delete(
    "/me",
    status_code=204,
    operation_id="delete_me",
    responses=problems(SignInRequired, SignInAgain, LastOwner),
)
async def delete_me(request: Request, response: Response, asking: Fresh) -> None:
    """Delete one's account. Orders stay in the books without saying whose they were."""
    await identity_of(request).accounts.delete(asking.shopper_id)
    clear_session_cookie(response, identity_of(request).secure)


@router.get("/sessions", operation_id="sessions", responses=problems(SignInRequired))
async def list_sessions(request: Request, asking: Asking) -> SessionList:
    """Where one is signed in, the newest first."""
    return SessionList(
        items=[
            Session(
                id=visit.id,
                kind=visit.kind,
                device=visit.device,
                created_at=rfc3339(visit.created_at),
                seen_at=rfc3339(visit.seen_at) if visit.seen_at else None,
                here=visit.here,
            )
            for visit in await identity_of(request).visits.of(asking)
        ]
    )


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    operation_id="end_session",
    responses=problems(SignInRequired, NotFound),
)
async def end_session(session_id: str, request: Request, asking: Asking) -> None:
    """End one of one's own sessions."""
    await identity_of(request).visits.end(asking, session_id)


@router.delete(
    "/sessions", status_code=204, operation_id="end_other_sessions", responses=problems(SignInRequired)
)
async def end_other_sessions(request: Request, asking: Asking) -> None:
    """End all of one's sessions but the one that asks."""
    await identity_of(request).visits.end_others(asking)
