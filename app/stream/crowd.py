"""How many people watch, over all processes."""

from collections.abc import Collection
from pathlib import Path
from typing import cast

from redis.asyncio import Redis

from app.platform.redis import Script

COUNT_SECONDS = 2.0
FORGET_SECONDS = 10  # a process that is silent for so long no longer counts
AGAIN = 2  # beats after which a shopper is named again who did not move
AT_ONCE = 500  # shoppers, so that no call keeps Redis from others for long

ANONYMOUS = "stream:watching"
SHOPPERS = "stream:watching:shoppers"


class Crowd:
    """This process's part in the count.

    Somebody who is signed in counts once, wherever and however often; of the others each stream counts, of which a
    browser has one. Redis is told numbers and who came or went, so a beat costs little, however many watch.
    """

    def __init__(self, redis: Redis, process: str) -> None:
        self.watching = 0
        self._redis, self._process = redis, process
        self._script = Script(Path(__file__).parent / "scripts" / "watching.lua")
        self._named: set[int] = set()
        self._beats = 0

    async def count(self, anonymous: int, shoppers: Collection[int]) -> int:
        """Say who watches here; answers how many watch everywhere. Raises what Redis raises."""
        here = set(shoppers)
        gone = list(self._named - here)
        named = list(here if self._beats % AGAIN == 0 else here - self._named)
        for start in range(0, max(len(gone), len(named), 1), AT_ONCE):
            some, others = named[start : start + AT_ONCE], gone[start : start + AT_ONCE]
            args: list[str | int] = [self._process, anonymous, FORGET_SECONDS, len(some), *some, *others]
            self.watching = cast(int, await self._script.run(self._redis, [ANONYMOUS, SHOPPERS], args))
        self._named = here
        self._beats += 1
        return self.watching
