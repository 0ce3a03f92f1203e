"""The plain view of the live page: the snapshot of the contract in, ready words out."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from math import floor
from typing import Any, Literal
from urllib.parse import urljoin

from msgspec import Struct

from app.pages.stall_views import StallView, cleared_words, stall_view, weekday_and_hour

Phase = Literal["live", "sold-out", "paused", "closed"]

LOW_PERCENT = 10
UNKNOWN = "–"


class PhaseWords(Struct, frozen=True):
    status: str
    button: str
    stamp: str
    note: str


# static/js/words.js says the same words in the browser; change both.
PHASE_WORDS: Mapping[Phase, PhaseWords] = {
    "live": PhaseWords("Live", "I want one", "", "You are charged only if the shelf says yes."),
    "sold-out": PhaseWords("Sold out", "Sold out", "Sold out", "Every last one has found a home."),
    "paused": PhaseWords("Paused", "Back in a moment", "Paused", "Nothing is sold while the show is paused."),
    "closed": PhaseWords("Closed", "Closed", "Closed", "The show is over for now."),
}


class PriceView(Struct, frozen=True):
    now: str
    was: str  # empty when there is no list price
    shipping: str


class SourceView(Struct, frozen=True):
    type: str
    srcset: str


class PhotoView(Struct, frozen=True):
    src: str
    srcset: str
    alt: str
    sources: tuple[SourceView, ...] = ()  # the same in formats that not every browser knows, the best first


class LiveView(Struct, frozen=True):
    """Everything that the live page shows. Without a deal (`deal_id` is None) the shelf is empty."""

    id: str
    phase: (
        Phase  # what a visitor sees: a deal with nothing left is sold-out, also while the show is still on it
    )
    woot_off: bool
    deal_id: int | None
    title: str
    tagline: str
    page_title: str
    description: str
    price: PriceView
    fine: str  # condition, shipping and limit in one line
    photo: PhotoView | None
    story_html: str  # sanitised by the server; the only text that a template may mark safe
    quantities: tuple[int, ...]
    can_buy: bool
    left_percent: int
    left_text: str  # "70%", or the count where the merchandiser shows it
    left_words: str
    low: bool
    watching: str
    per_minute: str
    quickest: str
    words: PhaseWords
    next_words: str
    next_at: str | None  # when the next crate opens (RFC 3339), where that is known
    canonical: str | None
    photo_absolute: str | None
    stall: StallView
    cleared: str  # of the stall before this deal, or empty


def live_view(
    snapshot: Mapping[str, Any], *, zone: tzinfo = UTC, site_url: str | None = None, event: str = "show"
) -> LiveView:
    """The live page of this snapshot. `zone` is the shop's time zone, `site_url` its public address, `event` what it
    calls its show.
    """
    show, deal, stock = snapshot["show"], snapshot["deal"], snapshot["stock"]
    phase = _phase(show, deal, stock)
    percent = int(stock["left_percent"]) if deal and stock else 0
    left = stock.get("left") if deal and stock else None
    photo = _photo(deal)
    price = _price(deal)
    title = deal["title"] if deal else "The shelf is empty"
    return LiveView(
        id=str(snapshot["id"]),
        phase=phase,
        woot_off=show["mode"] == "woot-off",
        deal_id=deal["id"] if deal else None,
        title=title,
        tagline=(deal["tagline"] or "") if deal else "Every crate has been opened. Come back soon.",
        page_title=_page_title(title, price.now, phase) if deal else title,
        description=f"{deal['tagline'] or title} {price.now} while it lasts."
        if deal
        else "One deal at a time.",
        price=price,
        fine=_fine(deal, price),
        photo=photo,
        story_html=(deal["story_html"] or "") if deal else "",
        quantities=tuple(range(1, deal["limit"] + 1)) if deal else (),
        can_buy=phase == "live",
        left_percent=percent,
        left_text=f"{percent}%" if left is None else f"{left:,}",
        left_words=f"{percent} percent left" if left is None else f"{left:,} left",
        low=percent <= LOW_PERCENT,
        watching=f"{(snapshot['crowd'] or {}).get('watching', 0):,}",
        per_minute=_per_minute(snapshot["pace"]),
        quickest=_quickest(snapshot["pace"]),
        words=_words(phase, deal is not None and percent == 0),
        next_words=_next_words(show, phase, zone),
        next_at=show["next_at"],
        canonical=urljoin(site_url, "/") if site_url else None,
        photo_absolute=urljoin(site_url, photo.src) if site_url and photo else None,
        stall=stall_view(snapshot, event=event, zone=zone),
        cleared=cleared_words(snapshot),
    )


def _phase(show: Mapping[str, Any], deal: Mapping[str, Any] | None, stock: Mapping[str, Any] | None) -> Phase:
    if deal is None:
        return "closed" if show["phase"] == "live" else show["phase"]
    if show["phase"] == "live" and stock and (stock.get("left") == 0 or stock["left_percent"] == 0):
        return "sold-out"
    phase: Phase = show["phase"]
    return phase


def _words(phase: Phase, sold_out: bool) -> PhaseWords:
    words = PHASE_WORDS[phase]
    if phase == "closed" and sold_out:
        return PhaseWords(words.status, words.button, PHASE_WORDS["sold-out"].stamp, words.note)
    return words


def _photo(deal: Mapping[str, Any] | None) -> PhotoView | None:
    photo = deal and deal["photo"]
    if not photo:
        return None
    sources = tuple(SourceView(one["type"], one["srcset"]) for one in photo.get("sources") or ())
    return PhotoView(photo["src"], photo.get("srcset") or "", photo.get("alt") or "", sources)


def _price(deal: Mapping[str, Any] | None) -> PriceView:
    if deal is None:
        return PriceView("", "", "")
    was, shipping = deal["list_price"], deal["shipping"]
    return PriceView(
        now=deal["price"]["text"],
        was=was["text"] if was else "",
        shipping=f"{shipping['text']} shipping" if shipping and shipping["amount"] else "shipping is on us",
    )


def _fine(deal: Mapping[str, Any] | None, price: PriceView) -> str:
    if deal is None:
        return ""
    limit = "one each" if deal["limit"] == 1 else f"{deal['limit']} each at most"
    return " · ".join(filter(None, (deal["condition"], price.shipping, limit))) + "."


def _page_title(title: str, price: str, phase: Phase) -> str:
    return f"{title}: {price}" if phase == "live" else f"{PHASE_WORDS[phase].status}: {title}"


def _per_minute(pace: Mapping[str, Any] | None) -> str:
    rate = (pace or {}).get("per_minute")
    # Half up, as the browser rounds; Python's round() would say 2 for 2.5.
    return UNKNOWN if rate is None else f"{floor(rate + 0.5):,}"


def _quickest(pace: Mapping[str, Any] | None) -> str:
    seconds = (pace or {}).get("quickest_seconds")
    return UNKNOWN if seconds is None else f"{seconds:.1f}\u00a0s"


def _next_words(show: Mapping[str, Any], phase: Phase, zone: tzinfo) -> str:
    if show["next_at"]:
        return f"Opens {weekday_and_hour(show['next_at'], zone)}."
    match phase:
        case "paused":
            return "Opens when the show goes on."
        case "closed":
            return "Nothing is packed yet."
    return "Opens the moment this sells out." if show["mode"] == "woot-off" else "Opens at midnight."
