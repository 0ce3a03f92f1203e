"""Where the provider's news come in; and the pages of the sandbox's bank, for cards and for the extra step."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi import Path as PathField
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.payments.provider import ForgedEvent
from app.payments.room import Payments
from app.payments.sandbox import PAGES, Sandbox
from app.payments.test_cards import TEST_CARDS
from app.platform.errors import NotFound, Problem
from app.platform.logging import get_logger
from app.platform.site import Site

log = get_logger(__name__)

EVENTS_PATH = "/payments/events"
BODY_LIMITS = {EVENTS_PATH: 512 * 1024}  # bytes; what no event comes near

# A form or a payment, as the bank names them; whatever else is typed there is not looked for.
Name = Annotated[str, PathField(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

site = Site(Path(__file__).parent, "/static/bank")
router = APIRouter(include_in_schema=False)


class ForgedNews(Problem):
    """The request claims to be from the payment provider, and its signature does not prove it. Nothing was stored."""

    status = 400
    title = "Not signed by the payment provider"


def payments_of(request: Request) -> Payments:
    """The room."""
    payments: Payments = request.app.state.payments
    return payments


@router.post(EVENTS_PATH)
async def take_news(request: Request) -> Response:
    """News from the provider. Answered 204 once it is stored, was stored before, or is of no interest."""
    try:
        await payments_of(request).events.receive(await request.body(), request.headers)
    except ForgedEvent as error:
        log.warning("forged payment news are refused", reason=str(error))
        raise ForgedNews from None
    return Response(status_code=204)


@router.get(PAGES + "/cards/{form}")
async def card_form(request: Request, form: Name, wrong: bool = False) -> Response:
    """Choose a test card."""
    _bank(request)
    return _page(request, "card_form.html", cards=TEST_CARDS, form=form, wrong=wrong)


@router.post(PAGES + "/cards/{form}")
async def choose_card(request: Request, form: Name, number: Annotated[str, Form()] = "") -> Response:
    """The card is chosen: on to where the shopper came from."""
    onward = await _bank(request).fill_in(form, number)
    if onward is None:
        return RedirectResponse(f"{PAGES}/cards/{form}?wrong=true", 303)
    return RedirectResponse(_here(onward), 303)


@router.get(PAGES + "/steps/{reference}")
async def extra_step(request: Request, reference: Name) -> Response:
    """The bank wants to see the shopper."""
    _bank(request)
    return _page(request, "extra_step.html", reference=reference)


@router.post(PAGES + "/steps/{reference}")
async def take_step(request: Request, reference: Name, agreed: Annotated[bool, Form()] = False) -> Response:
    """The shopper agrees, or does not."""
    onward = await _bank(request).take_step(reference, agreed=agreed)
    if onward is None:
        raise NotFound("The bank knows of no such payment.")
    return RedirectResponse(_here(onward), 303)


def _here(onward: str) -> str:
    """The address to go on to at this very host: the shop may be reached by names that it does not know of."""
    return urlsplit(onward)._replace(scheme="", netloc="").geturl()


def _bank(request: Request) -> Sandbox:
    """The sandbox. Raises NotFound in a shop that takes real money."""
    provider = payments_of(request).provider
    if not isinstance(provider, Sandbox):
        raise NotFound
    return provider


def _page(request: Request, template: str, **context: object) -> Response:
    return HTMLResponse(site.render(request, template, **context), headers={"Cache-Control": "no-store"})
