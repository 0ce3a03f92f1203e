"""How the sandbox's bank writes to the shop: signed, as a real one does, and read by the same door."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from app.payments.provider import ForgedEvent, ProviderEvent
from app.platform.signing import Signer

FIELD = "sandbox-signature"
PURPOSE = "sandbox-event"
TOLERANCE = timedelta(minutes=5)
KINDS = ("paid", "declined", "step", "processing", "cancelled", "refunded")


def letter(event_id: str, kind: str, payment: Row[Any]) -> str:
    """The body of one."""
    return json.dumps(
        {
            "id": event_id,
            "kind": kind,
            "attempt": payment.attempt,
            "order_id": payment.order_id,
            "reference": payment.reference,
        }
    )


def sign_letter(signer: Signer, body: bytes, now: datetime) -> dict[str, str]:
    """The header fields that go with a body."""
    return {FIELD: signer.sign(PURPOSE, f"{int(now.timestamp())}:{hashlib.sha256(body).hexdigest()}")}


def read_letter(
    signer: Signer, body: bytes, headers: Mapping[str, str], now: datetime
) -> ProviderEvent | None:
    """What a letter says; None where its kind means nothing to us. Raises ForgedEvent."""
    said = signer.verify(PURPOSE, headers.get(FIELD, ""))
    moment, _, digest = (said or "").partition(":")
    if said is None or digest != hashlib.sha256(body).hexdigest():
        raise ForgedEvent("the signature is not ours")
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        raise ForgedEvent("it was signed long ago")
    found = json.loads(body)
    if found["kind"] not in KINDS:
        return None
    return ProviderEvent(**found)
