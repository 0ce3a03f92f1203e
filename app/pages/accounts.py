"""The pages where shoppers come in: sign up, sign in, sign out, and the first owner's welcome."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Request
from msgspec.structs import replace
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.identity import (
    MAIL,
    SIGN_IN,
    SIGN_UP,
    Arrival,
    Credentials,
    EmailTaken,
    Newcomer,
    WrongCredentials,
    allow,
    browsers_session,
    clear_session_cookie,
    device_of,
    failures_counted,
    identity_of,
    party_for,
    puzzle_for,
    set_session_cookie,
    site_address,
    work_first,
)
from app.pages.form_views import FormView
from app.pages.onward import own_path
from app.pages.rendering import page
from app.pages.wish import WISH_NOTICE, WISH_PATH, fulfil, kept_wish
from app.platform.errors import NotFound, Problem, SlowDown
from app.platform.puzzles import ProofOfWorkRequired, puzzle_text
from app.sharing import claim_in

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]
AGAIN = (
    "What you are about to change decides who gets into your account. Please show once more that it is you."
)


@router.get("/sign-in")
async def sign_in_page(
    request: Request,
    next: str = "/",  # noqa: A002 - the field's name
    again: str = "",
) -> Response:
    """Ask who is there; `again` where somebody is, and is to prove it once more."""
    form = FormView(action="/sign-in", next=own_path(next))
    notice = AGAIN if again else notice_for(request, form.next)
    form = await _with_puzzle(request, "sign_in.html", form)
    return await page(request, "sign_in.html", form=form, notice=notice, passkeys=passkeys_here(request))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    email: Text = "",
    password: Text = "",
    proof: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """Come in, and go on to where one was going."""
    form = FormView(action="/sign-in", next=own_path(next), email=email[:300])
    try:
        credentials = Credentials(email=email, password=password)
        await allow(request, SIGN_IN, credentials.email)
        await work_first(request, "sign-in", proof)
        async with failures_counted(request):
            arrival = await identity_of(request).shoppers.sign_in(
                credentials, instead_of=browsers_session(request), device=device_of(request)
            )
    except (ValidationError, WrongCredentials):
        return await _again(request, "sign_in.html", form, WrongCredentials.title + ".")
    except (SlowDown, ProofOfWorkRequired) as busy:
        return await _busy(request, "sign_in.html", form, busy)
    return await come_in(request, arrival, form.next)


@router.get("/sign-up")
async def sign_up_page(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Ask who is new."""
    form = await _with_puzzle(request, "sign_up.html", FormView(action="/sign-up", next=own_path(next)))
    return await page(request, "sign_up.html", form=form, notice=notice_for(request, form.next))


