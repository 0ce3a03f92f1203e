"""Who is said to have brought a purchase. It travels with it and lands in the order's own transaction."""

from msgspec import Struct

OWN_BROWSER, AS_FRIEND = "@", "+"  # in no link's code


class Referral(Struct, frozen=True):
    """The link that a shopper came by, and whose it is. `own_browser`: the link was made in the one that buys.

    `as_friend`: they are friends, and the price is what it is for that.
    """

    link: str
    helper_id: int
    own_browser: bool = False
    as_friend: bool = False

    @property
    def written(self) -> str:
        """The link as it goes to the books with the order, which have no other place for what is so seldom."""
        return self.link + OWN_BROWSER * self.own_browser + AS_FRIEND * self.as_friend
