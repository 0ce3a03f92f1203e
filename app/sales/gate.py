"""The gate: Redis says who gets a unit. The only caller of the scripts, and the only one who knows the keys.

Everything here is a copy of what PostgreSQL knows, made by a recount and thrown away with its epoch. The keys carry
the epoch, so that a script that arrives late finds a gate that nobody uses any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from app.platform.redis import Script
from app.sales.order import Wish

SCRIPTS = Path(__file__).parent / "scripts"
CHUNK = 3000  # fields in one call of load.lua; its unpack takes no more than 7,999 arguments

_encode = msgspec.msgpack.Encoder().encode


class GateLostError(Exception):
    """The gate did not answer as an open gate does, or not at all. What it did is unknown: recount."""


class Admission(Enum):
    """What the gate says of one purchase; the values are the script's letters."""

    TAKEN = "T"
    KEY_KNOWN = "K"
    OVER_LIMIT = "L"
    SOLD_OUT = "S"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The gate's answer to a batch: an admission for each wish, what those over the limit hold, units left."""

    admissions: list[Admission]
    held: list[int]
    left: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """A deal's orders as a recount loads them: "shopper:key" of each, and who holds how many units."""

    names: list[str]
    shoppers: list[str]
    units: list[int]


class Gate:
    """Every deal's gate in one Redis. A gate is open while its stock key is there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._admit = Script(SCRIPTS / "admit.lua")
        self._give_back = Script(SCRIPTS / "give_back.lua")
        self._load = Script(SCRIPTS / "load.lua")
        self._open = Script(SCRIPTS / "open.lua")

    async def admit(self, deal_id: int, epoch: int, limit: int, wishes: Sequence[Wish]) -> Admitted:
        """Decide `wishes` in order, in one atomic step. Raises GateLostError."""
        answer = await self._call(self._admit, deal_id, epoch, [limit, _encode(_flat(wishes))])
        letters, left, held = cast(tuple[bytes, int, list[int]], answer)
        return Admitted([Admission(letter) for letter in letters.decode()], held, left)

    async def give_back(self, deal_id: int, epoch: int, wishes: Sequence[Wish]) -> int:
        """Return the units of wishes that were admitted but became no order. Raises GateLostError."""
        return cast(int, await self._call(self._give_back, deal_id, epoch, [_encode(_flat(wishes))]))

    async def left(self, deal_id: int, epoch: int) -> int | None:
        """Units that the open gate still gives out; None where it is not open. Raises GateLostError."""
        try:
            value = await self._redis.get(_keys(deal_id, epoch)[0])
            return None if value is None else int(value)
        except (ResponseError, ValueError):
            return None  # something stands there that is not a stock
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error

    async def open(self, deal_id: int, epoch: int, left: int, holdings: Holdings) -> None:
        """Load a new epoch's gate. The stock is written last: that opens it. Raises GateLostError."""
        stock, bought, keys = _keys(deal_id, epoch)
        try:
            for script in (self._admit, self._give_back, self._load, self._open):
                await script.load(self._redis)
            await self._redis.delete(stock, bought, keys)
            for start in range(0, len(holdings.names), CHUNK):
                names = _encode(holdings.names[start : start + CHUNK])
                await self._load.call(self._redis, [keys], [names, b""])
            for start in range(0, len(holdings.shoppers), CHUNK):
                part = slice(start, start + CHUNK)
                shoppers, units = _encode(holdings.shoppers[part]), _encode(holdings.units[part])
                await self._load.call(self._redis, [bought], [shoppers, units])
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error
        counts = [left, len(holdings.shoppers), len(holdings.names)]
        await self._call(self._open, deal_id, epoch, counts)

    async def close(self, deal_id: int, epoch: int) -> None:
        """Take an epoch's gate away, so that it says "sold out" to nobody any more. Raises GateLostError."""
        try:
            await self._redis.unlink(*_keys(deal_id, epoch))
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error

    async def _call(self, script: Script, deal_id: int, epoch: int, args: Sequence[bytes | int]) -> object:
        try:
            return await script.call(self._redis, _keys(deal_id, epoch), args)
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error


def _keys(deal_id: int, epoch: int) -> list[str]:
    prefix = f"gate:{{{deal_id}}}:{epoch}"  # the braces keep a deal's keys in one slot
    return [f"{prefix}:stock", f"{prefix}:bought", f"{prefix}:keys"]


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"  # the repr of a RedisError keeps its words to itself


def _flat(wishes: Sequence[Wish]) -> list[str | int]:
    flat: list[str | int] = []
    for wish in wishes:
        flat += (f"{wish.shopper_id}:{wish.key}", str(wish.shopper_id), wish.quantity)
    return flat
