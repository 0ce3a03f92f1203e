"""The gate: Redis says who gets a unit. The only caller of the scripts, and the only one who knows the keys.

A gate is one hash, so that nothing can lose a part of it: the units left, and what was taken since its epoch began.
What was sold before, the ledger knows, and whoever asks says it. The key carries the epoch, so that a script that
arrives late finds a gate that nobody uses any more.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from app.platform.redis import Script
from app.sales.order import Wish

SCRIPTS = Path(__file__).parent / "scripts"
LEFT = "left"  # the field that holds the units left
NOBODY: Mapping[int, int] = {}

_encode = msgspec.msgpack.Encoder().encode


class GateLostError(Exception):
    """The gate did not answer as an open gate does, or not at all. What it did is unknown: recount."""


class Admission(Enum):
    """What the gate says of one purchase; the values are the script's letters."""

    TAKEN = "T"
    KEY_KNOWN = "K"
    OVER_LIMIT = "L"
    SOLD_OUT = "S"


class Admitted(Struct, frozen=True):
    """The gate's answer to a batch: an admission for each wish, what those over the limit hold, units left."""

    admissions: list[Admission]
    held: list[int]
    left: int


class Gate:
    """Every deal's gate in one Redis. A gate is open while it is there."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._admit = Script(SCRIPTS / "admit.lua")
        self._give_back = Script(SCRIPTS / "give_back.lua")
        self._free = Script(SCRIPTS / "free.lua")

    async def admit(
        self, deal_id: int, epoch: int, limit: int, wishes: Sequence[Wish], held: Mapping[int, int] = NOBODY
    ) -> Admitted:
        """Decide `wishes` in order, in one atomic step. Raises GateLostError.

        `held` has the units of those shoppers who had some when the epoch began; read at any time since.
        """
        asked = _encode(_flat(wishes, held))
        answer = await self._call(self._admit, deal_id, epoch, [limit, asked])
        letters, left, holdings = cast(tuple[bytes, int, list[int]], answer)
        return Admitted([Admission(letter) for letter in letters.decode()], holdings, left)

    async def give_back(self, deal_id: int, epoch: int, wishes: Sequence[Wish]) -> int:
        """Return the units of wishes that were admitted but became no order. Raises GateLostError."""
        given = _encode(_flat(wishes, NOBODY))
        return cast(int, await self._call(self._give_back, deal_id, epoch, [given]))

    async def free(self, deal_id: int, epoch: int, order_id: str, shopper_id: int, units: int) -> int:
        """Take back the units of an order that is cancelled in the books. Raises GateLostError.

        The same order again changes nothing.
        """
        return cast(int, await self._call(self._free, deal_id, epoch, [order_id, str(shopper_id), units]))

    async def left(self, deal_id: int, epoch: int) -> int | None:
        """Units that the open gate still gives out; None where it is not open. Raises GateLostError."""
        command = ("HGET", _key(deal_id, epoch), LEFT)
        try:
            value = await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
            return None if value is None else int(value)
        except (ResponseError, ValueError):
            return None  # something stands there that is not a gate
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error

    async def open(self, deal_id: int, epoch: int, left: int) -> None:
        """Open a new epoch's gate, in place of whatever stands there. Raises GateLostError."""
        key = _key(deal_id, epoch)
        try:
            async with self._redis.pipeline(transaction=True) as steps:
                steps.script_load(self._admit.source)
                steps.script_load(self._give_back.source)
                steps.script_load(self._free.source)
                steps.delete(key)
                steps.hset(key, LEFT, str(left))
                await steps.execute()
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error

    async def close(self, deal_id: int, epoch: int) -> None:
        """Take an epoch's gate away, so that it says "sold out" to nobody any more. Raises GateLostError."""
        try:
            await self._redis.unlink(_key(deal_id, epoch))
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error

    async def _call(
        self, script: Script, deal_id: int, epoch: int, args: Sequence[bytes | str | int]
    ) -> object:
        try:
            return await script.call(self._redis, [_key(deal_id, epoch)], args)
        except (RedisError, OSError) as error:
            raise GateLostError(_words(error)) from error


def _key(deal_id: int, epoch: int) -> str:
    return f"gate:{deal_id}:{epoch}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"  # the repr of a RedisError keeps its words to itself


def _flat(wishes: Sequence[Wish], held: Mapping[int, int]) -> list[str | int]:
    flat: list[str | int] = []
    for wish in wishes:
        shopper = wish.shopper_id
        flat += (f"{shopper}:{wish.key}", str(shopper), wish.quantity, held.get(shopper, 0))
    return flat
