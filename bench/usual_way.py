"""The usual way to sell the last unit once: FastAPI, SQLAlchemy, SELECT FOR UPDATE, one transaction a purchase.

Written as a decent engineer would write it in an afternoon, to compare with. Served by uvicorn:
`uvicorn --factory bench.usual_way:create_app`.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, MetaData, UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "usual_way"
POOL_SIZE = 20


class Base(DeclarativeBase):
    """Its tables stand apart from the shop's."""

    metadata = MetaData(schema=SCHEMA)


class Deal(Base):
    """What is sold, and how much of it is gone."""

    __tablename__ = "deals"
    __table_args__ = (CheckConstraint("sold <= quantity"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[int]
    quantity: Mapped[int]
    unit_limit: Mapped[int]
    sold: Mapped[int] = mapped_column(default=0)


class Login(Base):
    """A session that was given out."""

    __tablename__ = "logins"
    token: Mapped[str] = mapped_column(primary_key=True)
    shopper_id: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Order(Base):
    """A purchase."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shopper_id", "idempotency_key"),
        Index("orders_of_a_shopper", "deal_id", "shopper_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey(Deal.id))
    shopper_id: Mapped[int]
    idempotency_key: Mapped[str]
    quantity: Mapped[int]
    total: Mapped[int]
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class NewOrder(BaseModel):
    """The request's body."""

    deal_id: int
    quantity: int = Field(ge=1)


class OrderDocument(BaseModel):
    """The answer's body."""

    id: int
    deal_id: int
    quantity: int
    total: int
    placed_at: datetime


router = APIRouter()
new_session = async_sessionmaker(expire_on_commit=False)


def create_app() -> FastAPI:
    """The app, on the database that DATABASE_URL names."""
    engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=POOL_SIZE, max_overflow=0)
    new_session.configure(bind=engine)
    app = FastAPI()
    app.include_router(router)
    return app


async def database() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with new_session() as session:
        yield session


Database = Annotated[AsyncSession, Depends(database)]


async def shopper(session: Database, authorization: Annotated[str, Header()]) -> int:
    """Who is asking, by a look at the sessions' table."""
    login = await session.get(Login, authorization.removeprefix("Bearer "))
    if login is None or login.expires_at < datetime.now(UTC):
        raise HTTPException(401)
    return login.shopper_id


@router.post("/orders", status_code=201, response_model=OrderDocument)
async def buy(
    wish: NewOrder,
    shopper_id: Annotated[int, Depends(shopper)],
    key: Annotated[str, Header(alias="Idempotency-Key")],
    session: Database,
) -> Order:
    """Lock the deal's row, see whether it can be, insert the order, commit."""
    if (known := await find(session, shopper_id, key)) is not None:
        return known
    deal = await session.scalar(select(Deal).where(Deal.id == wish.deal_id).with_for_update())
    if deal is None:
        raise HTTPException(404)
    mine = (Order.deal_id == deal.id, Order.shopper_id == shopper_id)
    bought = await session.scalar(select(func.coalesce(func.sum(Order.quantity), 0)).where(*mine))
    if (bought or 0) + wish.quantity > deal.unit_limit:
        raise HTTPException(409, "limit reached")
    if deal.sold + wish.quantity > deal.quantity:
        raise HTTPException(409, "sold out")
    deal.sold += wish.quantity
    order = Order(
        deal_id=deal.id,
        shopper_id=shopper_id,
        idempotency_key=key,
        quantity=wish.quantity,
        total=deal.price * wish.quantity,
    )
    session.add(order)
    try:
        await session.commit()
    except IntegrityError:  # the same key came twice at once
        await session.rollback()
        other = await find(session, shopper_id, key)
        if other is None:
            raise
        return other
    return order


async def find(session: AsyncSession, shopper_id: int, key: str) -> Order | None:
    """The order that stands under this key."""
    query = select(Order).where(Order.shopper_id == shopper_id, Order.idempotency_key == key)
    found: Order | None = await session.scalar(query)
    return found
