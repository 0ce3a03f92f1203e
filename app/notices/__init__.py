"""Every message to a shopper, and the rule that allows it. Knows no other room: who writes brings address and words."""

from app.notices.letters import (
    AccountDeleted,
    EmailChanged,
    EmailToConfirm,
    Letter,
    NewPasskey,
    NewPassword,
    SignInLink,
)
from app.notices.mail import carrier_for
from app.notices.outbox import Addressee, Kept, forget, mails_to, post, take_back
from app.notices.postman import Postman
from app.notices.promises import Promise, promises

__all__ = [
    "AccountDeleted",
    "Addressee",
    "EmailChanged",
    "EmailToConfirm",
    "Kept",
    "Letter",
    "NewPasskey",
    "NewPassword",
    "Postman",
    "Promise",
    "SignInLink",
    "carrier_for",
    "forget",
    "mails_to",
    "post",
    "promises",
    "take_back",
]
