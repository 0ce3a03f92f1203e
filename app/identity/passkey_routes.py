"""The calls about one's own passkeys."""

from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict

from app.identity.asking import (
    Asking,
    Fresh,
    SignInAgain,
    allow,
    identity_of,
    person_asking,
)
from app.identity.challenges import PasskeyNotAccepted
from app.identity.credentials import Name
from app.identity.limits import CHANGE, own_router
from app.identity.passkey_browser import (
    NoPasskeysHere,
    PasskeyAnswer,
    challenge_of,
    give_challenge,
    party_or_refusal,
)
from app.identity.passkeys import PasskeyKnown, TooManyPasskeys
from app.identity.person import SignInRequired
from app.platform.clock import rfc3339
from app.platform.errors import Invalid, NotFound, SlowDown
from app.platform.openapi import problems

router = own_router("account")


class PasskeyShown(BaseModel):
    """A passkey."""

    id: str
    name: str
    created_at: str
    used_at: str | None


class PasskeyList(BaseModel):
    """All of them: twenty at the most."""

    items: list[PasskeyShown]
    next: None = None


class PasskeyName(BaseModel):
    """What to call a passkey."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Old laptop"}]})

    name: Name


class NewPasskeyAnswer(PasskeyAnswer):
    """What the browser's `create` answered, and what to call it."""

    name: Name = "Passkey"


@router.get("/passkeys", operation_id="passkeys", responses=problems(SignInRequired))
async def list_passkeys(request: Request, asking: Asking) -> PasskeyList:
    """One's passkeys, the oldest first."""
    return PasskeyList(
        items=[
            PasskeyShown(
                id=passkey.id,
                name=passkey.name,
                created_at=rfc3339(passkey.created_at),
                used_at=rfc3339(passkey.used_at) if passkey.used_at else None,
            )
            for passkey in await identity_of(request).passkeys.of(asking.shopper_id)
        ]
    )


@router.post(
    "/passkeys/options",
    operation_id="passkey_options",
    responses=problems(SignInRequired, SignInAgain, NoPasskeysHere, SlowDown),
)
async def passkey_options(request: Request, response: Response, asking: Fresh) -> dict[str, Any]:
    """Options for `navigator.credentials.create`. The answer sets a cookie that binds them to the browser."""
    await allow(request, CHANGE, str(asking.shopper_id))
    person = await person_asking(request, asking)
    options, cookie = await identity_of(request).passkeys.to_add(person, party_or_refusal(request))
    give_challenge(request, response, cookie)
    return options


@router.post(
    "/passkeys",
    status_code=201,
    operation_id="add_passkey",
    responses=problems(
        SignInRequired,
        PasskeyNotAccepted,
        SignInAgain,
        NoPasskeysHere,
        PasskeyKnown,
        TooManyPasskeys,
        Invalid,
    ),
)
async def add_passkey(answer: NewPasskeyAnswer, request: Request, asking: Fresh) -> PasskeyShown:
    """Keep the passkey that the browser's `create` made."""
    person = await person_asking(request, asking)
    kept = await identity_of(request).passkeys.add(
        person, party_or_refusal(request), challenge_of(request), answer.credential, answer.name
    )
    return PasskeyShown(id=kept.id, name=kept.name, created_at=rfc3339(kept.created_at), used_at=None)


@router.patch(
    "/passkeys/{passkey_id}",
    status_code=204,
    operation_id="rename_passkey",
    responses=problems(SignInRequired, NotFound, Invalid),
)
async def rename_passkey(passkey_id: str, wish: PasskeyName, request: Request, asking: Asking) -> None:
    """Call one of one's passkeys something else."""
    await identity_of(request).passkeys.rename(asking.shopper_id, passkey_id, wish.name)


@router.delete(
    "/passkeys/{passkey_id}",
    status_code=204,
    operation_id="remove_passkey",
    responses=problems(SignInRequired, SignInAgain, NotFound),
)
async def remove_passkey(passkey_id: str, request: Request, asking: Fresh) -> None:
    """Remove one of one's passkeys: it lets nobody in any more."""
    await identity_of(request).passkeys.remove(asking.shopper_id, passkey_id)
