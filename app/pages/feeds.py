"""The feeds: for programs that want to know what is live, so that they need not read the page. Made once a deal."""

import asyncio
from hashlib import blake2b
from typing import Any

from fastapi import APIRouter, Request
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from app.inventory import GoneDeal, live_snapshot, read_gone
from app.pages.feed_views import FeedItem, atom_feed, json_feed, live_item
from app.pages.live_views import live_view
from app.platform.address import own_address
from app.platform.clock import Clock, rfc3339
from app.platform.settings import settings_of

router = APIRouter(include_in_schema=False)

GONE = 20  # deals in a feed, beside the live one
CACHE_CONTROL = "public, max-age=30, stale-while-revalidate=60"


class Feed(Struct, frozen=True):
    """One feed, ready for the wire."""

    body: bytes
    etag: str
    media_type: str


class Feeds:
    """Both feeds as this process shows them: from the snapshot in memory; the past is read when the deal changes."""

    def __init__(self, engine: AsyncEngine, clock: Clock, shop: str) -> None:
        self._engine, self._clock, self._shop = engine, clock, shop
        self._made: dict[str, tuple[object, dict[str, Feed]]] = {}  # by the site's address: of what, and what
        self._gone: tuple[object, list[GoneDeal]] | None = None
        self._reading = asyncio.Lock()

    async def feed(self, kind: str, snapshot: dict[str, Any], site: str) -> Feed:
        """The feed of this kind (json or atom) of the public snapshot, for those who reach the shop at `site`."""
        phase = live_view(snapshot).phase
        state = (snapshot["deal"], phase)
        made = self._made.get(site)
        if made is None or made[0] != state:
            items = await self._items(snapshot, phase, site)
            if len(self._made) > 8:  # a machine has several names at most
                self._made.clear()
            made = self._made[site] = state, self._make(items, site)
        return made[1][kind]

    async def _items(self, snapshot: dict[str, Any], phase: Any, site: str) -> list[FeedItem]:
        live = live_item(snapshot, phase, site)
        on_stage = None if live is None else live.deal_id
        gone = await self._past((on_stage, phase))
        items = [_gone_item(deal) for deal in gone if deal.deal_id != on_stage]
        return items if live is None else [live, *items]

    async def _past(self, state: object) -> list[GoneDeal]:
        async with self._reading:  # a crowd that comes at a change reads once
            if self._gone is None or self._gone[0] != state:
                self._gone = state, await read_gone(self._engine, GONE)
            return self._gone[1]

    def _make(self, items: list[FeedItem], site: str) -> dict[str, Feed]:
        now = rfc3339(self._clock.now())
        return {
            "json": _ready(json_feed(items, self._shop, site), "application/feed+json"),
            "atom": _ready(atom_feed(items, self._shop, site, now), "application/atom+xml"),
        }


@router.get("/feed.json")
async def feed_json(request: Request) -> Response:
    """JSON Feed 1.1."""
    return await _answer(request, "json")


@router.get("/feed.atom")
async def feed_atom(request: Request) -> Response:
    """Atom (RFC 4287)."""
    return await _answer(request, "atom")


async def _answer(request: Request, kind: str) -> Response:
    settings = settings_of(request)
    feeds: Feeds = request.app.state.feeds
    # Never as the Host field has it: the answer may be kept, and shown to others.
    feed = await feeds.feed(kind, live_snapshot(request), own_address(request, settings.public_url))
    headers = {"ETag": feed.etag, "Cache-Control": CACHE_CONTROL, "Access-Control-Allow-Origin": "*"}
    known = request.headers.get("if-none-match", "")
    if {feed.etag, "*"} & {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(feed.body, headers=headers, media_type=feed.media_type)


def _gone_item(deal: GoneDeal) -> FeedItem:
    return FeedItem(
        deal_id=deal.deal_id,
        title=deal.title,
        tagline=deal.tagline,
        story_html=deal.story_html,
        price=deal.price,
        photo="",
        phase="gone",
        published=deal.started_at,
        modified=deal.ended_at,
    )


def _ready(body: bytes, media_type: str) -> Feed:
    return Feed(body, f'"{blake2b(body, digest_size=12).hexdigest()}"', media_type)
