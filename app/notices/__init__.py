"""Every message to a shopper, and the rule that allows it. Knows no other room: who writes brings address and words."""

from app.notices.coupon_letter import CouponReady
from app.notices.friend_letters import FriendInvitation
from app.notices.issue import Begin, GoOn, Issue, NotNow, read_issue
from app.notices.letter import Letter
from app.notices.letters import (
    AccountDeleted,
    EmailChanged,
    EmailToConfirm,
    NewPasskey,
    NewPassword,
    NewsletterToConfirm,
    SignInLink,
)
from app.notices.mail import carrier_for
from app.notices.order_letters import (
    AddressMissing,
    CardDeclined,
    CardMissing,
    LineOffer,
    OrderCancelled,
    Receipt,
    RefundSent,
    Shipped,
    StepWanted,
)
from app.notices.outbox import Addressee, Kept, forget, mails_to, post, take_back, take_back_mails
from app.notices.postman import Postman
from app.notices.press import NotItsTime, OutboxStuck, Press, Reader, Sent
from app.notices.promises import Promise, promises

__all__ = [
    "AccountDeleted",
    "AddressMissing",
    "Addressee",
    "Begin",
    "CardDeclined",
    "CardMissing",
    "CouponReady",
    "EmailChanged",
    "EmailToConfirm",
    "FriendInvitation",
    "GoOn",
    "Issue",
    "Kept",
    "Letter",
    "LineOffer",
    "NewPasskey",
    "NewPassword",
    "NewsletterToConfirm",
    "NotItsTime",
    "NotNow",
    "OrderCancelled",
    "OutboxStuck",
    "Postman",
    "Press",
    "Promise",
    "Reader",
    "Receipt",
    "RefundSent",
    "Sent",
    "Shipped",
    "SignInLink",
    "StepWanted",
    "carrier_for",
    "forget",
    "mails_to",
    "post",
    "promises",
    "read_issue",
    "take_back",
    "take_back_mails",
]
