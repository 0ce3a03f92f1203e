"""The sales room for tests: deals on offer, shoppers, processes that sell, the books, and wires that can be cut."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.platform.clock import Clock
from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers
from app.platform.failpoints import Name, armed
from app.platform.redis import connect_redis
from app.sales import Checkout, Terms, Wish, close_offer, open_offer, pause_offer, read_offer
from app.sales.gate import Gate
from app.sales.ledger import Ledger
from app.sales.offers import Offer
from app.sales.tables import buyers, orders
from app.sales.under_way import Purchase, Stage
from app.sales.verdict import Bought, Verdict

DEAL = 37
ORDINARY = Terms(DEAL, "The Crumb Baron", "USD", unit_price=4999, shipping=500, quantity=10, limit=3)
# In no other request to PostgreSQL: an array of bytea, the bodies' hashes of a group that is to be recorded. The reply
# to it is the reply to its commit.
A_GROUP = b"\0\0\0\x01\0\0\0\0\0\0\0\x11"
DEADLINE = 40.0  # seconds within which whatever a test waits for has to happen
_keys = count(1)


async def on_offer(
    engine: AsyncEngine, clock: Clock, quantity: int = 10, limit: int = 3, deal: int = DEAL
) -> Terms:
    """A deal that is live; its gate opens with the first purchase, or with `follow`."""
    terms = replace(ORDINARY, deal_id=deal, quantity=quantity, limit=limit)
    async with engine.begin() as connection:
        await open_offer(connection, terms, clock.now())
    return terms


async def close(engine: AsyncEngine, clock: Clock, deal: int = DEAL) -> None:
    """The deal ends."""
    async with engine.begin() as connection:
        await close_offer(connection, deal, clock.now())


async def pause(engine: AsyncEngine, paused: bool = True, deal: int = DEAL) -> None:
    """The show pauses, or goes on."""
    async with engine.begin() as connection:
        await pause_offer(connection, deal, paused)


async def people(engine: AsyncEngine, number: int) -> list[int]:
    """The ids of so many new shoppers. Nobody can sign in as them; tokens are given out by `token`."""
    insert = text(
        "INSERT INTO shoppers (email, name, password_hash, created_at)"
        " SELECT gen_random_uuid() || '@example.com', 'Ada', 'none', now() FROM generate_series(1, :n) RETURNING id"
    )
    async with engine.begin() as connection:
        return list((await connection.execute(insert, {"n": number})).scalars())


def wish(shopper_id: int, quantity: int = 1, key: str | None = None, deal: int = DEAL) -> Wish:
    """What a shopper asks for, under a fresh key."""
    return Wish(shopper_id, key or f"key-{next(_keys)}", deal, quantity)


async def buy(checkout: Checkout, wishes: Iterable[Wish], patience: float = DEADLINE) -> list[Verdict]:
    """All of them at once."""
    return await asyncio.gather(*(checkout.purchase(wish, patience=patience) for wish in wishes))


async def buy_until(
    condition: Callable[[Purchase], bool], checkout: Checkout, *wishes: Wish
) -> list[Verdict]:
    """All of them at once; their time is up at the moment when `condition` holds of each that is under way."""
    asked = [asyncio.create_task(checkout.purchase(one, patience=2 * DEADLINE)) for one in wishes]

    def under_way() -> list[Purchase | None]:
        return [checkout._under_way.get((one.shopper_id, one.key)) for one in wishes]

    async def has_come() -> bool:
        both = zip(asked, under_way(), strict=True)
        return all(task.done() or (one is not None and condition(one)) for task, one in both)

    await eventually(has_come)
    for one in under_way():
        if one is not None:
            one.time_is_up()
    return list(await asyncio.gather(*asked))


def is_in_hand(purchase: Purchase) -> bool:
    """Whether nobody can say any more that nothing will come of it."""
    return purchase.stage is Stage.IN_HAND or purchase.known_since is not None


def is_recovering(checkout: Checkout, deal: int = DEAL) -> bool:
    """Whether the deal's gate is given up, and another is not there yet."""
    pipeline = checkout._on_sale._pipelines.get(deal)
    return pipeline is not None and pipeline.sale._recovering.locked()


