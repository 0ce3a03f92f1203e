"""What a browser keeps for the crowd's sake: by whose links it came, and the secret by which it owns links itself."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from app.sharing.attribution import COUNTS_FOR, Visited, after_visit, counting, without
from app.sharing.links import Link
from app.sharing.opening import Shared, Sharing
from app.sharing.referral import Referral

CAME_BY = "came_by"
DEVICE = "sharer"
DEVICE_LIVES = timedelta(days=90)


class Device(Struct, frozen=True):
    """A browser that makes links: a secret that it keeps, and the digest that we keep."""

    secret: str

    @property
    def digest(self) -> str:
        """By which the database knows it."""
        return hashlib.blake2b(self.secret.encode(), digest_size=16).hexdigest()


def sharing_of(request: Request) -> Sharing:
    """The room as main opened it."""
    sharing: Sharing = request.app.state.sharing
    return sharing


def device_in(request: Request) -> Device | None:
    """The browser that asks, where it has made a link before."""
    return _device(sharing_of(request), request.cookies)


def new_device() -> Device:
    """A browser that makes its first link."""
    return Device(secrets.token_urlsafe(16))


def keep_device(request: Request, response: Response, device: Device) -> None:
    """Have the browser remember that links made in it are its own."""
    _keep(request, response, DEVICE, device.secret, DEVICE_LIVES)


def visits_in(request: Request) -> tuple[Visited, ...]:
    """By whose links the browser came, for each of the last deals."""
    return _read(_kept(sharing_of(request), request.cookies, CAME_BY))


def keep_visit(request: Request, response: Response, link: Link) -> bool:
    """Have the browser remember that it came by a link; answers whether that is news.

    Only what a person opens counts: not a picture or a frame in another site's page.
    """
    if request.headers.get("sec-fetch-dest", "document") != "document":
        return False
    kept, now = visits_in(request), sharing_of(request).clock.now()
    before = counting(kept, link.deal_id, now)
    visits = after_visit(kept, Visited(link.code, link.deal_id, now))
    _keep(request, response, CAME_BY, _written(visits), COUNTS_FOR)
    return before is None or before.code != link.code


def forget_visit(request: Request, response: Response, deal_id: int) -> None:
    """Have the browser forget who sent it: nobody is thanked for what it buys of this deal."""
    _keep(request, response, CAME_BY, _written(without(visits_in(request), deal_id)), COUNTS_FOR)


async def referral_of(request: Request, deal_id: int) -> Referral | None:
    """Who brought whoever asks to this deal: the last one by whose link they came within it."""
    return await referral_in(sharing_of(request), request.cookies, deal_id)


async def referral_in(sharing: Sharing, cookies: Mapping[str, str], deal_id: int) -> Referral | None:
    """As `referral_of`, by a browser's cookies."""
    visit = visit_in(sharing, cookies, deal_id)
    shared = None if visit is None else await sharing.look_up(visit.code)
    return referral_by(sharing, cookies, deal_id, shared)


def visit_in(sharing: Sharing, cookies: Mapping[str, str], deal_id: int) -> Visited | None:
    """The visit by which a browser came to this deal, by its cookies; None where nobody brought it."""
    return counting(_read(_kept(sharing, cookies, CAME_BY), deal_id), deal_id, sharing.clock.now())


def referral_by(
    sharing: Sharing, cookies: Mapping[str, str], deal_id: int, shared: Shared | None
) -> Referral | None:
    """Whom a purchase of this deal thanks that came by a link, if there is one: nobody, where it is nobody's."""
    if shared is None or shared.link.shopper_id is None or shared.link.deal_id != deal_id:
        return None
    own_browser = _is_among(_device(sharing, cookies), shared)
    return Referral(shared.link.code, shared.link.shopper_id, own_browser)


def is_makers_browser(request: Request, shared: Shared) -> bool:
    """Whether whoever made a link has made this one, or another, in the browser that asks."""
    return _is_among(device_in(request), shared)


def _is_among(device: Device | None, shared: Shared) -> bool:
    return device is not None and device.digest in (*shared.browsers, shared.link.device)


def is_own(request: Request, link: Link, shopper_id: int | None) -> bool:
    """Whether a link is whose browser asks: this shopper's, or nobody's yet, and made here."""
    if link.shopper_id is not None:
        return link.shopper_id == shopper_id
    device = device_in(request)
    return device is not None and device.digest == link.device


async def claim_in(request: Request, shopper_id: int) -> None:
    """Whoever signs in is given the links that were made in this browser before."""
    device = device_in(request)
    if device is not None:
        await sharing_of(request).claim(device.digest, shopper_id)


def _device(sharing: Sharing, cookies: Mapping[str, str]) -> Device | None:
    secret = _kept(sharing, cookies, DEVICE)
    return Device(secret) if secret else None


def _written(visits: tuple[Visited, ...]) -> str:
    """Without a character that a cookie could not hold."""
    return "~".join(f"{visit.code}-{visit.deal_id}-{int(visit.at.timestamp())}" for visit in visits)


def _read(text: str, deal_id: int | None = None) -> tuple[Visited, ...]:
    """What was written here, and signed: nothing else comes this far. Of one deal, where a purchase asks."""
    wanted = "-" if deal_id is None else f"-{deal_id}-"
    parts = (part.split("-") for part in text.split("~") if wanted in part)
    return tuple(Visited(code, int(deal), datetime.fromtimestamp(int(at), UTC)) for code, deal, at in parts)


def _kept(sharing: Sharing, cookies: Mapping[str, str], name: str) -> str:
    signed = cookies.get(_cookie_name(sharing, name))
    return (sharing.signer.verify(name, signed) or "") if signed else ""


def _keep(request: Request, response: Response, name: str, text: str, lives: timedelta) -> None:
    sharing = sharing_of(request)
    response.set_cookie(
        _cookie_name(sharing, name),
        sharing.signer.sign(name, text),
        max_age=int(lives.total_seconds()),
        path="/",
        secure=sharing.secure,
        httponly=True,
        samesite="lax",
    )


def _cookie_name(sharing: Sharing, name: str) -> str:
    """`__Host-` makes browsers refuse a cookie that another host of the domain, or plain http, has planted."""
    return f"__Host-{name}" if sharing.secure else name
