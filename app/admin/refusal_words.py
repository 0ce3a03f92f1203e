"""Why somebody could not buy, in a merchandiser's words."""

REFUSED = {
    "sold-out": "Sold out, or fewer left than asked for",
    "limit-reached": "Had bought as many as one may",
    "gate-closed": "Stock being counted, or the show paused",
    "slow-down": "Asked too often",
    "deal-over": "The deal was over",
    "coupon-not-usable": "The coupon was not to be used",
    "invalid": "Wanted more at once than one may",
    "idempotency-key-reused": "The same key for another order",
    "unavailable": "The shop could not answer",
}


def refusal_words(kind: str) -> str:
    """What the slug of a problem means at the desk."""
    return REFUSED.get(kind, kind.replace("-", " "))