def tally(verdicts: Iterable[Verdict]) -> Counter[str]:
    """How often each verdict came."""
    return Counter(type(verdict).__name__ for verdict in verdicts)


def bought(verdict: Verdict) -> Bought:
    """The verdict, which has to be an order."""
    assert isinstance(verdict, Bought), verdict
    return verdict


class Books(Struct, frozen=True):
    """A deal as PostgreSQL has it: the offer, its orders' ids and places, and the units in each place they are kept."""

    offer: Offer
    ids: set[str]
    places: list[int]
    units: int
    units_of_buyers: int


async def read_books(engine: AsyncEngine, deal: int = DEAL) -> Books:
    """What is written about a deal."""
    of_buyers = select(func.coalesce(func.sum(buyers.c.units), 0)).where(buyers.c.deal_id == deal)
    async with engine.connect() as connection:
        offer = await read_offer(connection, deal)
        query = select(orders.c.id, orders.c.place, orders.c.quantity).where(orders.c.deal_id == deal)
        rows = (await connection.execute(query.order_by(orders.c.place))).all()
        held = await connection.scalar(of_buyers)
    assert offer is not None
    places = [row.place for row in rows]
    return Books(offer, {row.id for row in rows}, places, sum(row.quantity for row in rows), held or 0)


async def assert_the_books_balance(
    engine: AsyncEngine, verdicts: Iterable[Verdict] = (), *, sold: int | None = None, deal: int = DEAL
) -> Books:
    """Nothing oversold, nothing lost: every `Bought` is written down, all counts agree, places have no gap."""
    books = await read_books(engine, deal)
    assert books.units <= books.offer.terms.quantity, "more was sold than there was"
    assert books.offer.sold == books.units == books.units_of_buyers
    assert books.offer.orders == len(books.ids)
    assert books.places == list(range(1, len(books.places) + 1))
    assert {v.order.id for v in verdicts if isinstance(v, Bought) and v.order.deal_id == deal} <= books.ids
    assert sold is None or books.offer.sold == sold
    return books


async def gate_left(redis_gate: Gate, engine: AsyncEngine, deal: int = DEAL) -> int | None:
    """What the gate of the present epoch still gives out."""
    offer = await read_offer(engine, deal)
    assert offer is not None
    return await redis_gate.left(deal, offer.epoch)


async def eventually(condition: Callable[[], Awaitable[bool]], within: float = DEADLINE) -> None:
    """Return once it is so; fail where it is not so in time."""
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.01)


class Halt:
    """Where whoever arrives stands still until it is let go; `arrival` waits for the first."""

    def __init__(self) -> None:
        self._reached, self._let_go = asyncio.Event(), asyncio.Event()

    async def stand_still(self) -> None:
        """What is done at the place."""
        self._reached.set()
        await self._let_go.wait()

    async def arrival(self) -> None:
        """Return when somebody stands there; fail where nobody comes in time."""
        async with asyncio.timeout(DEADLINE):
            await self._reached.wait()

    @property
    def has_arrival(self) -> bool:
        """Whether somebody stands there."""
        return self._reached.is_set()

    def let_go(self) -> None:
        """Whoever stands there goes on, and so does whoever comes later."""
        self._let_go.set()


@contextmanager
def halted(name: Name) -> Iterator[Halt]:
    """A failpoint as such a place."""
    halt = Halt()
    with armed(name, halt.stand_still):
        yield halt


class Process(Struct):
    """One process of the shop, as far as selling goes: its own connections, its own checkout."""

    checkout: Checkout
    gate: Gate
    ledger: Ledger
    engine: AsyncEngine


@asynccontextmanager
async def process(
    database_url: str, redis_url: str, clock: Clock, *, reply_seconds: float = 2.0
) -> AsyncIterator[Process]:
    """A process that sells, on these servers; it waits `reply_seconds` for each reply of Redis."""
    engine, redis = connect_database(database_url), connect_redis(redis_url, timeout=reply_seconds)
    checkout = Checkout(engine, redis, clock)
    try:
        yield Process(checkout, Gate(redis), checkout.ledger, engine)
    finally:
        await checkout.stop()
        await redis.aclose()
        await engine.dispose()


