"""The other ways in: a passkey, and a link by mail. A password that was forgotten is replaced after the latter."""

import json
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity import (
    LINK,
    MAIL,
    PASSKEY,
    LinkFor,
    PasskeyNotAccepted,
    allow,
    browsers_session,
    challenge_of,
    device_of,
    identity_of,
    party_or_refusal,
    site_address,
)
from app.pages.account_views import masked
from app.pages.accounts import come_in, notice_for, passkeys_here
from app.pages.form_views import FormView
from app.pages.onward import own_path
from app.pages.rendering import page
from app.platform.errors import Problem, SlowDown

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Form()]


@router.post("/sign-in/passkey")
async def sign_in_with_passkey(
    request: Request,
    credential: Text = "",
    next: Text = "/",  # noqa: A002 - the field's name
) -> Response:
    """Come in with what the browser's passkey answered. The page's script fills this form."""
    onward = own_path(next)
    try:
        await allow(request, PASSKEY)
        arrival = await identity_of(request).passkeys.enter(
            party_or_refusal(request),
            challenge_of(request),
            _object(credential),
            instead_of=browsers_session(request),
            device=device_of(request),
        )
    except (PasskeyNotAccepted, SlowDown) as refusal:
        return await _ask_again(request, onward, refusal)
    return await come_in(request, arrival, onward)


@router.post("/sign-in/link")
async def mail_link(
    request: Request,
    email: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """Mail a link. What follows is the same whether anybody has that address."""
    onward = own_path(next)
    try:
        await allow(request, MAIL, email[:600])
    except SlowDown as refusal:
        return await _ask_again(request, onward, refusal)
    await identity_of(request).links.ask_to_sign_in(email[:600], onward, site_address(request))
    return RedirectResponse(f"/sign-in/mailed?{urlencode({'next': onward})}", 303)


@router.get("/sign-in/mailed")
async def link_mailed(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Look into your mail."""
    return await page(request, "mailed.html", onward=own_path(next))


@router.get("/sign-in/link/{secret}")
async def open_link(request: Request, secret: str) -> Response:
    """A page with a button: programs that follow every link in a mail sign nobody in."""
    await allow(request, LINK)
    link = await identity_of(request).links.look(secret, LinkFor.SIGN_IN)
    return await page(
        request,
        "link.html",
        heading="Sign in",
        words=f"You are about to sign in as {masked(link.email)} on this device.",
        button="Sign in",
        action=f"/sign-in/link/{secret}",
    )


@router.post("/sign-in/link/{secret}")
async def follow_link(request: Request, secret: str) -> Response:
    """Use the link up, and come in."""
    await allow(request, LINK)
    arrival, onward = await identity_of(request).links.sign_in(
        secret, instead_of=browsers_session(request), device=device_of(request)
    )
    return await come_in(request, arrival, own_path(onward))


async def _ask_again(request: Request, onward: str, problem: Problem) -> Response:
    words = problem.detail or problem.explanation()
    form = FormView(action="/sign-in", next=onward, problem=words)
    shown = {"notice": notice_for(request, onward), "passkeys": passkeys_here(request)}
    response = await page(request, "sign_in.html", status=problem.status, form=form, **shown)
    response.headers.update(problem.headers())
    return response


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
