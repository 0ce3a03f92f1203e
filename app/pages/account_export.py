"""Everything that the shop has about somebody, as one file for them to keep."""

import json
from typing import Any

from fastapi import APIRouter, Request
from msgspec.structs import asdict
from starlette.responses import Response

from app.identity import Asking, SignedIn, identity_of, person_asking
from app.pages.account_route import AccountRoute
from app.pages.address_typing import kept_address
from app.pages.friend_export import friends_and_what_was_said
from app.payments import Card, payments_of
from app.platform.clock import rfc3339
from app.sales import OrderStory, checkout_of, has_taken_one, read_story, stood_in
from app.sharing import coupons_of, links_of

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

ORDERS_AT_ONCE = 200


@router.get("/account/export")
async def export(request: Request, asking: Asking) -> Response:
    """A JSON file."""
    text = json.dumps(await everything(request, asking), indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="my-account.json"', "Cache-Control": "no-store"}
    return Response(text, headers=headers, media_type="application/json")


async def everything(request: Request, asking: SignedIn) -> dict[str, Any]:
    """All of it, by rooms. A password is kept as a hash, which says nothing."""
    identity = identity_of(request)
    person = await person_asking(request, asking)
    began = await identity.accounts.began(person.id)
    address = await kept_address(request, person.id)
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
        "address": None if address is None else asdict(address),
        "cards": [_card(card) for card in await payments_of(request).cards.of(person.id)],
        "orders": await _orders(request, person.id),
        "lines": await _lines(request, person.id),
        "share_links": await _links(request, person.id),
        "friends": await friends_and_what_was_said(request, asking),
        "coupons": await _coupons(request, person.id),
    }


async def _links(request: Request, shopper_id: int) -> list[dict[str, Any]]:
    async with identity_of(request).engine.connect() as connection:
        return [
            {
                "code": link.code,
                "deal_id": link.deal_id,
                "visits": link.visits,
                "named": link.named,
                "advice": link.advice,
                "made_at": rfc3339(link.made_at),
            }
            for link in await links_of(connection, shopper_id)
        ]


async def _coupons(request: Request, shopper_id: int) -> list[dict[str, Any]]:
    """What they have earned, newest first."""
    identity = identity_of(request)
    found = await coupons_of(identity.engine, shopper_id, identity.clock.now(), most=None)
    return [
        {
            "code": coupon.code,
            "amount": coupon.amount.document(),
            "state": coupon.state,
            "why": coupon.why,
            "expires_at": rfc3339(coupon.expires_at),
            "used_for": coupon.order_id,
        }
        for coupon in found
    ]


async def _orders(request: Request, shopper_id: int) -> list[dict[str, Any]]:
    ledger, identity = checkout_of(request).ledger, identity_of(request)
    found: list[dict[str, Any]] = []
    after = None
    while some := await ledger.orders_of(shopper_id, after=after, limit=ORDERS_AT_ONCE):
        async with identity.engine.connect() as connection:
            for order in some:
                now = identity.clock.now()
                story = await read_story(connection, order.id, now, shopper_id=shopper_id)
                team = {"took_one_for_the_team": await has_taken_one(connection, order.id)}
                found.append(order.document() | (_story(story) if story else {}) | team)
        after = some[-1].id
    return found


async def _lines(request: Request, shopper_id: int) -> list[dict[str, Any]]:
    """The lines in which they stood."""
    async with identity_of(request).engine.connect() as connection:
        found = await stood_in(connection, shopper_id)
    return [
        {
            "deal_id": stood.deal_id,
            "joined_at": rfc3339(stood.joined_at),
            "state": stood.state,
            "ended_at": rfc3339(stood.ended_at) if stood.ended_at else None,
        }
        for stood in found
    ]


def _story(story: OrderStory) -> dict[str, Any]:
    """What became of an order, and where it went."""
    return {
        "address": None if story.address is None else asdict(story.address),
        "refunds": [
            {"amount": refund.amount.document(), "state": refund.state, "at": rfc3339(refund.at)}
            for refund in story.refunds
        ],
        "carrier": story.carrier or None,
        "tracking": story.tracking or None,
        "shipped_at": rfc3339(story.shipped_at) if story.shipped_at else None,
    }


def _card(card: Card) -> dict[str, Any]:
    """All that is known of a card here; its number is not."""
    return {name: value for name, value in asdict(card).items() if name != "id"}
