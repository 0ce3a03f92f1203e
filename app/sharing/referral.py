"""Who is said to have brought a purchase. It travels with it and lands in the order's own transaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Referral:
    """The link that a shopper came by, and whose it is."""

    link: str
    helper_id: int
