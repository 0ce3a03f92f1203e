"""Who is asking: accounts, sessions, roles, and the dependencies that say so to every other room."""

from app.identity.asking import (
    NotAllowed,
    SignInRequired,
    browsers_session,
    clear_session_cookie,
    desk,
    identity_of,
    maybe_signed_in,
    set_session_cookie,
    shown_in,
    signed_in,
)
from app.identity.credentials import Credentials, Newcomer
from app.identity.opening import Identity
from app.identity.person import Person
from app.identity.roles import Role
from app.identity.routes import router
from app.identity.sessions import SignedIn
from app.identity.shoppers import Arrival, EmailTaken, WrongCredentials

__all__ = [
    "Arrival",
    "Credentials",
    "EmailTaken",
    "Identity",
    "Newcomer",
    "NotAllowed",
    "Person",
    "Role",
    "SignInRequired",
    "SignedIn",
    "WrongCredentials",
    "browsers_session",
    "clear_session_cookie",
    "desk",
    "identity_of",
    "maybe_signed_in",
    "router",
    "set_session_cookie",
    "shown_in",
    "signed_in",
]
