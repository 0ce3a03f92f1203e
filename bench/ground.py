"""What a benchmark of purchases stands on: servers of its own, shoppers with tokens, and shops that serve."""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers
from app.platform.embedded_servers import POSTGRES_FOLDER, VALKEY_SOCKET
from app.platform.embedded_supervisor import listener
from app.platform.migrations import migrate
from app.platform.signing import Signer
from bench.desk import Desk
from bench.processes import ChildError, child, clean_environment, family, free_port

# Not /tmp, which on many machines is memory, where a commit that waits for the disk costs nothing.
FOLDER = "/var/tmp"  # noqa: S108 - a folder of our own is made in it
TOKEN_DAYS = 1
SHOP = "from app.cli import main; main()"

NEW_SHOPPERS = text(
    "INSERT INTO shoppers (email, name, password_hash, role, created_at)"
    " SELECT 'shopper' || n || '@bench.example', 'Shopper ' || n, '!', CAST(:role AS text), now()"
    " FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n RETURNING id"
)


class Ground(Struct, frozen=True):
    """PostgreSQL and Valkey with the newest schema; `tokens` is a file with a bearer token a line."""

    folder: Path
    servers: EmbeddedServers
    secret: str
    tokens: Path
    desk_token: str

    @property
    def valkey_socket(self) -> str:
        """Where Valkey listens."""
        return self.servers.redis_url.removeprefix("unix://")

    def server_pids(self) -> list[int]:
        """PostgreSQL's and Valkey's processes, as they are now."""
        postmaster = (self.folder / POSTGRES_FOLDER / "postmaster.pid").read_text().split()[0]
        valkey = listener(str(self.folder / VALKEY_SOCKET))
        return family(int(postmaster)) + ([valkey] if valkey else [])

    @asynccontextmanager
    async def database(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction."""
        engine = connect_database(self.servers.database_url)
        try:
            async with engine.begin() as connection:
                yield connection
        finally:
            await engine.dispose()

    def settings(self) -> dict[str, str]:
        """The environment variables of a shop on this ground."""
        return {
            "DATABASE_URL": self.servers.database_url,
            "REDIS_URL": self.servers.redis_url,
            "BREADMAKER_SECRET": self.secret,
            "BREADMAKER_DATA": str(self.folder),
            "BREADMAKER_LIMITS": "off",  # all shoppers come from one address
        }

    @contextmanager
    def shop(self, workers: int) -> Iterator[tuple[Desk, int]]:
        """The shop as it is shipped, ready to sell: its desk, and its process id."""
        port = free_port()
        desk = Desk(port, self.desk_token)
        environment = clean_environment(**self.settings())
        words = ["serve", "--port", str(port), "--workers", str(workers)]
        command = [sys.executable, "-c", SHOP, *words]
        with child(command, self.folder / "shop.log", environment, desk.is_open) as pid:
            yield desk, pid


@contextmanager
def prepared_ground(shoppers: int) -> Iterator[Ground]:
    """A ground that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="breadmaker-bench-", dir=FOLDER) as name:
        folder, secret = Path(name), secrets.token_urlsafe(48)
        servers = EmbeddedServers(folder).start()
        try:
            tokens = asyncio.run(_populate(servers, Signer(secret), shoppers))
            (folder / "tokens").write_text("\n".join(tokens[:-1]))
            yield Ground(folder, servers, secret, folder / "tokens", tokens[-1])
        finally:
            servers.stop()
            _wait_until_gone(folder)


async def _populate(servers: EmbeddedServers, signer: Signer, shoppers: int) -> list[str]:
    """The schema and the people; answers a token each, the merchandiser's last."""
    engine = connect_database(servers.database_url)
    try:
        await migrate(engine)
        await _insist_on_durability(engine)
        async with engine.begin() as connection:
            buyers = {"role": "shopper", "first": 1, "last": shoppers}
            ids = [*(await connection.execute(NEW_SHOPPERS, buyers)).scalars()]
            desk = {"role": "merchandiser", "first": 0, "last": 0}
            ids += (await connection.execute(NEW_SHOPPERS, desk)).scalars()
    finally:
        await engine.dispose()
    ends_at = int(time.time()) + TOKEN_DAYS * 86_400
    return [signer.sign("token", f"{shopper}.{secrets.token_urlsafe(18)}.{ends_at}") for shopper in ids]


async def _insist_on_durability(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            if await connection.scalar(text(f"SHOW {setting}")) != "on":
                raise ChildError(
                    f"PostgreSQL's {setting} is not on: commits that may be lost compare to nothing"
                )


def _wait_until_gone(folder: Path) -> None:
    """The servers end by themselves; their folder can go when the last of them has."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (folder / POSTGRES_FOLDER / "postmaster.pid").exists():
        time.sleep(0.05)
