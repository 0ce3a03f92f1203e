"""The public feed, as JSON Feed 1.1 and as Atom (RFC 4287): the live deal, and those that were live before it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from msgspec import Struct

from app.pages.live_views import Phase

ATOM = "http://www.w3.org/2005/Atom"
# XML 1.0 has no such characters, not even written as a number.
NOT_IN_XML = dict.fromkeys([*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])
for allowed in (0x09, 0x0A, 0x0D):
    del NOT_IN_XML[allowed]

STANDING: Mapping[str, str] = {
    "live": "On the shelf now.",
    "sold-out": "Sold out.",
    "paused": "The show is paused.",
    "closed": "The show is closed for now.",
    "gone": "It is gone.",
}


class FeedItem(Struct, frozen=True):
    """A deal that is live, or was. Times are RFC 3339; `photo` is a whole address, or empty."""

    deal_id: int
    title: str
    tagline: str
    story_html: str  # sanitised by the server
    price: str
    photo: str
    phase: str  # the live deal's phase, or gone
    published: str
    modified: str

    @property
    def html(self) -> str:
        """What a reader shows."""
        parts = [f"<p><strong>{_text(self.price)}</strong> {STANDING[self.phase]}</p>"]
        if self.tagline:
            parts.append(f"<p>{_text(self.tagline)}</p>")
        return "".join(parts) + self.story_html


def live_item(snapshot: Mapping[str, Any], phase: Phase, site: str) -> FeedItem | None:
    """The live deal of the public snapshot."""
    deal = snapshot["deal"]
    if deal is None:
        return None
    photo = deal["photo"]
    return FeedItem(
        deal_id=deal["id"],
        title=deal["title"],
        tagline=deal["tagline"] or "",
        story_html=deal["story_html"] or "",
        price=deal["price"]["text"],
        photo=f"{site}{photo['src']}" if photo and photo.get("srcset") else "",  # else it is the empty frame
        phase=phase,
        published=deal["started_at"],
        modified=deal["started_at"],
    )


def json_feed(items: Sequence[FeedItem], shop: str, site: str) -> bytes:
    """As JSON Feed 1.1 has it."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": shop,
        "home_page_url": f"{site}/",
        "feed_url": f"{site}/feed.json",
        "description": "One thing at a time.",
        "language": "en",
        "items": [_json_item(item, site) for item in items],
    }
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _json_item(item: FeedItem, site: str) -> dict[str, str]:
    found = {
        "id": _id(item, site),
        "title": item.title,
        "content_html": item.html,
        "date_published": item.published,
        "date_modified": item.modified,
    }
    if item.phase != "gone":
        found["url"] = f"{site}/"
    return found | ({"image": item.photo} if item.photo else {})


def atom_feed(items: Sequence[FeedItem], shop: str, site: str, updated: str) -> bytes:
    """As RFC 4287 has it; `updated` (RFC 3339) counts where there is no item."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _add(feed, "id", f"{site}/feed.atom")
    _add(feed, "title", shop)
    _add(feed, "subtitle", "One thing at a time.")
    _add(feed, "updated", max((item.modified for item in items), default=updated))
    _add(_add(feed, "author"), "name", shop)
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{site}/feed.atom")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{site}/")
    for item in items:
        entry = _add(feed, "entry")
        _add(entry, "id", _id(item, site))
        _add(entry, "title", item.title)
        _add(entry, "published", item.published)
        _add(entry, "updated", item.modified)
        if item.phase != "gone":
            _add(entry, "link", rel="alternate", type="text/html", href=f"{site}/")
        _add(entry, "content", item.html, type="html")
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _add(
    parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, tag, attributes)
    child.text = None if text is None else text.translate(NOT_IN_XML)
    return child


def _id(item: FeedItem, site: str) -> str:
    return f"{site}/#deal-{item.deal_id}"


def _text(plain: str) -> str:
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
