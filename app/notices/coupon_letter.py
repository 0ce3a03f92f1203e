"""What we mail to whoever has helped to sell: once, that there is a coupon."""

from app.notices.letter import Letter
from app.notices.rules import COUPON_READY


class CouponReady(Letter, frozen=True):
    """So many coupons can be used from now on, together worth `worth`, such as "$7.50". `link` leads to them."""

    rule = COUPON_READY
    subject = "You have earned a coupon"
    coupons: int
    worth: str
    link: str

    @property
    def text(self) -> str:
        """What there is, and how to use it."""
        one = self.coupons == 1
        what = "a coupon is yours" if one else f"{self.coupons} coupons are yours"
        return (
            f"You have helped to sell something, and by now it is sold for good: {what}, worth {self.worth}"
            f"{'' if one else ' together'}. Choose one beside the button whenever you buy something here.\n\n"
            f"What you have, and until when it is good: {self.link}\n\n"
            "We say it this once, and do not remind you."
        )
