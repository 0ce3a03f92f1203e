"""Customers and cards on file. Each call names the shopper whose card is meant; another's is as good as none."""

import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments.provider import CardForm, CardOnFile, NotFinished, Provider
from app.payments.tables import payment_cards, payment_customers
from app.platform.clock import Clock

MOST_CARDS = 10  # of one shopper; the oldest goes


class Card(Struct, frozen=True):
    """A card as its owner may see it."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    is_default: bool

    def is_over(self, now: datetime) -> bool:
        """Whether the month that is printed on it has passed."""
        return (self.exp_year, self.exp_month) < (now.year, now.month)


class Means(Struct, frozen=True):
    """What a charge has to name: the provider's customer and card."""

    customer: str
    card: str


class Cards:
    """The cards of all shoppers at the provider that the shop has now."""

    def __init__(self, engine: AsyncEngine, provider: Provider, clock: Clock) -> None:
        self._engine = engine
        self._provider = provider
        self._clock = clock

    async def begin(self, shopper_id: int, return_address: str) -> CardForm:
        """A form in which this shopper types a card. Raises ProviderAway."""
        return await self._provider.begin_card(await self.customer_of(shopper_id), return_address)

    async def finish(self, shopper_id: int, form: str) -> Card | NotFinished:
        """Keep the card that this shopper has typed, and have it charged from now on. Raises ProviderAway."""
        typed = await self._provider.finish_card(await self.customer_of(shopper_id), form)
        if isinstance(typed, NotFinished):
            return typed
        async with self._engine.begin() as connection:
            await self._lock(connection, shopper_id)
            kept = await self._keep(connection, shopper_id, typed)
            await self._prefer(connection, shopper_id, kept)
        return next(card for card in await self.of(shopper_id) if card.id == kept)

    async def of(self, shopper_id: int) -> list[Card]:
        """This shopper's cards, newest first."""
        mine = select(payment_cards).where(*self._whose(shopper_id))
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                mine.order_by(payment_cards.c.added_at.desc(), payment_cards.c.id)
            )
            return [_card(row) for row in rows]

    async def prefer(self, shopper_id: int, card_id: str) -> bool:
        """Have this card charged from now on; whether it is this shopper's."""
        async with self._engine.begin() as connection:
            await self._lock(connection, shopper_id)
            return await self._prefer(connection, shopper_id, card_id)

    async def remove(self, shopper_id: int, card_id: str) -> bool:
        """Forget a card here and at the provider; whether it was this shopper's. Raises ProviderAway.

        Where it was the one to be charged, the newest of the others takes its place.
        """
        mine = (*self._whose(shopper_id), payment_cards.c.id == card_id)
        async with self._engine.connect() as connection:
            token = (await connection.execute(select(payment_cards.c.token).where(*mine))).scalar()
        if token is None:
            return False
        await self._provider.drop_card(token)
        async with self._engine.begin() as connection:
            await self._lock(connection, shopper_id)
            await connection.execute(delete(payment_cards).where(*mine))
            newest = select(payment_cards.c.id).where(*self._whose(shopper_id))
            order = (payment_cards.c.is_default.desc(), payment_cards.c.added_at.desc())
            left = (await connection.execute(newest.order_by(*order).limit(1))).scalar()
            if left is not None:
                await self._prefer(connection, shopper_id, left)
        return True

    async def forget(self, shopper_id: int) -> None:
        """For an account that is deleted: every card goes, here and at the provider. Raises ProviderAway."""
        for card in await self.of(shopper_id):
            await self.remove(shopper_id, card.id)

    async def means_of(self, connection: AsyncConnection, shopper_id: int) -> Means | None:
        """What to charge for this shopper now; None without a card, but for the sandbox, which has one to spare."""
        customers = payment_customers.c
        held = select(customers.customer, payment_cards.c.token).join_from(
            payment_cards, payment_customers, customers.shopper_id == payment_cards.c.shopper_id
        )
        mine = held.where(*self._whose(shopper_id), payment_cards.c.is_default)
        row = (await connection.execute(mine.where(customers.provider == self._provider.name))).first()
        if row is not None:
            return Means(row.customer, row.token)
        spare = self._provider.spare_card
        return None if spare is None else Means(f"nobody_{shopper_id}", spare)

    async def has_card(self, connection: AsyncConnection, shopper_id: int) -> bool:
        """Whether this shopper has a card on file."""
        return bool(await self.fingerprints_of(connection, shopper_id))

    async def fingerprints_of(self, connection: AsyncConnection, shopper_id: int) -> set[str]:
        """What the cards are known by: two shoppers with the same one share a card. Test cards prove nothing."""
        mine = select(payment_cards.c.fingerprint).where(*self._whose(shopper_id))
        return set((await connection.execute(mine)).scalars())

    async def customer_of(self, shopper_id: int) -> str:
        """The provider's name for this shopper, asked for once. The key is kept first: two who ask get one name."""
        customers = payment_customers.c
        mine = (customers.shopper_id == shopper_id, customers.provider == self._provider.name)
        new = {"shopper_id": shopper_id, "provider": self._provider.name, "key": secrets.token_urlsafe(18)}
        async with self._engine.begin() as connection:
            await connection.execute(insert(payment_customers).values(**new).on_conflict_do_nothing())
            row = (await connection.execute(select(payment_customers).where(*mine))).one()
        if row.customer is not None:
            return str(row.customer)
        customer = await self._provider.open_customer(row.key)
        async with self._engine.begin() as connection:
            unnamed = update(payment_customers).where(*mine, customers.customer.is_(None))
            await connection.execute(unnamed.values(customer=customer))
            return str((await connection.execute(select(customers.customer).where(*mine))).scalar_one())

    async def _lock(self, connection: AsyncConnection, shopper_id: int) -> None:
        """Two changes of one shopper's cards take turns."""
        customers = payment_customers.c
        mine = (customers.shopper_id == shopper_id, customers.provider == self._provider.name)
        await connection.execute(select(customers.key).where(*mine).with_for_update())

    async def _keep(self, connection: AsyncConnection, shopper_id: int, typed: CardOnFile) -> str:
        """The same card typed twice is one card, under its newest token."""
        card = {"token": typed.token, "exp_month": typed.exp_month, "exp_year": typed.exp_year}
        new = insert(payment_cards).values(
            id=f"card-{secrets.token_urlsafe(12)}",
            shopper_id=shopper_id,
            provider=self._provider.name,
            brand=typed.brand,
            last4=typed.last4,
            fingerprint=typed.fingerprint,
            is_default=False,
            added_at=self._clock.now(),
            **card,
        )
        same = ["shopper_id", "provider", "fingerprint"]
        kept = new.on_conflict_do_update(index_elements=same, set_=card).returning(payment_cards.c.id)
        card_id = str((await connection.execute(kept)).scalar_one())
        newest = select(payment_cards.c.id).where(*self._whose(shopper_id))
        old = newest.order_by(payment_cards.c.added_at.desc()).offset(MOST_CARDS).scalar_subquery()
        await connection.execute(
            delete(payment_cards).where(payment_cards.c.id.in_(old), payment_cards.c.id != card_id)
        )
        return card_id

    async def _prefer(self, connection: AsyncConnection, shopper_id: int, card_id: str) -> bool:
        mine = self._whose(shopper_id)
        owned = select(payment_cards.c.id).where(*mine, payment_cards.c.id == card_id)
        if (await connection.execute(owned)).first() is None:
            return False
        await connection.execute(update(payment_cards).where(*mine).values(is_default=False))
        await connection.execute(
            update(payment_cards).where(payment_cards.c.id == card_id).values(is_default=True)
        )
        return True

    def _whose(self, shopper_id: int) -> tuple[ColumnElement[bool], ...]:
        return payment_cards.c.shopper_id == shopper_id, payment_cards.c.provider == self._provider.name


def _card(row: Row[tuple[object, ...]]) -> Card:
    return Card(row.id, row.brand, row.last4, row.exp_month, row.exp_year, row.is_default)