@router.post("/sign-up")
async def sign_up(
    request: Request,
    name: Text = "",
    email: Text = "",
    password: Text = "",
    newsletter: Text = "",
    proof: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """Make an account, and go on to where one was going."""
    wanted = newsletter == "yes"
    form = FormView("/sign-up", own_path(next), name=name[:300], email=email[:300], newsletter=wanted)
    try:
        newcomer = Newcomer(name=name, email=email, password=password)
        await allow(request, SIGN_UP, newcomer.email)
        await work_first(request, "sign-up", proof)
        arrival = await identity_of(request).shoppers.sign_up(
            newcomer, instead_of=browsers_session(request), device=device_of(request)
        )
    except ValidationError as error:
        return await _again(request, "sign_up.html", form, "", by_field(error))
    except EmailTaken as taken:
        return await _again(request, "sign_up.html", form, "", {"email": taken.explanation()})
    except (SlowDown, ProofOfWorkRequired) as busy:
        return await _busy(request, "sign_up.html", form, busy)
    if wanted:
        await _ask_for_newsletter(request, arrival)
    return await come_in(request, arrival, form.next)


async def _ask_for_newsletter(request: Request, arrival: Arrival) -> None:
    """Where too many mails were asked for they are in all the same, and may tick the box on their account's page."""
    with suppress(SlowDown):
        await allow(request, MAIL, arrival.person.email)
        await identity_of(request).newsletter.ask(arrival.person.id, site_address(request))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Leave."""
    identity = identity_of(request)
    if (session := browsers_session(request)) is not None:
        await identity.sessions.end(session.session_id)
    response = RedirectResponse("/", 303)
    clear_session_cookie(response, identity.secure)
    return response


@router.get("/welcome/{token}")
async def welcome_page(request: Request, token: str) -> Response:
    """The first owner's page; it is there only while the shop has no owner."""
    await _check_first_owner(request, token)
    return await page(request, "welcome.html", form=FormView(action=f"/welcome/{token}"))


@router.post("/welcome/{token}")
async def welcome(
    request: Request, token: str, name: Text = "", email: Text = "", password: Text = ""
) -> Response:
    """Make the first owner, signed in."""
    await _check_first_owner(request, token)
    form = FormView(action=f"/welcome/{token}", name=name[:300], email=email[:300])
    identity = identity_of(request)
    try:
        newcomer = Newcomer(name=name, email=email, password=password)
        arrival = await identity.staff.open_shop(
            newcomer, instead_of=browsers_session(request), device=device_of(request)
        )
    except ValidationError as error:
        return await _again(request, "welcome.html", form, "", by_field(error))
    except EmailTaken as taken:
        return await _again(request, "welcome.html", form, "", {"email": taken.explanation()})
    except SlowDown as busy:
        return await _busy(request, "welcome.html", form, busy)
    return await come_in(request, arrival, "/")


async def _check_first_owner(request: Request, token: str) -> None:
    known = request.app.state.signer.verify("first-owner", token)
    if known is None or await identity_of(request).staff.has_owner():
        raise NotFound("The shop has an owner already, or this link is not ours.")


async def _again(
    request: Request, template: str, form: FormView, problem: str, errors: Mapping[str, str] | None = None
) -> Response:
    shown = await _with_puzzle(request, template, replace(form, problem=problem, errors=errors or {}))
    context: dict[str, object] = {}
    if template != "welcome.html":
        context = {"notice": notice_for(request, form.next), "passkeys": passkeys_here(request)}
    return await page(request, template, status=422 if errors else 401, form=shown, **context)


async def _with_puzzle(request: Request, template: str, form: FormView) -> FormView:
    """The form, with what has to be solved before it is sent, where anything has."""
    puzzle = None
    if template != "welcome.html":
        puzzle = await puzzle_for(request, "sign-up" if template == "sign_up.html" else "sign-in")
    return form if puzzle is None else replace(form, puzzle=puzzle_text(puzzle))


async def _busy(request: Request, template: str, form: FormView, busy: Problem) -> Response:
    words = "Nothing happened yet. Please send it once more."
    response = await _again(
        request, template, form, words if isinstance(busy, ProofOfWorkRequired) else busy.detail or busy.title
    )
    response.status_code = busy.status
    response.headers.update(busy.headers())
    return response


async def come_in(request: Request, arrival: Arrival, onward: str) -> Response:
    """Set the cookie, and give them the links that they made before; where a wish was kept meanwhile, fulfil it."""
    await claim_in(request, arrival.person.id)
    if onward == WISH_PATH:
        response = await fulfil(request, arrival.person.id)
    else:
        response = RedirectResponse(onward, 303)
    set_session_cookie(response, arrival.ticket, identity_of(request).secure)
    return response


def notice_for(request: Request, onward: str) -> str | None:
    """Why we ask, where somebody wanted to buy."""
    return WISH_NOTICE if onward == WISH_PATH and kept_wish(request) is not None else None


def passkeys_here(request: Request) -> bool:
    """Whether browsers would make passkeys for the address at which they have reached us."""
    return party_for(request) is not None


def by_field(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the name of the field."""
    return {str(e["loc"][0]): e["msg"] for e in error.errors()}
