"""What is said between us and an authenticator, in WebAuthn's words: the only file that knows the library.

The library is slow to load, so this file is loaded when somebody first shows a passkey.
"""

import struct
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.identity.challenges import PasskeyNotAccepted
from app.identity.party import RelyingParty
from app.identity.person import Person
from app.platform.logging import get_logger

log = get_logger(__name__)

REQUIRED = UserVerificationRequirement.REQUIRED
# What the library raises at texts that no browser makes.
NO_ANSWER = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, EOFError, struct.error)


class Made(Struct, frozen=True):
    """A passkey that an authenticator has just made. `transports` are words with commas between."""

    id: str
    public_key: bytes
    sign_count: int
    transports: str


def options_to_make(
    person: Person, party: RelyingParty, handle: bytes, challenge: bytes, known: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """Options for the browser's `create`. `known` are the ids and transports of those that `person` has."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_name=person.email,
        user_display_name=person.name,
        user_id=handle,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
        ),
        exclude_credentials=[_descriptor(passkey_id, transports) for passkey_id, transports in known],
    )
    return options_to_json_dict(options)


def options_to_enter(party: RelyingParty, challenge: bytes) -> dict[str, Any]:
    """Options for the browser's `get`."""
    options = generate_authentication_options(rp_id=party.id, challenge=challenge, user_verification=REQUIRED)
    return options_to_json_dict(options)


def read_made(credential: dict[str, Any], challenge: bytes, party: RelyingParty) -> Made:
    """What the browser's `create` brought. Raises PasskeyNotAccepted."""
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        transports = _transports(credential)
    except NO_ANSWER as error:
        raise PasskeyNotAccepted from error
    return Made(
        bytes_to_base64url(made.credential_id), made.credential_public_key, made.sign_count, transports
    )


def read_count(credential: dict[str, Any], challenge: bytes, party: RelyingParty, row: Any) -> int:
    """The authenticator's new count, of the passkey in `row`. One that did not grow is a copy's, and is refused.

    Raises PasskeyNotAccepted.
    """
    try:
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        ).new_sign_count
    except NO_ANSWER as error:
        log.warning("a passkey's answer is refused", shopper_id=row.shopper_id, error=str(error))
        raise PasskeyNotAccepted from error


def _transports(credential: dict[str, Any]) -> str:
    """Only words that we know: they are shown to browsers again."""
    named = credential["response"].get("transports") or []
    known = {transport.value for transport in AuthenticatorTransport}
    return ",".join(word for word in named if isinstance(word, str) and word in known)


def _descriptor(passkey_id: str, transports: str) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey_id),
        transports=[AuthenticatorTransport(word) for word in transports.split(",") if word],
    )
