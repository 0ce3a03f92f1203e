"""Where links about the newsletter lead: one that makes somebody a reader, and one in each copy that ends it.

Both work in whatever browser opens them, signed in or not: each is a key to this alone.
"""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.identity import LINK, LinkFor, allow, identity_of
from app.pages.account_views import masked
from app.pages.rendering import page
from app.platform.errors import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/newsletter/in")
async def is_reader(request: Request) -> Response:
    """After the button."""
    return await page(
        request,
        "told.html",
        heading="You are in",
        words="The newsletter comes to you from now on, once a month at most. Each has a link that ends it.",
    )


@router.get("/newsletter/in/{secret}")
async def before_reading(request: Request, secret: str) -> Response:
    """A page with a button: programs that follow every link in a mail make nobody a reader."""
    await allow(request, LINK)
    link = await identity_of(request).links.look(secret, LinkFor.NEWSLETTER)
    return await page(
        request,
        "link.html",
        heading="Our newsletter",
        words=f"It is to come to {masked(link.email)}, once a month at most.",
        button="Yes, send it",
        action=f"/newsletter/in/{secret}",
    )


@router.post("/newsletter/in/{secret}")
async def become_reader(request: Request, secret: str) -> Response:
    """The link is used up, and they are a reader."""
    await allow(request, LINK)
    await identity_of(request).newsletter.confirm(secret)
    return RedirectResponse("/newsletter/in", 303)


@router.get("/newsletter/out/{signed}")
async def before_leaving(request: Request, signed: str) -> Response:
    """A page with a button, the same for readers and for those who have left."""
    _whose(request, signed)
    return await page(
        request,
        "link.html",
        heading="No more newsletters?",
        words="One click, and none is sent to you any more. Mails about your orders and your account still are.",
        button="Stop the newsletter",
        action=f"/newsletter/out/{signed}",
    )


@router.post("/newsletter/out/{signed}")
async def leave(request: Request, signed: str) -> Response:
    """The one click of RFC 8058, which allows no redirect, nor asks for anything; the page's button sends the same."""
    await identity_of(request).newsletter.leave(_whose(request, signed))
    return await page(
        request,
        "told.html",
        heading="No more newsletters",
        words="That was the last one. Should you miss it, tick its box on your account's page.",
    )


def _whose(request: Request, signed: str) -> int:
    shopper_id = identity_of(request).newsletter.reader_of(signed)
    if shopper_id is None:
        raise NotFound("This is not a link of ours. Is it whole?")
    return shopper_id
