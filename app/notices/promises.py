"""What was really sent, beside what may be."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.notices.rules import RULES, Rule
from app.notices.tables import mails_sent

LATELY = timedelta(days=30)


class Promise(Struct, frozen=True):
    """One rule, and how many mails went out by it: within the last 30 days, and ever."""

    rule: Rule
    lately: int
    ever: int


async def promises(engine: AsyncEngine, now: datetime) -> list[Promise]:
    """Every rule in the order of the list."""
    recent = mails_sent.c.day > (now - LATELY).date()
    query = select(
        mails_sent.c.rule,
        func.coalesce(func.sum(mails_sent.c.mails).filter(recent), 0),
        func.sum(mails_sent.c.mails),
    ).group_by(mails_sent.c.rule)
    async with engine.connect() as connection:
        counted = {rule: (lately, ever) for rule, lately, ever in await connection.execute(query)}
    return [Promise(rule, *counted.get(rule.name, (0, 0))) for rule in RULES]
