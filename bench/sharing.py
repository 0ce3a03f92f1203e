"""What help costs: purchases of which a link brought some, or all, beside purchases that none did; and visits.

Whoever came by a link has a browser that keeps whose it was, so that the order is attributed in its own transaction.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Sequence

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.signing import Signer
from app.sharing.links import ALPHABET, CODE_LENGTH
from bench.books import Books, leave_unsettled, read_books
from bench.ground import Ground, prepared_ground
from bench.load import Load
from bench.measuring import Measured, measure
from bench.processes import family
from bench.purchases import ORDERS, SHOPPERS

# Where nobody helps comes between: how far these three are apart is the noise.
RUNS = {
    "alone": "nobody helps",
    "some": "fifty helpers, one in twenty by a link",
    "alone-2": "nobody helps, again",
    "all": "fifty helpers, everybody by a link",
    "alone-3": "nobody helps, at last",
}
ONE_IN = {"some": 20, "all": 1}  # buyers by a link: a thousand of twenty thousand, or every one
IDLE_SECONDS = 3.0  # PostgreSQL's own figures come up to a second late

NEW_LINKS = text(
    "INSERT INTO share_links (code, deal_id, shopper_id, left_percent, made_at)"
    " SELECT code, CAST(:deal AS bigint), id, 100, now()"
    " FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS given (code, n)"
    " JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM shoppers WHERE role = 'shopper') AS people USING (n)"
)
HELPED = text("SELECT count(*) FROM attributions WHERE deal_id = :deal")
VISITS = text("SELECT coalesce(sum(visits), 0) FROM share_links WHERE deal_id = :deal")
WORK = text(
    "SELECT xact_commit + xact_rollback AS transactions, tup_inserted + tup_updated + tup_deleted AS rows"
    " FROM pg_stat_database WHERE datname = current_database()"
)


class SharingPlan(Struct, frozen=True):
    """How long and how hard. `visitors` connections of `connections` in the run of visits alone."""

    seconds: float = 6.0
    connections: int = 256
    visitors: int = 32
    shoppers: int = SHOPPERS
    helpers: int = 50


class Selling(Struct, frozen=True):
    """A run of purchases, and how many of its orders are somebody's help."""

    name: str
    measured: Measured
    books: Books
    helped: int


class Visiting(Struct, frozen=True):
    """Visits by one link, as fast as they come. What PostgreSQL did, a second, with them and before them."""

    measured: Measured
    transactions: float
    idle_transactions: float
    rows: float
    idle_rows: float
    counted: int


def bench_sharing(plan: SharingPlan, say: Callable[[str], None]) -> tuple[dict[str, Selling], Visiting]:
    """Purchases by their key, then the visits. Raises ChildError, EmbeddedServersError."""
    sold: dict[str, Selling] = {}
    with prepared_ground(plan.shoppers) as ground:
        for key, title in RUNS.items():
            say(title)
            sold[key] = _sell(ground, plan, key, title)
        say("visits of one link")
        visits = _visit(ground, plan)
    return sold, visits


def _sell(ground: Ground, plan: SharingPlan, key: str, title: str) -> Selling:
    with ground.shop(1) as (desk, pid):
        deal_id = desk.open_deal(title)
        cookies = None
        if key in ONE_IN:
            codes = asyncio.run(_new_links(ground, deal_id, plan.helpers))
            cookies = _cookies(ground, codes, deal_id, ONE_IN[key])
        body = json.dumps({"deal_id": deal_id, "quantity": 1})
        tokens = str(ground.tokens)
        load = Load(
            desk.port, ORDERS, plan.connections, plan.seconds, tokens=tokens, cookies=cookies, body=body
        )
        measured = measure(load, {"server": lambda: family(pid), "databases": ground.server_pids})
    return asyncio.run(_selling(ground, deal_id, title, measured))


async def _selling(ground: Ground, deal_id: int, title: str, measured: Measured) -> Selling:
    async with ground.database() as connection:
        books = await read_books(connection, deal_id, measured.report)
        helped = int(await connection.scalar(HELPED, {"deal": deal_id}) or 0)
        await leave_unsettled(connection)
    return Selling(title, measured, books, helped)


def _cookies(ground: Ground, codes: Sequence[str], deal_id: int, one_in: int) -> str:
    """A file with the cookie of somebody who came by each link, a line each, and of those who came by none."""
    signer, now = Signer(ground.secret), int(time.time())
    lines = []
    for code in codes:
        cookie = f"came_by={signer.sign('came_by', f'{code}-{deal_id}-{now}')}"
        lines += [cookie, *[""] * (one_in - 1)]
    (ground.folder / "cookies").write_text("\n".join(lines))
    return str(ground.folder / "cookies")


async def _new_links(ground: Ground, deal_id: int, helpers: int) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(helpers)]
    async with ground.database() as connection:
        await connection.execute(NEW_LINKS, {"deal": deal_id, "codes": codes})
    return codes


def _visit(ground: Ground, plan: SharingPlan) -> Visiting:
    with ground.shop(1) as (desk, pid):
        deal_id = desk.open_deal("visits")
        (code,) = asyncio.run(_new_links(ground, deal_id, 1))
        load = Load(desk.port, f"/h/{code}", plan.visitors, plan.seconds)
        before = asyncio.run(_work(ground))
        time.sleep(IDLE_SECONDS)
        idle = asyncio.run(_work(ground))
        begun = time.monotonic()
        measured = measure(load, {"server": lambda: family(pid), "databases": ground.server_pids})
        time.sleep(IDLE_SECONDS)
        after, seconds = asyncio.run(_work(ground)), time.monotonic() - begun
    return Visiting(
        measured,
        transactions=(after[0] - idle[0]) / seconds,
        idle_transactions=(idle[0] - before[0]) / IDLE_SECONDS,
        rows=(after[1] - idle[1]) / seconds,
        idle_rows=(idle[1] - before[1]) / IDLE_SECONDS,
        counted=asyncio.run(_counted(ground, deal_id)),
    )


async def _work(ground: Ground) -> tuple[int, int]:
    async with ground.database() as connection:
        row = (await connection.execute(WORK)).one()
    return int(row.transactions), int(row.rows)


async def _counted(ground: Ground, deal_id: int) -> int:
    async with ground.database() as connection:
        return await _visits(connection, deal_id)


async def _visits(connection: AsyncConnection, deal_id: int) -> int:
    return int(await connection.scalar(VISITS, {"deal": deal_id}) or 0)
