"""Numbers, keeps and publishes what viewers should see."""

from pathlib import Path
from typing import cast

from redis.asyncio import Redis
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.redis import Script
from app.stream.event import SHOW, EventId, News
from app.stream.tables import stream_numbering
from app.stream.timeline import KEPT, KEPT_PERSONAL

SCRIPTS = Path(__file__).parent / "scripts"
STATE = "stream:state"
SAID = "stream:said"
TOLD = "stream:told"
CHANNEL = "stream:news"


class Publisher:
    """Writes to the stream of all processes. Raises what Redis and PostgreSQL raise.

    `heard` is always the newest id that this process knows: a Redis that is behind it has forgotten what it gave.
    """

    def __init__(self, engine: AsyncEngine, redis: Redis) -> None:
        self._engine, self._redis = engine, redis
        self._script = Script(SCRIPTS / "publish.lua")

    async def publish(self, kind: str, body: bytes, version: str, heard: EventId) -> News | None:
        """Publish a state (JSON). None where the same or something of a later `version` is out already."""
        return await self._number(SHOW, kind, body, version, heard)

    async def tell(self, topic: str, kind: str, body: bytes, heard: EventId) -> News:
        """Publish something that passes by (JSON)."""
        news = await self._number(topic, kind, body, "", heard)
        assert news is not None, "only of states there are older ones"
        return news

    async def _number(self, topic: str, kind: str, body: bytes, version: str, heard: EventId) -> News | None:
        answer = await self._run(topic, kind, body, version, "", heard)
        if answer == [0]:
            answer = await self._run(topic, kind, body, version, str(await self._new_epoch()), heard)
        return News(EventId(*answer), topic, kind, body) if answer else None

    async def _run(
        self, topic: str, kind: str, body: bytes, version: str, epoch: str, heard: EventId
    ) -> list[int]:
        args: list[bytes | str | int] = [kind, topic, body, version, epoch, CHANNEL, *heard]
        answer = await self._script.run(self._redis, [STATE, SAID, TOLD], [*args, KEPT, KEPT_PERSONAL])
        return cast(list[int], answer)

    async def _new_epoch(self) -> int:
        begin = insert(stream_numbering).values(epoch=1)
        move_on = begin.on_conflict_do_update(
            index_elements=["singleton"], set_={"epoch": stream_numbering.c.epoch + 1}
        )
        async with self._engine.begin() as connection:
            result = await connection.execute(move_on.returning(stream_numbering.c.epoch))
            return int(result.scalar_one())
