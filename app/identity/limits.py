"""How often somebody may try: by account, so that passwords are not guessed, and by address, so that crowds are people.

Counted in Redis, for all processes together. Where Redis is away each process counts for itself: neither does everybody
stay outside, nor may anybody try without end.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from math import ceil
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.responses import Response

from app.platform.errors import Problem, SlowDown

PREFIX = "limits"
PATIENCE_SECONDS = 0.5  # nobody's coming in waits longer for Redis
WORDS = {
    "account": "That was tried too often for this account.",
    "address": "That was tried too often from your network.",
}


class Policy(Struct, frozen=True):
    """What is counted together under one name, and how much of it is allowed. None: as much as anybody likes."""

    name: str
    account: RateLimitItem | None
    address: RateLimitItem | None


SIGN_IN = Policy("sign-in", RateLimitItemPerMinute(10), RateLimitItemPerMinute(120))
# A campus shares an address, and comes in the same minute when a rush begins.
SIGN_UP = Policy("sign-up", RateLimitItemPerMinute(10), RateLimitItemPerMinute(300))
MAIL = Policy("mail", RateLimitItemPerHour(6), RateLimitItemPerHour(60))
# Without an account to count by: a passkey is not guessed, but looking it up costs us something.
PASSKEY = Policy("passkey", None, RateLimitItemPerMinute(120))
LINK = Policy("link", None, RateLimitItemPerMinute(60))
# Pictures that go with links: drawn for whoever asks, and each one costs us something.
PICTURE = Policy("picture", None, RateLimitItemPerMinute(300))
SHARE = Policy("share", RateLimitItemPerMinute(30), RateLimitItemPerMinute(600))
# Without an account each link is a row that may be nobody's.
SHARE_SIGNED_OUT = Policy("share-signed-out", None, RateLimitItemPerHour(1200))
# To a friends list: what one person may send, and what one mailbox may get, from whomever.
INVITE = Policy("invite", RateLimitItemPerDay(30), RateLimitItemPerHour(200))
INVITED = Policy("invited", RateLimitItemPerDay(3), None)
CHANGE = Policy("change", RateLimitItemPerMinute(20), None)


class Count(Struct, frozen=True):
    """Where one limit stands after a try."""

    by: str  # account or address
    item: RateLimitItem
    left: int
    seconds: int  # until it is whole again, or a try is free

    @property
    def policy(self) -> str:
        """As an item of the field RateLimit-Policy."""
        return f'"{self.by}";q={self.item.amount};w={self.item.get_expiry()}'

    @property
    def state(self) -> str:
        """As an item of the field RateLimit."""
        return f'"{self.by}";r={self.left};t={self.seconds}'


class Limits:
    """Every limit on people. Without `redis` this process counts alone; `by_address` is the setting LIMITS."""

    def __init__(self, redis: Redis | None = None, *, by_address: bool = True) -> None:
        self._by_address = by_address
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._together = None if redis is None else SlidingWindowCounterRateLimiter(_storage(redis))

    async def count(self, policy: Policy, *, account: str | None, address: str | None) -> list[Count]:
        """Count one try. Raises SlowDown, with the fields that go with it, where it is one too many.

        An address that is over its limit does not count against the account: nobody is locked out from afar for good.
        """
        tried = []
        for by, item, key in (
            ("address", policy.address if self._by_address else None, address),
            ("account", policy.account, account),
        ):
            if item is None or key is None:
                continue
            allowed, count = await self._hit(by, item, f"{policy.name}:{by}:{_digest(key)}")
            tried.append(count)
            if not allowed:
                refusal = SlowDown(WORDS[by])
                refusal.fields = fields_of(tried) | {"Retry-After": str(max(1, count.seconds))}
                raise refusal
        return tried

    async def used(self, policy: Policy, address: str | None) -> int:
        """How many tries from this address are counted at the moment; 0 where its tries are not."""
        item = policy.address
        if item is None or address is None or not self._by_address:
            return 0
        key = f"{policy.name}:address:{_digest(address)}"
        if self._together:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return item.amount - (await self._together.get_window_stats(item, key)).remaining
            except (RedisError, OSError):
                pass
        return item.amount - (await self._alone.get_window_stats(item, key)).remaining

    async def _hit(self, by: str, item: RateLimitItem, key: str) -> tuple[bool, Count]:
        if self._together:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await _hit(self._together, by, item, key)
            except (RedisError, OSError):
                pass
        return await _hit(self._alone, by, item, key)


async def _hit(
    limiter: SlidingWindowCounterRateLimiter, by: str, item: RateLimitItem, key: str
) -> tuple[bool, Count]:
    allowed = await limiter.hit(item, key)
    stats = await limiter.get_window_stats(item, key)
    return allowed, Count(by, item, stats.remaining, max(0, ceil(stats.reset_time - time.time())))


def _storage(redis: Redis) -> RedisStorage:
    """On the connections that the shop has: of the address in its URL nothing is used."""
    pool: Any = redis.connection_pool
    return RedisStorage(
        "async+redis://shared:6379", implementation="redispy", key_prefix=PREFIX, connection_pool=pool
    )


def _digest(key: str) -> str:
    """Redis need not know who tried."""
    return blake2b(key.encode(), digest_size=12).hexdigest()


def fields_of(counts: list[Count]) -> dict[str, str]:
    """The IETF draft's two header fields."""
    if not counts:
        return {}
    return {
        "RateLimit-Policy": ", ".join(count.policy for count in counts),
        "RateLimit": ", ".join(count.state for count in counts),
    }


class LimitedRoute(APIRoute):
    """A route whose answers, refusals too, say how often one may try: what `allow` left in the request's state."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI has it, with the fields added."""
        handle = super().get_route_handler()

        async def handle_and_tell(request: Request) -> Response:
            try:
                response = await handle(request)
            except Problem as problem:
                problem.fields = _left_by(request) | problem.fields
                raise
            response.headers.update(_left_by(request))
            return response

        return handle_and_tell


async def never_cached(response: Response) -> None:
    """These answers are one person's own."""
    response.headers["Cache-Control"] = "no-store"


def own_router(tag: str) -> APIRouter:
    """A router for calls that say who somebody is: their answers tell the limits, and are kept nowhere on the way."""
    return APIRouter(tags=[tag], route_class=LimitedRoute, dependencies=[Depends(never_cached)])


def _left_by(request: Request) -> dict[str, str]:
    fields: dict[str, str] = getattr(request.state, "limits", {})
    return fields
