"""Numbers, keeps and publishes what every viewer should see."""

from pathlib import Path
from typing import cast

from redis.asyncio import Redis
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.redis import Script
from app.stream.event import EventId, News
from app.stream.tables import stream_numbering

SCRIPTS = Path(__file__).parent / "scripts"
STATE = "stream:state"
CHANNEL = "stream:news"


class Publisher:
    """Writes to the stream of all processes. Raises what Redis and PostgreSQL raise."""

    def __init__(self, engine: AsyncEngine, redis: Redis) -> None:
        self._engine, self._redis = engine, redis
        self._script = Script(SCRIPTS / "publish.lua")

    async def publish(self, kind: str, body: bytes, version: str, heard: EventId) -> News | None:
        """Publish `body` (JSON). None where the same or something of a later `version` is out already.

        `heard` is the newest id that this process knows: a Redis that is behind it has forgotten what it gave.
        """
        answer = await self._run(kind, body, version, "", heard)
        if answer == [0]:
            answer = await self._run(kind, body, version, str(await self._new_epoch()), heard)
        return News(EventId(*answer), kind, body) if answer else None

    async def _run(self, kind: str, body: bytes, version: str, epoch: str, heard: EventId) -> list[int]:
        args: list[bytes | str | int] = [kind, body, version, epoch, CHANNEL, *heard]
        return cast(list[int], await self._script.run(self._redis, [STATE], args))

    async def _new_epoch(self) -> int:
        begin = insert(stream_numbering).values(epoch=1)
        move_on = begin.on_conflict_do_update(
            index_elements=["singleton"], set_={"epoch": stream_numbering.c.epoch + 1}
        )
        async with self._engine.begin() as connection:
            result = await connection.execute(move_on.returning(stream_numbering.c.epoch))
            return int(result.scalar_one())
