"""The room, put together: what main opens, and every request finds at `app.state.sharing`."""

import asyncio
import time
from collections import OrderedDict

from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import names_of
from app.platform.clock import Clock
from app.platform.signing import Signer
from app.sharing.card import Cards
from app.sharing.links import (
    Link,
    Maker,
    advise_by,
    browsers_of,
    claim_links,
    find_link,
    is_code,
    make_link,
    name_link,
)
from app.sharing.visits import Visits

KNOWN_SECONDS = 5.0  # for which a link that was read is not read again
OWNED_SECONDS = 60.0  # for which a purchase takes a link's owner as read: that never changes again
MOST_KNOWN = 4096


class Shared(Struct, frozen=True):
    """A link as whoever comes by it sees it. `sender` is empty unless its maker wants to be named.

    `browsers` are the digests of those in which its maker has made links.
    """

    link: Link
    sender: str
    browsers: frozenset[str] = frozenset()


class Sharing:
    """Links as a process knows them: what a crowd asks for is read once in five seconds."""

    def __init__(
        self, engine: AsyncEngine, redis: Redis, clock: Clock, signer: Signer, *, secure: bool
    ) -> None:
        self.engine, self.clock, self.signer, self.secure = engine, clock, signer, secure
        self.visits = Visits(engine, redis, clock)
        self.cards = Cards()
        self._known: OrderedDict[str, tuple[float, Shared | None]] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Shared | None]] = {}

    async def start(self) -> None:
        """Begin to count visits."""
        await self.visits.start()

    async def stop(self) -> None:
        """Leave off."""
        self.cards.close()
        await self.visits.stop()

    async def look_up(self, code: str) -> Shared | None:
        """The link that a code leads to, as it was at most five seconds ago; None where there is none.

        A crowd that comes when it is to be read again waits for one reading: purchases are among it.
        """
        known = self._known.get(code)
        if known is not None and time.monotonic() < known[0] + KNOWN_SECONDS:
            return known[1]
        if not is_code(code):
            return None
        reading = self._reading.get(code)
        if reading is None:
            reading = self._reading[code] = asyncio.create_task(self._learn(code))
        return await asyncio.shield(reading)

    def owned(self, code: str) -> Shared | None:
        """A link that is known to be somebody's, for a purchase; None where it is to be looked up."""
        known = self._known.get(code)
        if known is None or time.monotonic() >= known[0] + OWNED_SECONDS:
            return None
        return known[1] if known[1] is not None and known[1].link.shopper_id is not None else None

    async def _learn(self, code: str) -> Shared | None:
        """Read a link, and keep it where it was not changed meanwhile."""
        me = asyncio.current_task()
        try:
            found = await self.read(code)
            if self._reading.get(code) is me:
                self._known[code] = time.monotonic(), found
                self._known.move_to_end(code)
                if len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
            return found
        finally:
            if self._reading.get(code) is me:
                del self._reading[code]

    def _forget(self, code: str) -> None:
        """What is known of a link, or being read at this moment, is not true any more."""
        self._known.pop(code, None)
        self._reading.pop(code, None)

    async def make(self, maker: Maker, deal_id: int, left_percent: int) -> tuple[Link, bool]:
        """The maker's link for a deal, and whether it is new."""
        async with self.engine.begin() as connection:
            return await make_link(connection, maker, deal_id, left_percent, self.clock.now())

    async def claim(self, device: str, shopper_id: int) -> None:
        """Somebody has signed in, in a browser that links were made in: those are theirs now."""
        async with self.engine.begin() as connection:
            claimed = await claim_links(connection, device, shopper_id, self.clock.now())
        if claimed:
            for code in {*self._known, *self._reading}:
                self._forget(code)

    async def name(self, code: str, named: bool) -> None:
        """Have a link tell its maker's name, or not any more."""
        async with self.engine.begin() as connection:
            await name_link(connection, code, named)
        self._forget(code)

    async def advise(self, code: str, advice: str) -> None:
        """Have a link's visitors read this, which is clean, or nothing any more."""
        async with self.engine.begin() as connection:
            await advise_by(connection, code, advice)
        self._forget(code)

    async def read(self, code: str) -> Shared | None:
        """The link that a code leads to, as it is now."""
        if not is_code(code):
            return None
        async with self.engine.connect() as connection:
            link = await find_link(connection, code)
            if link is None or link.shopper_id is None:
                return None if link is None else Shared(link, "")
            browsers = (await browsers_of(connection, [link.shopper_id]))[link.shopper_id]
            names = await names_of(connection, [link.shopper_id]) if link.named else {}
        return Shared(link, names.get(link.shopper_id, ""), frozenset(browsers))
