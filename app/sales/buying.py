"""What `POST /orders` means: a thin function in front of the framework, for it is what everyone does at once.

It does what middleware and dependencies do for other routes, by the same functions: refuse other sites, bound the
body, know who is asking. A measurement demands it: see docs/decisions/0007-buying-has-its-own-way-in.md.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

import msgspec
from fastapi.exceptions import RequestValidationError
from msgspec import structs
from pydantic import ValidationError
from starlette.requests import cookie_parser
from starlette.types import Receive, Scope, Send

from app.identity import Identity, SignInRequired, shown_in
from app.platform.address import network_of
from app.platform.errors import CrossSite, Problem, TooLarge
from app.platform.guards import BODY_LIMIT, is_foreign, stated_length, strict_fields
from app.platform.http import invalid, problem_of
from app.platform.puzzles import FIELD
from app.sales import measures
from app.sales.documents import MAX_ID, NewOrder
from app.sales.order import Order, Wish
from app.sales.purchase import Checkout
from app.sales.refusals import IdempotencyKeyRequired, order_or_refusal
from app.sales.turnstile import BUY, Turnstile
from app.sales.verdict import Bought, SoldOut, Verdict
from app.sharing import CAME_BY, Sharing, referral_by, referral_in, visit_in

# Refused by the shop for no fault of the request's, so nobody has read which deal it was for: most likely the live one.
SHOPS_OWN = (429, 500, 503)
PROOF = FIELD.lower().encode()
CAME_BY_COOKIE = f"{CAME_BY}=".encode()
VISIBLE_ASCII = re.compile(rb"[\x21-\x7e]{1,255}")


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """`documents.NewOrder` for the quick look; what does not pass is looked at again by that, which says why."""

    deal_id: Annotated[int, msgspec.Meta(ge=1, le=MAX_ID)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    coupon: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    line_offer: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


_decode = msgspec.json.Decoder(Body).decode


class Answer(NamedTuple):
    """Status, header fields and body, ready for the wire."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes


