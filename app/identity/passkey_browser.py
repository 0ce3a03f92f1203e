"""What a browser brings along with a passkey: the site it is on, and the challenge that it was given."""

from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.identity.asking import identity_of
from app.identity.challenges import LASTS
from app.identity.party import RelyingParty, relying_party
from app.platform.errors import Problem


class NoPasskeysHere(Problem):
    """Browsers make passkeys for sites at an https address (or localhost) only, and this shop is reached otherwise."""

    status = 409
    title = "No passkeys at this address"


class PasskeyAnswer(BaseModel):
    """What the browser's `create` or `get` answered, by its own `toJSON()`."""

    model_config = ConfigDict(extra="forbid")

    credential: dict[str, Any] = Field(
        examples=[{"id": "…", "rawId": "…", "type": "public-key", "response": {}}]
    )


def party_for(request: Request) -> RelyingParty | None:
    """The site that passkeys are made for, where there can be any."""
    site = identity_of(request).site
    return relying_party(site.public_url, request.headers.get("host", ""), site.name)


def party_or_refusal(request: Request) -> RelyingParty:
    """The same. Raises NoPasskeysHere."""
    party = party_for(request)
    if party is None:
        raise NoPasskeysHere
    return party


def challenge_of(request: Request) -> str | None:
    """The challenge that this browser was given."""
    return request.cookies.get(_name(request))


def give_challenge(request: Request, response: Response, cookie: str) -> None:
    """Bind a challenge to this browser; none but our own pages' requests bring it back."""
    response.set_cookie(
        _name(request),
        cookie,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=identity_of(request).secure,
        httponly=True,
        samesite="strict",
    )


def _name(request: Request) -> str:
    return "__Host-passkey" if identity_of(request).secure else "passkey"
