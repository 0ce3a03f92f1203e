"""Who is asking: accounts, sessions, roles, and the dependencies that say so to every other room."""

from app.identity.address import Address, clean_address, countries
from app.identity.addresses import addresses_of, forget_address, keep_address
from app.identity.arrival import Arrival
from app.identity.asking import (
    Asking,
    Fresh,
    MaybeAsking,
    NotAllowed,
    SignInAgain,
    allow,
    browsers_session,
    clear_session_cookie,
    desk,
    device_of,
    failures_counted,
    freshly_signed_in,
    identity_of,
    maybe_signed_in,
    person_asking,
    puzzle_for,
    set_session_cookie,
    shown_in,
    signed_in,
    site_address,
    work_first,
)
from app.identity.challenges import PasskeyNotAccepted
from app.identity.credentials import Credentials, Newcomer, clean_email, clean_name, clean_password
from app.identity.limits import (
    CHANGE,
    INVITE,
    INVITED,
    LINK,
    MAIL,
    PASSKEY,
    PICTURE,
    SHARE,
    SHARE_SIGNED_OUT,
    SIGN_IN,
    SIGN_UP,
    LimitedRoute,
)
from app.identity.links import LinkSpent
from app.identity.naming import names_in_records
from app.identity.opening import Identity, Site
from app.identity.passkey_browser import challenge_of, party_for, party_or_refusal
from app.identity.passkeys import Passkey
from app.identity.person import Person, SignInRequired, addressees_of, id_by_email, names_of
from app.identity.roles import Role
from app.identity.sessions import SignedIn
from app.identity.shoppers import EmailTaken, WrongCredentials
from app.identity.staff import LastOwner
from app.identity.tables import LinkFor
from app.identity.visits import Visit

__all__ = [
    "CHANGE",
    "INVITE",
    "INVITED",
    "LINK",
    "MAIL",
    "PASSKEY",
    "PICTURE",
    "SHARE",
    "SHARE_SIGNED_OUT",
    "SIGN_IN",
    "SIGN_UP",
    "Address",
    "Arrival",
    "Asking",
    "Credentials",
    "EmailTaken",
    "Fresh",
    "Identity",
    "LastOwner",
    "LimitedRoute",
    "LinkFor",
    "LinkSpent",
    "MaybeAsking",
    "Newcomer",
    "NotAllowed",
    "Passkey",
    "PasskeyNotAccepted",
    "Person",
    "Role",
    "SignInAgain",
    "SignInRequired",
    "SignedIn",
    "Site",
    "Visit",
    "WrongCredentials",
    "addressees_of",
    "addresses_of",
    "allow",
    "browsers_session",
    "challenge_of",
    "clean_address",
    "clean_email",
    "clean_name",
    "clean_password",
    "clear_session_cookie",
    "countries",
    "desk",
    "device_of",
    "failures_counted",
    "forget_address",
    "freshly_signed_in",
    "id_by_email",
    "identity_of",
    "keep_address",
    "maybe_signed_in",
    "names_in_records",
    "names_of",
    "party_for",
    "party_or_refusal",
    "person_asking",
    "puzzle_for",
    "set_session_cookie",
    "shown_in",
    "signed_in",
    "site_address",
    "work_first",
]
