"""The line's card, on the live page and on a page of its own: where somebody stands, and what is kept for them."""

from typing import Any

from fastapi import Request

from app.identity import SignedIn
from app.pages.line_views import WAY_IN, LineEntry, line_entries
from app.platform.settings import settings_of
from app.sales import line_of

MOST = 2**31 - 1  # no deal has a larger id


async def line_card(request: Request, asking: SignedIn | None, missed: str) -> dict[str, Any]:
    """What the line's card takes. `missed` is the id of a deal that they found sold out, as it was typed."""
    entries = await entries_for(request, asking, missed)
    return {"line": entries, "signed_in": asking is not None, "way_in": WAY_IN}


async def entries_for(request: Request, asking: SignedIn | None, missed: str) -> tuple[LineEntry, ...]:
    """An entry for each deal in whose line they stand, and one for the deal they missed where its line is open."""
    line = line_of(request)
    settings = settings_of(request)
    places = [] if asking is None else await line.places_of(asking.shopper_id)
    sold_out = None
    if missed.isascii() and missed.isdigit() and len(missed) < 10 and 0 < int(missed) <= MOST:
        title = await line.title_if_open(int(missed))
        sold_out = None if title is None else (int(missed), title)
    return line_entries(places, sold_out, zone=settings.zone)
