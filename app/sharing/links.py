"""Links that sell a deal: one for each shopper and deal, or for a browser in which nobody has signed in yet."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.lease import take_turns
from app.sharing.link_tables import share_links

# Letters and digits only: programs that find addresses in a text leave off a dash at its end. Without those that look
# like another, since a link is also read from a screen.
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 10  # 58 bits: nobody guesses one

UNCLAIMED_LIVES = timedelta(days=30)
UNUSED_LIVES = timedelta(days=2)  # of one that nobody has claimed nor followed: programs can make many

UNCLAIMED = and_(share_links.c.shopper_id.is_(None), share_links.c.stands_for.is_(None))
# Whoever claims links changes several, too: both lock them in the same order, or they could wait for each other.
ADD_VISITS = text("""
    WITH counted AS (
        SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:counts AS bigint[])) AS c (code, visits)
    ), locked AS MATERIALIZED (
        SELECT s.code FROM share_links s JOIN counted USING (code) ORDER BY s.code FOR NO KEY UPDATE OF s
    )
    UPDATE share_links SET visits = share_links.visits + counted.visits
    FROM counted JOIN locked USING (code) WHERE share_links.code = counted.code
""")
FORGET_SHARERS = text("""
    UPDATE share_links SET named = false, advice = '', device = NULL WHERE code IN (
        SELECT l.code FROM share_links l JOIN shoppers ON shoppers.id = l.shopper_id
        WHERE shoppers.email IS NULL AND (l.named OR l.advice <> '' OR l.device IS NOT NULL)
        FOR UPDATE OF l SKIP LOCKED
    )
""")


class Link(Struct, frozen=True):
    """A link. `shopper_id` is None while it belongs to the browser whose secret has the digest `device`.

    `left_percent` is what was left of the deal when it was made; `named` that whoever comes by it is told the name,
    and `advice` what its maker says to them; `claimed_at` when it became its shopper's, where somebody made it before
    they signed in.
    """

    code: str
    deal_id: int
    shopper_id: int | None
    device: str | None
    named: bool
    advice: str
    left_percent: int
    visits: int
    made_at: datetime
    claimed_at: datetime | None


class Maker(Struct, frozen=True):
    """Whose link it is to be: a shopper's, or that of a browser in which nobody is signed in."""

    shopper_id: int | None
    device: str | None


_given, _real, _led = share_links.alias(), share_links.alias(), share_links.alias()
# Written once: a crowd that buys by many links has them read again and again, and writing them costs more than asking.
LINK = (
    select(share_links)
    .join(_given, share_links.c.code == func.coalesce(_given.c.stands_for, _given.c.code))
    .where(_given.c.code == bindparam("given"))
)
_MAKERS: BindParameter[list[int]] = bindparam("makers", expanding=True)
BROWSERS = union(
    select(_real.c.shopper_id, _real.c.device).where(
        _real.c.shopper_id.in_(_MAKERS), _real.c.device.is_not(None)
    ),
    select(_real.c.shopper_id, _led.c.device)
    .join(_led, _led.c.stands_for == _real.c.code)
    .where(_real.c.shopper_id.in_(_MAKERS), _led.c.device.is_not(None)),
)


def is_code(text: str) -> bool:
    """Whether a text could be a link's code."""
    return len(text) == CODE_LENGTH and all(letter in ALPHABET for letter in text)


async def make_link(
    connection: AsyncConnection, maker: Maker, deal_id: int, left_percent: int, now: datetime
) -> tuple[Link, bool]:
    """The maker's link for a deal, and whether it is new. Two who ask for the same at once are given the same."""
    while (found := await _made_by(connection, maker, deal_id)) is None:
        if maker.shopper_id is not None:
            await take_turns(
                connection, _turn(maker.shopper_id)
            )  # whoever claims one meanwhile is waited for
        values = {
            "code": "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)),
            "deal_id": deal_id,
            "shopper_id": maker.shopper_id,
            "device": maker.device,
            "left_percent": left_percent,
            "made_at": now,
        }
        made = insert(share_links).values(values).on_conflict_do_nothing().returning(share_links)
        row = (await connection.execute(made)).one_or_none()
        if row is not None:
            return _link(row), True
    return found, False


async def link_of(connection: AsyncConnection, shopper_id: int, deal_id: int) -> Link | None:
    """A shopper's link for a deal, where they have one."""
    return await _made_by(connection, Maker(shopper_id, None), deal_id)