class Wire:
    """A unix socket that leads to a server, and the faults that a network has."""

    def __init__(self, server: Path, path: Path) -> None:
        self.server, self.path = server, path
        self.is_cut = False
        self.faults = 0  # that came true
        self.reached = asyncio.Event()  # a request that `hold` waits for has been passed on
        self._lose: tuple[bytes, bool] | None = None
        self._hold: bytes | None = None
        self._released = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    def cut(self) -> None:
        """Nothing gets through, and what is connected is no longer."""
        self.is_cut = True
        for task in self._tasks:
            task.cancel()

    def mend(self) -> None:
        """It leads to the server again."""
        self.is_cut = False

    def lose_reply(self, request: bytes) -> None:
        """The next request with these bytes is carried out, but the connection dies before its reply."""
        self._lose = (request, True)

    def lose_request(self, request: bytes) -> None:
        """The connection dies before the next request with these bytes gets anywhere."""
        self._lose = (request, False)

    def hold(self, request: bytes) -> None:
        """Replies wait, on every connection, from the next request with these bytes until `release`."""
        self._hold = request
        self.reached.clear()
        self._released.clear()

    def release(self) -> None:
        """Let all waiting replies through."""
        self._hold = None
        self._released.set()

    async def open(self) -> None:
        """Start to listen."""
        self._released.set()
        self._listener = await asyncio.start_unix_server(self._accept, self.path)

    async def close(self) -> None:
        """Stop."""
        self.cut()
        assert self._listener is not None
        self._listener.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())  # also where it was cancelled before it began

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self.server)
        muted = asyncio.Event()

        async def requests() -> None:
            while chunk := await reader.read(65536):
                if self._lose is not None and self._lose[0] in chunk:
                    passed_on, self._lose = self._lose[1], None
                    self.faults += 1
                    if not passed_on:
                        return
                    muted.set()
                if self._hold is not None and self._hold in chunk:
                    self.reached.set()
                server_writer.write(chunk)
                await server_writer.drain()

        async def replies() -> None:
            while chunk := await server_reader.read(65536):
                if muted.is_set():
                    return
                if self.reached.is_set():
                    await self._released.wait()
                writer.write(chunk)
                await writer.drain()

        directions = [asyncio.create_task(requests()), asyncio.create_task(replies())]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server_writer.close()
            for direction in directions:
                direction.cancel()
            await asyncio.gather(*directions, return_exceptions=True)


class Wires(Struct):
    """The two wires of one process, and the addresses at their near ends."""

    postgres: Wire
    redis: Wire
    database_url: str
    redis_url: str


@asynccontextmanager
async def wires(servers: EmbeddedServers) -> AsyncIterator[Wires]:
    """Wires to both servers."""
    with tempfile.TemporaryDirectory(prefix="bm-") as name:  # a socket's path has to be short
        folder = Path(name)
        database = make_url(servers.database_url)
        host = str(database.query["host"])
        postgres = Wire(Path(host) / ".s.PGSQL.5432", folder / ".s.PGSQL.5432")
        redis = Wire(Path(servers.redis_url.removeprefix("unix://")), folder / "valkey.sock")
        await postgres.open()
        await redis.open()
        yield Wires(
            postgres,
            redis,
            servers.database_url.replace(host, str(folder)),
            f"unix://{folder / 'valkey.sock'}",
        )
        await postgres.close()
        await redis.close()


@asynccontextmanager
async def saboteur(database_url: str) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """Something to call that ends every connection of the shop to PostgreSQL, and says how many those were."""
    engine = create_async_engine(
        database_url, poolclass=NullPool, connect_args={"server_settings": {"application_name": "saboteur"}}
    )
    end = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'breadmaker'"
    )

    async def strike() -> int:
        async with engine.connect() as connection:
            return int((await connection.execute(end)).scalar_one())

    try:
        yield strike
    finally:
        await engine.dispose()