class Buying:
    """`POST /orders`: what a request means, and what the answer looks like. Also an ASGI app of its own."""

    def __init__(
        self,
        identity: Identity,
        checkout: Checkout,
        turnstile: Turnstile,
        public_host: str | None,
        sharing: Sharing | None = None,
    ) -> None:
        self._identity, self._checkout, self._public_host = identity, checkout, public_host
        self._turnstile, self._sharing = turnstile, sharing
        self._secure = identity.secure
        always = {**strict_fields(identity.secure), "Cache-Control": "no-store"}
        always["RateLimit-Policy"] = turnstile.policy
        self._always = _raw(always.items())
        self._sold_out: dict[
            tuple[int, int | None], Answer
        ] = {}  # by deal and live deal; the same for everyone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        fields: dict[bytes, bytes] = dict(scope["headers"])
        try:
            client = scope.get("client")
            address = network_of(client[0]) if client else None
            found = self.begin(fields, await _whole(fields, receive), address)
            answer = found if isinstance(found, Answer) else self.told(await found)
        except Exception as error:  # noqa: BLE001 - as the framework's own outermost handler
            answer = self.failed(error)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.fields})
        await send({"type": "http.response.body", "body": answer.body})

    def begin(
        self, fields: Mapping[bytes, bytes], body: bytes, address: str | None
    ) -> "Answer | asyncio.Future[Verdict]":
        """Begin to buy, or answer at once; `address` is the network that asks, where that is known.

        Raises Problem where the request is at fault: `failed` puts it in words.
        """
        if is_foreign(fields, self._public_host):
            raise CrossSite
        asking = self._identity.sessions.identify(*shown_in(fields, self._secure))
        if asking is None:
            raise SignInRequired
        key = fields.get(b"idempotency-key", b"").strip(b" \t")  # which are no part of a value, says RFC 9110
        if not VISIBLE_ASCII.fullmatch(key):
            raise IdempotencyKeyRequired
        asked = _read(body)
        wish = Wish(
            asking.shopper_id, key.decode(), asked.deal_id, asked.quantity, asked.coupon, asked.line_offer
        )
        if not self._turnstile.lets_in(wish.shopper_id, address, wish.key, time.monotonic()):
            if PROOF not in fields:
                raise self._turnstile.puzzles.refusal(BUY, str(wish.shopper_id))
            return asyncio.ensure_future(self._work_first(wish, fields, address))
        if CAME_BY_COOKIE in fields.get(b"cookie", b""):
            known = self._helped_at_once(wish, fields)
            if known is None:
                return asyncio.ensure_future(self._helped(wish, fields))
            wish = known
        found = self._checkout.begin(wish)
        return found if isinstance(found, asyncio.Future) else self.told(found)

    async def _work_first(self, wish: Wish, fields: Mapping[bytes, bytes], address: str | None) -> Verdict:
        """Buy, where the work was done."""
        proof = fields[PROOF].decode("latin-1").strip()
        await self._turnstile.admit(wish.shopper_id, address, wish.key, proof)
        return await self._helped(wish, fields)

    def _helped_at_once(self, wish: Wish, fields: Mapping[bytes, bytes]) -> Wish | None:
        """What is wanted, and by whose link; None where that is to be looked up first.

        A crowd that buys by a few links must not cost a task and a turn of the loop for each purchase.
        """
        if self._sharing is None:
            return wish
        cookies = _cookies(fields)
        visit = visit_in(self._sharing, cookies, wish.deal_id)
        if visit is None:
            return wish
        shared = self._sharing.owned(visit.code)
        if shared is None:
            return None
        return structs.replace(wish, referral=referral_by(self._sharing, cookies, wish.deal_id, shared))

    async def _helped(self, wish: Wish, fields: Mapping[bytes, bytes]) -> Verdict:
        """Buy, by the link that the browser came by, where it came by one."""
        if self._sharing is not None:
            referral = await referral_in(self._sharing, _cookies(fields), wish.deal_id)
            wish = structs.replace(wish, referral=referral)
        return await self._checkout.purchase(wish)

    def told(self, verdict: Verdict) -> Answer:
        """The answer that says what became of a purchase."""
        if isinstance(verdict, Bought):
            return self._order(verdict.order, replayed=verdict.replayed)
        if isinstance(verdict, SoldOut):
            return self._nothing_left(verdict)
        outcome = order_or_refusal(verdict, self._checkout.live_deal_id)
        assert isinstance(outcome, Problem)
        return self._problem(outcome)

    def failed(self, error: Exception) -> Answer:
        """The answer where there was no purchase at all."""
        problem = problem_of(error, "/api/v1/orders")
        measures.refused(problem.slug())
        if problem.status in SHOPS_OWN and self._checkout.live_deal_id is not None:
            self._checkout.refused.count(self._checkout.live_deal_id, problem.slug())
        return self._problem(problem)

    def _order(self, order: Order, *, replayed: bool) -> Answer:
        body = order.as_placed().json()
        own = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"location", b"/api/v1/orders/%s" % order.id.encode()),
        ]
        if replayed:
            own.append((b"idempotent-replayed", b"true"))
        return Answer(201, self._always + own, body)

    def _nothing_left(self, verdict: SoldOut) -> Answer:
        name = (verdict.deal_id, self._checkout.live_deal_id)
        answer = self._sold_out.get(name)
        if answer is None:
            self._sold_out.clear()  # the show has moved on
            problem = order_or_refusal(verdict, name[1])
            assert isinstance(problem, Problem)
            answer = self._sold_out[name] = self._problem(problem)
        return answer

    def _problem(self, problem: Problem) -> Answer:
        body = json.dumps(problem.document(), separators=(",", ":"), ensure_ascii=False).encode()
        own = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
        ]
        return Answer(problem.status, self._always + _raw(problem.headers().items()) + own, body)


def _cookies(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    return cookie_parser(fields.get(b"cookie", b"").decode("latin-1"))


async def _whole(fields: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The request's body. Raises TooLarge as soon as that is certain."""
    refusal = TooLarge(f"This address takes at most {BODY_LIMIT} bytes.")
    if (stated_length(fields) or 0) > BODY_LIMIT:
        raise refusal
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > BODY_LIMIT:
            raise refusal
        if not message.get("more_body", False):
            return body


def _read(body: bytes) -> Body:
    """What is to be bought. Raises Invalid, naming every field that is wrong."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Body(**_explained(body).model_dump())


def _explained(body: bytes) -> NewOrder:
    try:
        return NewOrder.model_validate_json(body)
    except ValidationError as error:
        located = [{**found, "loc": ("body", *found["loc"])} for found in error.errors()]
        raise invalid(RequestValidationError(located)) from None


def _raw(fields: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in fields]