async def links_of(
    connection: AsyncConnection, shopper_id: int, *, before: int | None = None, most: int | None = None
) -> list[Link]:
    """A shopper's links, those of the newest deals first; `before` is a deal's id."""
    query = select(share_links).where(share_links.c.shopper_id == shopper_id)
    if before is not None:
        query = query.where(share_links.c.deal_id < before)
    rows = await connection.execute(query.order_by(share_links.c.deal_id.desc()).limit(most))
    return [_link(row) for row in rows]


async def find_link(connection: AsyncConnection, code: str) -> Link | None:
    """The link that a code leads to, which may have another code; None where there is none."""
    if not is_code(code):
        return None
    row = (await connection.execute(LINK, {"given": code})).one_or_none()
    return None if row is None else _link(row)


async def browsers_of(connection: AsyncConnection, shopper_ids: Collection[int]) -> dict[int, set[str]]:
    """The digests of the browsers in which each of these shoppers made a link, also one that leads to another now."""
    found: dict[int, set[str]] = {shopper_id: set() for shopper_id in shopper_ids}
    for row in await connection.execute(BROWSERS, {"makers": list(shopper_ids)}):
        found[row.shopper_id].add(row.device)
    return found


async def claim_links(connection: AsyncConnection, device: str, shopper_id: int, now: datetime) -> int:
    """Give a shopper the links that were made in their browser before they signed in; answers how many.

    What was passed on goes on working: where they have a link for the same deal already, the other one leads there.
    Of two who claim the same, the first has it.
    """
    await take_turns(connection, _turn(shopper_id))
    theirs = share_links.alias()
    same = and_(theirs.c.shopper_id == shopper_id, theirs.c.deal_id == share_links.c.deal_id)
    mine = and_(UNCLAIMED, share_links.c.device == device)
    in_order = select(share_links.c.code).where(mine).order_by(share_links.c.code).with_for_update()
    if not (await connection.execute(in_order)).all():
        return 0
    kept = await connection.execute(
        update(share_links)
        .where(mine, ~exists().where(same).correlate(share_links))
        .values(shopper_id=shopper_id, claimed_at=now)
    )
    # What it was visited so far is not told any more: that is for joy only, and nothing else hangs on it.
    doubled = await connection.execute(update(share_links).where(mine, same).values(stands_for=theirs.c.code))
    return kept.rowcount + doubled.rowcount


async def name_link(connection: AsyncConnection, code: str, named: bool) -> None:
    """Have those who come by a link be told the name of whoever made it, or not any more."""
    mine = share_links.c.code == code
    await connection.execute(update(share_links).where(mine).values(named=named))


async def advise_by(connection: AsyncConnection, code: str, advice: str) -> None:
    """Have those who come by a link read this, which is clean; nothing where it is empty."""
    mine = share_links.c.code == code
    await connection.execute(update(share_links).where(mine).values(advice=advice))


async def add_visits(connection: AsyncConnection, visits: Mapping[str, int]) -> None:
    """Count visits, by the codes of links, to the end of the transaction. What is no link's is dropped."""
    counts = {"codes": list(visits), "counts": list(visits.values())}
    await connection.execute(ADD_VISITS, counts)


async def forget_unclaimed(connection: AsyncConnection, now: datetime) -> None:
    """Drop the links that nobody has claimed in all that time; sooner those that nobody has followed either."""
    unused = and_(share_links.c.visits == 0, share_links.c.made_at < now - UNUSED_LIVES)
    old = or_(unused, share_links.c.made_at < now - UNCLAIMED_LIVES)
    await connection.execute(delete(share_links).where(UNCLAIMED, old))


async def forget_sharers(connection: AsyncConnection) -> None:
    """Links of people who deleted their accounts lead where they led, and say nothing of them any more."""
    await connection.execute(FORGET_SHARERS)


async def _made_by(connection: AsyncConnection, maker: Maker, deal_id: int) -> Link | None:
    if maker.shopper_id is not None:
        whose: ColumnElement[bool] = share_links.c.shopper_id == maker.shopper_id
    else:
        whose = and_(UNCLAIMED, share_links.c.device == maker.device)
    query = select(share_links).where(whose, share_links.c.deal_id == deal_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _link(row)


def _turn(shopper_id: int) -> str:
    return f"share links of shopper {shopper_id}"


def _link(row: Row[Any]) -> Link:
    return Link(
        code=row.code,
        deal_id=row.deal_id,
        shopper_id=row.shopper_id,
        device=row.device,
        named=row.named,
        advice=row.advice,
        left_percent=row.left_percent,
        visits=row.visits,
        made_at=row.made_at,
        claimed_at=row.claimed_at,
    )
