"""Everything that the shop has about somebody, as one file for them to keep."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity import Asking, SignedIn, identity_of, person_asking
from app.pages.account_route import AccountRoute
from app.platform.clock import rfc3339
from app.sales import checkout_of

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

ORDERS_AT_ONCE = 200


@router.get("/account/export")
async def export(request: Request, asking: Asking) -> Response:
    """A JSON file."""
    text = json.dumps(await everything(request, asking), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="my-account.json"', "Cache-Control": "no-store"}
    return Response(text, headers=headers, media_type="application/json")


async def everything(request: Request, asking: SignedIn) -> dict[str, Any]:
    """Account, sessions, passkeys, mails and orders, by rooms. A password is kept as a hash, which says nothing."""
    identity = identity_of(request)
    person = await person_asking(request, asking)
    began = await identity.accounts.began(person.id)
    return {
        "account": {
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "role": person.role,
            "created_at": rfc3339(began) if began else None,
            "newsletter": person.newsletter,
            "named_in_records": await identity.accounts.is_named_in_records(person.id),
        },
        "sessions": [
            {
                "kind": visit.kind,
                "device": visit.device,
                "created_at": rfc3339(visit.created_at),
                "seen_at": rfc3339(visit.seen_at) if visit.seen_at else None,
            }
            for visit in await identity.visits.of(asking)
        ],
        "passkeys": [
            {
                "name": passkey.name,
                "created_at": rfc3339(passkey.created_at),
                "used_at": rfc3339(passkey.used_at) if passkey.used_at else None,
            }
            for passkey in await identity.passkeys.of(person.id)
        ],
        "mails": [
            {
                "title": mail.title,
                "to": mail.address,
                "state": mail.state,
                "created_at": rfc3339(mail.created_at),
                "sent_at": rfc3339(mail.sent_at) if mail.sent_at else None,
            }
            for mail in await identity.accounts.mails(person.id)
        ],
        "orders": await _orders(request, person.id),
    }


async def _orders(request: Request, shopper_id: int) -> list[dict[str, Any]]:
    ledger = checkout_of(request).ledger
    found: list[dict[str, Any]] = []
    after = None
    while some := await ledger.orders_of(shopper_id, after=after, limit=ORDERS_AT_ONCE):
        found += [dict(order.document()) for order in some]
        after = some[-1].id
    return found
