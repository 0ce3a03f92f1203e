"""What whoever comes by a link is shown, and what programs that unfold links read there. Nothing here acts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from app.pages.live_views import LiveView, live_view
from app.pages.price_views import FriendPrice
from app.payments import minor_digits

SOMEBODY = "A friend"
IN_STOCK, SOLD_OUT = "https://schema.org/InStock", "https://schema.org/SoldOut"


class LandingView(Struct, frozen=True):
    """The page behind a link. `deal` is the link's own, also when it is over; `sender` is a name, or "A friend"."""

    deal: LiveView
    is_over: bool
    code: str
    sender: str
    advice: str  # of the sender, in their own words; empty where they gave none
    friend: FriendPrice | None
    headline: str
    page_title: str
    description: str
    url: str  # the link itself, whole, and its picture
    picture: str
    picture_alt: str
    product: Mapping[str, object]  # JSON-LD


def landing_view(
    snapshot: Mapping[str, Any],
    *,
    code: str,
    sender: str,
    site_url: str,
    is_over: bool,
    advice: str = "",
    friend: FriendPrice | None = None,
    event: str = "show",
) -> LandingView:
    """The view of a link to the deal in this snapshot; for one that is over, see `as_it_was`. `event`: live_view"""
    deal = live_view(snapshot, site_url=site_url, event=event)
    who, url = sender or SOMEBODY, f"{site_url}/h/{code}"
    left = (
        "It is gone."
        if is_over
        else f"{deal.words.status}."
        if not deal.can_buy
        else f"{deal.left_text} left."
    )
    description = f"{deal.tagline or deal.title} {deal.price.now}. {left}"
    picture = f"{url}/card.png"
    return LandingView(
        deal=deal,
        is_over=is_over,
        code=code,
        sender=who,
        advice=advice,
        friend=friend if deal.can_buy else None,
        headline=f"{who} thinks you need this.",
        page_title=f"Gone: {deal.title}" if is_over else deal.page_title,
        description=description,
        url=url,
        picture=picture,
        picture_alt=f"{deal.title}, {deal.price.now}",
        product=_product(snapshot["deal"], deal, url, picture, description),
    )


def as_it_was(deal: Mapping[str, Any]) -> Mapping[str, Any]:
    """A deal that is over, as a snapshot of which nothing is left."""
    return {
        "id": "0-0",
        "show": {"mode": "daily", "phase": "live", "next_at": None},
        "deal": deal,
        "stock": {"left_percent": 0, "left": None},
        "pace": None,
        "crowd": None,
        "stall": None,
    }


def _product(
    deal: Mapping[str, Any], view: LiveView, url: str, picture: str, description: str
) -> Mapping[str, object]:
    """https://schema.org/Product, with the one offer that there is."""
    amount, currency = deal["price"]["amount"], deal["price"]["currency"]
    digits = minor_digits(currency)
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.title,
        "description": description,
        "image": [view.photo_absolute or picture],
        "offers": {
            "@type": "Offer",
            "url": url,
            "price": f"{Decimal(amount).scaleb(-digits):.{digits}f}",
            "priceCurrency": currency,
            "availability": IN_STOCK if view.can_buy else SOLD_OUT,
        },
    }


class OwnLinkView(Struct, frozen=True):
    """One's own link. `title` is the deal's; `claimed` that it is an account's, and not only this browser's."""

    code: str
    url: str
    title: str
    words: str  # to send along
    visits: str
    claimed: bool
    named: bool
    advice: str


def own_link_view(
    *,
    code: str,
    url: str,
    title: str,
    price: str,
    visits: int,
    claimed: bool,
    named: bool,
    advice: str = "",
) -> OwnLinkView:
    """One's own link, ready for the page."""
    so_far = "Nobody has come by it yet." if not visits else f"{visits:,} came by it so far."
    if visits == 1:
        so_far = "One came by it so far."
    words = f"{title}: {price}, while it lasts."
    return OwnLinkView(code, url, title, words, so_far, claimed, named, advice)
