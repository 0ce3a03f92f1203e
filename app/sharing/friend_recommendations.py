"""What somebody recommends to their friends: a deal, by their own link, with a word of advice. Said, never guessed."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.friend_tables import recommendations

# A friend who is muted is not heard, nor is one who has left.
TO = text(
    """
    SELECT f.id AS friendship, s.name, r.deal_id, r.link, r.advice, r.at
    FROM friendships f
    JOIN recommendations r ON r.shopper_id = CASE WHEN f.one_id = :me THEN f.other_id ELSE f.one_id END
    JOIN shoppers s ON s.id = r.shopper_id
    WHERE (f.one_id = :me OR f.other_id = :me) AND r.deal_id = :deal AND s.email IS NOT NULL
        AND NOT CASE WHEN f.one_id = :me THEN f.muted_by_one ELSE f.muted_by_other END
    ORDER BY r.at DESC, f.id LIMIT :most
    """
)


class Recommendation(Struct, frozen=True):
    """What one recommends oneself. `link` is the code of the link that goes with it; `advice` may be empty."""

    deal_id: int
    link: str
    advice: str
    at: datetime


class Recommended(Struct, frozen=True):
    """The same as a friend hears it: with who says so, and by which friendship."""

    friendship: str
    name: str
    deal_id: int
    link: str
    advice: str
    at: datetime


async def recommend(
    connection: AsyncConnection, shopper_id: int, deal_id: int, link: str, advice: str, now: datetime
) -> None:
    """Have one's friends see it. Once more changes the advice, which is clean."""
    said = {"link": link, "advice": advice, "at": now}
    row = insert(recommendations).values(shopper_id=shopper_id, deal_id=deal_id, **said)
    await connection.execute(row.on_conflict_do_update(index_elements=["shopper_id", "deal_id"], set_=said))


async def stop_recommending(connection: AsyncConnection, shopper_id: int, deal_id: int) -> bool:
    """Take it back; False where nothing was said."""
    mine = recommendations.c.shopper_id == shopper_id, recommendations.c.deal_id == deal_id
    return bool((await connection.execute(delete(recommendations).where(*mine))).rowcount)


async def own_recommendation(
    connection: AsyncConnection, shopper_id: int, deal_id: int
) -> Recommendation | None:
    """What somebody says of one deal; None where they say nothing."""
    mine = recommendations.c.shopper_id == shopper_id, recommendations.c.deal_id == deal_id
    row = (await connection.execute(select(recommendations).where(*mine))).one_or_none()
    return None if row is None else Recommendation(row.deal_id, row.link, row.advice, row.at)


async def recommendations_of(connection: AsyncConnection, shopper_id: int) -> list[Recommendation]:
    """All that somebody has recommended, the newest first."""
    mine = select(recommendations).where(recommendations.c.shopper_id == shopper_id)
    rows = await connection.execute(mine.order_by(recommendations.c.at.desc(), recommendations.c.deal_id))
    return [Recommendation(row.deal_id, row.link, row.advice, row.at) for row in rows]


async def recommended_to(
    connection: AsyncConnection, shopper_id: int, deal_id: int, *, most: int
) -> list[Recommended]:
    """What this shopper's friends say of a deal, the newest first."""
    rows = await connection.execute(TO, {"me": shopper_id, "deal": deal_id, "most": most})
    return [Recommended(row.friendship, row.name, row.deal_id, row.link, row.advice, row.at) for row in rows]
