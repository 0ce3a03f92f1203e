"""PostgreSQL: one engine a process, one metadata that gathers each room's tables."""

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

POOL_SIZE = 8
STATEMENT_TIMEOUT_MS = 15_000
ANSWER_SECONDS = 20.0  # a server that is gone without a word cannot keep its own statement timeout


def connect_database(url: str, *, answer_seconds: float | None = ANSWER_SECONDS) -> AsyncEngine:
    """An engine for `url` (postgresql+asyncpg://…). It connects lazily; a broken connection is found before use.

    A server that says nothing for `answer_seconds` is given up; None waits for ever, as a migration has to.
    """
    return create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={
            "timeout": 5,
            "command_timeout": answer_seconds,
            "server_settings": {
                "application_name": "breadmaker",
                "jit": "off",  # our statements are short; compiling them would take longer than running them
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(STATEMENT_TIMEOUT_MS),
            },
        },
    )


async def check_database(engine: AsyncEngine) -> None:
    """Raise whatever keeps PostgreSQL from answering."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
