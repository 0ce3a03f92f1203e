"""What the stream promises of its numbering: an id is never given twice, because epochs come from PostgreSQL alone."""

from typing import cast

from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.proof import SETTLE_SECONDS, Breach, Examined, Promise, prove
from app.stream.publisher import STATE
from app.stream.tables import stream_numbering

NEVER_AHEAD = "The stream's numbering is never ahead of the epoch that PostgreSQL gave out."


async def audit_stream(
    engine: AsyncEngine, redis: Redis, *, patience: float = SETTLE_SECONDS
) -> list[Examined]:
    """Prove the numbering. Raises what Redis and PostgreSQL raise."""

    async def look(connection: AsyncConnection) -> list[Breach]:
        given = (await connection.execute(select(func.max(stream_numbering.c.epoch)))).scalar() or 0
        fields = await redis.hmget(STATE, ["epoch", "seq", "shown"])
        epoch, seq, shown = (int(field or 0) for field in cast("list[bytes | None]", fields))
        if epoch > given:
            return [Breach(None, f"Redis numbers in epoch {epoch}, PostgreSQL has given out {given}")]
        return [Breach(None, f"event {shown} is shown, {seq} were numbered")] if shown > seq else []

    return await prove(engine, [Promise(NEVER_AHEAD, look, at_rest=True)], patience=patience)
