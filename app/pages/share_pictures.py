"""What goes with a link: its QR code, and the picture that is shown where it is pasted."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity import PICTURE, LimitedRoute, allow
from app.inventory import live_snapshot, read_photo_file, read_shown
from app.pages.share_screens import NOT_INDEXED, site_of
from app.platform.errors import NotFound
from app.sharing import CardWords, Shared, qr_svg, sharing_of

router = APIRouter(include_in_schema=False, route_class=LimitedRoute)

A_WHILE = NOT_INDEXED | {"Cache-Control": "public, max-age=300"}  # a name may be taken off it
PHOTO_FILE = "800.jpg"


@router.get("/h/{code}/qr.svg")
async def qr_code(request: Request, code: str) -> Response:
    """The link's address, to be held before a camera."""
    shared = await _shared(request, code)
    await allow(request, PICTURE)
    return Response(
        qr_svg(f"{site_of(request)}/h/{shared.link.code}"), headers=A_WHILE, media_type="image/svg+xml"
    )


@router.get("/h/{code}/card.png")
async def card(request: Request, code: str) -> Response:
    """The photo, the price, and how much was left when the link was made."""
    shared = await _shared(request, code)
    deal = await _deal(request, shared.link.deal_id)
    words = CardWords(
        title=deal["title"],
        price=deal["price"]["text"],
        left=f"{shared.link.left_percent}%",
        sender=shared.sender,
        photo=deal["photo"]["src"],
    )
    cards = sharing_of(request).cards
    drawn = cards.kept(words)
    if drawn is None:
        await allow(request, PICTURE)
        drawn = await cards.draw(words, lambda: _photo(request, words.photo))
    return Response(drawn, headers=A_WHILE, media_type="image/png")


async def _shared(request: Request, code: str) -> Shared:
    shared = await sharing_of(request).look_up(code)
    if shared is None:
        raise NotFound("Nobody has made such a link.")
    return shared


async def _deal(request: Request, deal_id: int) -> dict[str, Any]:
    live: dict[str, Any] | None = live_snapshot(request)["deal"]
    if live is not None and live["id"] == deal_id:
        return live
    async with sharing_of(request).engine.connect() as connection:
        deal = await read_shown(connection, deal_id)
    if deal is None:
        raise NotFound("That deal was taken back.")
    return deal


async def _photo(request: Request, address: str) -> bytes | None:
    """The deal's own, which is at /photos/TOKEN/NAME; None where a crate stands in."""
    parts = address.split("/")
    if len(parts) != 4 or parts[1] != "photos":
        return None
    async with sharing_of(request).engine.connect() as connection:
        found = await read_photo_file(connection, parts[2], PHOTO_FILE)
    return found.body if found is not None and found.is_revealed else None
