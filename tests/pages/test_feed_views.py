"""The feeds' form: what their standards demand, whatever a merchandiser has typed."""

import json
from datetime import datetime
from xml.etree import ElementTree

import pytest

from app.pages.feed_views import ATOM, FeedItem, atom_feed, json_feed, live_item

SITE = "https://shop.test"
NAMES = {"a": ATOM}
AT = "2026-11-22T18:00:00.000Z"


def item(deal_id: int = 7, title: str = "A loaf", phase: str = "live", modified: str = AT) -> FeedItem:
    return FeedItem(
        deal_id,
        title,
        "Round & warm",
        "<p>Baked</p>",
        "$9.99",
        "",
        phase,
        "2026-11-22T17:00:00.000Z",
        modified,
    )


def atom(*items: FeedItem) -> ElementTree.Element:
    return ElementTree.fromstring(atom_feed(items, "Bread & Co", SITE, AT))


def test_the_json_feed_has_what_version_1_1_demands() -> None:
    feed = json.loads(json_feed([item(8), item(7, phase="gone")], "Bread & Co", SITE))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "Bread & Co"
    assert feed["feed_url"] == "https://shop.test/feed.json"
    ids = [one["id"] for one in feed["items"]]
    assert len(set(ids)) == len(ids) == 2
    assert all(isinstance(one["id"], str) and one["content_html"] for one in feed["items"])
    assert all(datetime.fromisoformat(one["date_published"]).tzinfo for one in feed["items"])
    assert [one.get("url") for one in feed["items"]] == ["https://shop.test/", None]


def test_the_atom_feed_has_what_rfc_4287_demands() -> None:
    feed = atom(item(8), item(7, phase="gone", modified="2026-11-22T17:30:00.000Z"))
    assert feed.tag == f"{{{ATOM}}}feed"
    for name in ("id", "title", "updated", "author"):
        assert len(feed.findall(f"a:{name}", NAMES)) == 1, name
    assert feed.findtext("a:author/a:name", namespaces=NAMES) == "Bread & Co"
    assert feed.findtext("a:updated", namespaces=NAMES) == AT, "of the newest entry"
    assert [link.get("href") for link in feed.findall("a:link[@rel='self']", NAMES)] == [f"{SITE}/feed.atom"]
    entries = feed.findall("a:entry", NAMES)
    assert len({entry.findtext("a:id", namespaces=NAMES) for entry in entries}) == len(entries) == 2
    for entry in entries:
        for name in ("id", "title", "updated", "published"):
            assert len(entry.findall(f"a:{name}", NAMES)) == 1, name
        assert entry.find("a:content", NAMES) is not None, "an entry without a link needs content"
        assert datetime.fromisoformat(entry.findtext("a:updated", "", NAMES)).tzinfo


def test_a_feed_without_any_deal_is_a_feed() -> None:
    assert json.loads(json_feed([], "Bread", SITE))["items"] == []
    assert atom().findtext("a:updated", namespaces=NAMES) == AT


@pytest.mark.parametrize("typed", ["<b>&amp;", "]]>", "a\x00b\x0bc\ud800", "😀 ￾", "\" ' >"])
def test_whatever_was_typed_the_feeds_can_be_read(typed: str) -> None:
    shown = atom(item(title=typed)).findtext("a:entry/a:title", namespaces=NAMES)
    assert shown == typed.translate(dict.fromkeys([0, 0x0B, 0xD800, 0xFFFE]))
    assert json.loads(json_feed([item(title=typed)], typed, SITE))["version"]


def test_what_is_html_is_escaped_once() -> None:
    html = atom(item()).findtext("a:entry/a:content", "", NAMES)
    assert "<p>Round &amp; warm</p><p>Baked</p>" in html
    assert html == item().html


def test_an_item_names_the_photo_by_its_whole_address_and_no_empty_frame() -> None:
    deal = {
        "id": 7,
        "title": "A loaf",
        "tagline": None,
        "story_html": None,
        "price": {"text": "$9.99"},
        "photo": {"src": "/photos/x/800.jpg", "srcset": "/photos/x/480.jpg 480w"},
        "started_at": AT,
    }
    shown = live_item({"deal": deal}, "live", SITE)
    assert shown is not None
    assert shown.photo == "https://shop.test/photos/x/800.jpg"
    empty = deal | {"photo": {"src": "/static/no-photo.svg", "srcset": ""}}
    framed = live_item({"deal": empty}, "live", SITE)
    assert framed is not None
    assert framed.photo == ""
    assert live_item({"deal": None}, "closed", SITE) is None
