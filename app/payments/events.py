"""News from the provider: taken in once each, kept until whoever settles has taken them."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments.provider import Provider
from app.payments.tables import payment_events
from app.platform.clock import Clock

KEPT = timedelta(days=30)  # longer than any provider sends an event again


class News(Struct, frozen=True):
    """Look at this attempt, or this payment: something has happened to it."""

    id: str
    kind: str
    attempt: str | None
    order_id: str | None
    reference: str


class Events:
    """`changed` is set in the process that received something; the others look now and then."""

    def __init__(self, engine: AsyncEngine, provider: Provider, clock: Clock) -> None:
        self._engine = engine
        self._provider = provider
        self._clock = clock
        self.changed = asyncio.Event()

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Take in what a provider sent (header names in small letters); whether it was news.

        Raises ForgedEvent, and what PostgreSQL raises: then the provider sends it again.
        """
        event = self._provider.read_event(body, headers)
        if event is None:
            return False
        row = {
            "provider": self._provider.name,
            "id": event.id,
            "kind": event.kind,
            "attempt": event.attempt,
            "order_id": event.order_id,
            "reference": event.reference,
            "received_at": self._clock.now(),
        }
        async with self._engine.begin() as connection:
            stored = await connection.execute(insert(payment_events).values(**row).on_conflict_do_nothing())
        if stored.rowcount:
            self.changed.set()
        return bool(stored.rowcount)

    async def take(self, connection: AsyncConnection, most: int = 100) -> list[News]:
        """The oldest news that nobody has taken. Taken when this transaction commits, and by it alone."""
        waiting = (payment_events.c.taken_at.is_(None), payment_events.c.provider == self._provider.name)
        ids: Any = (
            select(payment_events.c.provider, payment_events.c.id)
            .where(*waiting)
            .order_by(payment_events.c.received_at, payment_events.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("waiting")
        )
        mine = (payment_events.c.provider == ids.c.provider, payment_events.c.id == ids.c.id)
        taken = update(payment_events).where(*mine).values(taken_at=self._clock.now())
        rows = (await connection.execute(taken.returning(payment_events))).all()
        return [
            News(row.id, row.kind, row.attempt, row.order_id, row.reference)
            for row in sorted(rows, key=lambda row: (row.received_at, row.id))
        ]

    async def sweep(self) -> None:
        """What was taken long ago is of no use any more."""
        old = payment_events.c.taken_at < self._clock.now() - KEPT
        async with self._engine.begin() as connection:
            await connection.execute(delete(payment_events).where(old))
