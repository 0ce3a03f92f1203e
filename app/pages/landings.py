"""Pages behind links, drawn once for a crowd: it comes by one link, and sees the same but for the form's key."""

from collections import OrderedDict
from collections.abc import Sequence
from uuid import uuid4

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from app.identity import maybe_signed_in
from app.pages.live_views import LiveView
from app.pages.price_views import CouponOption
from app.pages.rendering import page
from app.pages.share_views import LandingView

KEPT = 256
KEY = uuid4().hex  # where each page that is sent has one of its own; nobody else can write it into theirs
Seen = tuple[str, ...]  # what tells two pages apart: code, sender, advice, site, price, and the snapshot's id


class Landings:
    """The pages as this process has drawn them, for visitors who are not signed in."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Seen, str] = OrderedDict()

    def show(self, seen: Seen) -> Response | None:
        """The page, where it was drawn before."""
        text = self._kept.get(seen)
        return None if text is None else _sent(text)

    async def draw(
        self,
        request: Request,
        seen: Seen,
        view: LandingView,
        live: LiveView | None,
        coupons: Sequence[CouponOption] = (),
    ) -> Response:
        """The page; it is kept where it is nobody's own."""
        signed_in = await maybe_signed_in(request)
        key = KEY if signed_in is None else uuid4().hex
        drawn = await page(request, "landing.html", view=view, live=live, key=key, coupons=coupons)
        if signed_in is not None:
            return drawn
        text = self._kept[seen] = bytes(drawn.body).decode()
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return _sent(text)


def _sent(text: str) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    return HTMLResponse(text.replace(KEY, uuid4().hex), headers=headers)
