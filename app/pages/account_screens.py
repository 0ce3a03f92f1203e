"""The page about oneself, and what its forms send."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic_core import PydanticCustomError
from starlette.responses import RedirectResponse, Response

from app.identity import (
    CHANGE,
    MAIL,
    Asking,
    Fresh,
    LastOwner,
    LinkFor,
    SignedIn,
    allow,
    clean_email,
    clean_name,
    clean_password,
    clear_session_cookie,
    device_of,
    forget_address,
    identity_of,
    keep_address,
    party_for,
    person_asking,
    set_session_cookie,
    site_address,
)
from app.pages.account_route import AccountRoute
from app.pages.account_views import account_view
from app.pages.address_typing import Lines, Text, address_or_form, blank_form, kept_address
from app.pages.card_views import card_view
from app.pages.form_views import AddressForm
from app.pages.rendering import page
from app.payments import payments_of
from app.platform.settings import settings_of

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

ADDRESS = ("/account/address", "Keep it")
NOT_RIGHT = "This is no whole address."

DONE = {
    "name": "We will call you that.",
    "password": "Your new password holds. Every other browser is signed out.",
    "mailed": "Look into the mails of that address: once you have followed our link, it holds.",
    "email": "Your new address holds.",
    "passkey": "Your new passkey is ready.",
    "passkey-named": "So it is called.",
    "passkey-removed": "That passkey lets nobody in any more.",
    "address": "The parcels of your next orders go there.",
    "address-removed": "We have forgotten your address.",
    "card": "That card is charged from now on.",
    "card-removed": "We have forgotten that card.",
    "no-card": "No card was typed, so nothing has changed.",
    "session": "Signed out there.",
    "sessions": "Signed out everywhere else.",
    "choices": "We will keep to that.",
    "newsletter": "Look into your mail: once you have followed our link, the newsletter comes to you.",
}


@router.get("/account")
async def account(request: Request, asking: Asking, done: str = "") -> Response:
    """Everything about oneself."""
    return await _show(request, asking, message=DONE.get(done))


@router.post("/account/name")
async def rename(request: Request, asking: Asking, name: Text = "") -> Response:
    """Be called something else."""
    try:
        await identity_of(request).accounts.rename(asking.shopper_id, clean_name(name))
    except PydanticCustomError as wrong:
        return await _show(request, asking, errors={"name": wrong.message()}, typed={"name": name[:300]})
    return _done("name")


@router.post("/account/choices")
async def choose(
    request: Request, asking: Asking, newsletter: Text = "", named_in_records: Text = ""
) -> Response:
    """The boxes: a browser sends the ticked ones only."""
    identity = identity_of(request)
    await identity.accounts.set_named_in_records(asking.shopper_id, named_in_records == "yes")
    if newsletter != "yes":
        await identity.newsletter.leave(asking.shopper_id)
        return _done("choices")
    person = await person_asking(request, asking)
    if person.newsletter or await identity.newsletter.is_asked(person.id):
        return _done("choices")
    await allow(request, MAIL, str(person.id))
    await identity.newsletter.ask(person.id, site_address(request))
    return _done("newsletter")


@router.post("/account/address")
async def keep(request: Request, asking: Asking, lines: Lines) -> Response:
    """Where parcels go from now on."""
    address = address_or_form(lines, *ADDRESS)
    if isinstance(address, AddressForm):
        return await _show(request, asking, errors={"address": NOT_RIGHT}, wrong=address)
    async with identity_of(request).engine.begin() as connection:
        await keep_address(connection, asking.shopper_id, address)
    return _done("address")


@router.post("/account/address/removal")
async def forget(request: Request, asking: Asking) -> Response:
    """Keep no address. Orders keep the one that they have."""
    async with identity_of(request).engine.begin() as connection:
        await forget_address(connection, asking.shopper_id)
    return _done("address-removed")


@router.post("/account/email")
async def ask_to_change_email(request: Request, asking: Fresh, email: Text = "") -> Response:
    """Have a link mailed to the new address."""
    try:
        wanted = clean_email(email)
    except PydanticCustomError as wrong:
        return await _show(request, asking, errors={"email": wrong.message()}, typed={"email": email[:300]})
    await allow(request, MAIL, str(asking.shopper_id))
    accounts = identity_of(request).accounts
    await accounts.ask_to_change_email(asking.shopper_id, wanted, site_address(request))
    return _done("mailed")


@router.get("/account/email/{secret}")
async def open_email_link(request: Request, asking: Asking, secret: str) -> Response:
    """A page with a button, for the one who asked."""
    link = await identity_of(request).links.look(secret, LinkFor.EMAIL)
    person = await person_asking(request, asking)
    return await page(
        request,
        "link.html",
        heading="Your new address",
        words=f"From now on {person.name}'s account is to be {link.email}.",
        button="Yes, that is mine",
        action=f"/account/email/{secret}",
    )


@router.post("/account/email/{secret}")
async def change_email(request: Request, asking: Asking, secret: str) -> Response:
    """The new address holds."""
    await identity_of(request).accounts.change_email(asking.shopper_id, secret)
    return _done("email")


@router.post("/account/password")
async def change_password(request: Request, asking: Fresh, password: Text = "") -> Response:
    """Set a new password: a fresh session here, and none anywhere else."""
    await allow(request, CHANGE, str(asking.shopper_id))
    try:
        wanted = clean_password(password)
    except PydanticCustomError as wrong:
        return await _show(request, asking, errors={"password": wrong.message()})
    identity = identity_of(request)
    arrival = await identity.accounts.set_password(asking.shopper_id, wanted, device_of(request))
    response = _done("password")
    set_session_cookie(response, arrival.ticket, identity.secure)
    return response


@router.post("/account/passkeys/{passkey_id}/name")
async def rename_passkey(request: Request, asking: Asking, passkey_id: str, name: Text = "") -> Response:
    """Call a passkey something else."""
    try:
        wanted = clean_name(name)
    except PydanticCustomError as wrong:
        return await _show(request, asking, errors={passkey_id: wrong.message()})
    await identity_of(request).passkeys.rename(asking.shopper_id, passkey_id, wanted)
    return _done("passkey-named")


@router.post("/account/passkeys/{passkey_id}/removal")
async def remove_passkey(request: Request, asking: Fresh, passkey_id: str) -> Response:
    """A passkey lets nobody in any more."""
    await identity_of(request).passkeys.remove(asking.shopper_id, passkey_id)
    return _done("passkey-removed")


@router.post("/account/sessions/{session_id}/end")
async def end_session(request: Request, asking: Asking, session_id: str) -> Response:
    """Sign out somewhere."""
    await identity_of(request).visits.end(asking, session_id)
    return _done("session")


@router.post("/account/sessions/end")
async def end_other_sessions(request: Request, asking: Asking) -> Response:
    """Sign out everywhere else."""
    await identity_of(request).visits.end_others(asking)
    return _done("sessions")


@router.get("/account/deletion")
async def before_deletion(request: Request, asking: Fresh) -> Response:
    """What it means, and a button."""
    person = await person_asking(request, asking)
    return await page(request, "account_deletion.html", email=person.email, problem=None)


@router.post("/account/deletion")
async def delete(request: Request, asking: Fresh, sure: Text = "") -> Response:
    """Remove the person, where the box is ticked."""
    identity = identity_of(request)
    try:
        if sure != "yes":
            return await _not_deleted(request, asking, "Tick the box, if you are sure.")
        await identity.accounts.delete(asking.shopper_id)
        request.app.state.forgetting.wake()
    except LastOwner as problem:
        return await _not_deleted(request, asking, problem.explanation())
    response = RedirectResponse("/", 303)
    clear_session_cookie(response, identity.secure)
    return response


async def _not_deleted(request: Request, asking: SignedIn, problem: str) -> Response:
    person = await person_asking(request, asking)
    shown = {"email": person.email, "problem": problem}
    return await page(request, "account_deletion.html", status=422, **shown)


async def _show(
    request: Request,
    asking: SignedIn,
    *,
    message: str | None = None,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    wrong: AddressForm | None = None,
) -> Response:
    identity = identity_of(request)
    settings = settings_of(request)
    view = account_view(
        await person_asking(request, asking),
        await identity.passkeys.of(asking.shopper_id),
        await identity.visits.of(asking),
        newsletter_asked=await identity.newsletter.is_asked(asking.shopper_id),
        named_in_records=await identity.accounts.is_named_in_records(asking.shopper_id),
        fresh=await identity.visits.is_fresh(asking),
        passkeys_here=party_for(request) is not None,
        zone=settings.zone,
    )
    cards = await payments_of(request).cards.of(asking.shopper_id)
    shown = {
        "view": view,
        "cards": [card_view(card, identity.clock.now()) for card in cards],
        "address": await kept_address(request, asking.shopper_id),
        "form": wrong or await blank_form(request, asking, *ADDRESS),
        "message": message,
        "errors": errors or {},
        "typed": typed or {},
    }
    return await page(request, "account.html", status=422 if errors else 200, **shown)


def _done(what: str) -> RedirectResponse:
    return RedirectResponse(f"/account?done={what}", 303)
