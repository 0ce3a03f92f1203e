"""My shares: what one's links have done, and one's coupons. It is nobody else's to see."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.identity import Asking, SignedIn, identity_of
from app.pages.account_route import AccountRoute
from app.pages.rendering import page
from app.pages.shares_views import SharesView, shares_view
from app.platform.settings import settings_of
from app.sales import checkout_of, read_terms
from app.sharing import claim_in, coupons_of, earned_of, links_of, worth_of

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

MAX_ID = 2**63 - 1
PAGE_OF_LINKS = 20
MOST_COUPONS = 100  # the newest


@router.get("/shares")
async def shares(
    request: Request, asking: Asking, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """Mine. `before` is a deal's id, for those that came earlier."""
    await claim_in(request, asking.shopper_id)
    return await page(request, "shares.html", view=await _read(request, asking, before))


async def _read(request: Request, asking: SignedIn, before: int | None) -> SharesView:
    identity, me = identity_of(request), asking.shopper_id
    settings = settings_of(request)
    now = identity.clock.now()
    coupons = await coupons_of(identity.engine, me, now, most=MOST_COUPONS)
    took = await checkout_of(request).ledger.units_of(me)
    async with identity.engine.connect() as connection:
        links = await links_of(connection, me, before=before, most=PAGE_OF_LINKS + 1)
        shown = links[:PAGE_OF_LINKS]
        return shares_view(
            shown,
            await earned_of(connection, me),
            await read_terms(connection, [link.deal_id for link in shown]),
            coupons,
            await worth_of(connection, me, now),
            took=took,
            now=now,
            zone=settings.zone,
            older=f"/shares?before={shown[-1].deal_id}" if len(links) > PAGE_OF_LINKS else "",
        )
