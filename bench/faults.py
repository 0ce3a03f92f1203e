"""What may go wrong while the shop sells. Each fault is over when its function returns, save that a process starts."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from random import Random

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from app.platform.embedded_servers import POSTGRES_FOLDER, POSTGRES_SOCKET, postgres_answers
from app.platform.embedded_supervisor import listener
from app.platform.failpoints import NAMES
from app.platform.redis import connect_redis
from bench.fault_branch import Branch
from bench.ground import Ground
from bench.outage import kill_valkey
from bench.processes import ChildError, family

BACK_SECONDS = 20.0
END_BACKENDS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = 'breadmaker' AND pid <> pg_backend_pid()"
)


class Scene(Struct, frozen=True):
    """What can break, and the dice."""

    ground: Ground
    branches: Sequence[Branch]
    chance: Random


def kill_a_process(scene: Scene) -> None:
    """kill -9; its service manager starts it again."""
    branch = scene.chance.choice(scene.branches)
    branch.kill()
    branch.start()


def freeze_a_process(scene: Scene) -> None:
    """Stopped past a recount, perhaps, and continued."""
    branch = scene.chance.choice(scene.branches)
    branch.signal(signal.SIGSTOP)
    time.sleep(scene.chance.uniform(0.3, 3.5))
    branch.signal(signal.SIGCONT)


def kill_redis(scene: Scene) -> None:
    """kill -9; it comes back empty."""
    kill_valkey(scene.ground.valkey_socket)


def freeze_redis(scene: Scene) -> None:
    """Scripts whose callers gave up run when it goes on."""
    valkey = listener(scene.ground.valkey_socket)
    with stopped([valkey] if valkey else []):
        time.sleep(scene.chance.uniform(0.3, 3.0))


def freeze_redis_for_ten_seconds(scene: Scene) -> None:
    """For longer than a shopper is asked to wait: some hear 503, and ask again."""
    valkey = listener(scene.ground.valkey_socket)
    with stopped([valkey] if valkey else []):
        time.sleep(10.0)


def empty_redis(scene: Scene) -> None:
    """FLUSHALL."""
    in_redis(scene, lambda redis: redis.flushall())


def forget_scripts(scene: Scene) -> None:
    """SCRIPT FLUSH."""
    in_redis(scene, lambda redis: redis.script_flush())


def put_something_else_there(scene: Scene) -> None:
    """A key of the gate holds another type."""

    async def spoil(redis: Redis) -> None:
        for key in await redis.keys("gate:*"):
            if scene.chance.random() < 0.5:
                both = redis.pipeline(
                    transaction=True
                )  # it is never just gone: no server loses one key of its own
                both.delete(key)
                both.lpush(key, "x")
                await both.execute()

    in_redis(scene, spoil)


def bring_back_an_older_gate(scene: Scene) -> None:
    """As a restart from an old file, or a stale replica, would."""

    async def turn_back(redis: Redis) -> None:
        old = {key: await redis.dump(key) for key in await redis.keys("gate:*")}
        await asyncio.sleep(scene.chance.uniform(0.05, 0.5))
        for key, value in old.items():
            if value is not None:
                await redis.restore(key, 0, value, replace=True)

    in_redis(scene, turn_back)


def fill_redis(scene: Scene) -> None:
    """maxmemory is reached for a while."""

    async def fill(redis: Redis) -> None:
        await redis.config_set("maxmemory", "1")
        await asyncio.sleep(scene.chance.uniform(0.1, 1.0))
        await redis.config_set("maxmemory", "0")

    in_redis(scene, fill)


def end_backends(scene: Scene) -> None:
    """Every connection to PostgreSQL ends, a few times."""

    async def end_them() -> None:
        for _ in range(scene.chance.randint(1, 4)):
            async with scene.ground.database() as connection:
                await connection.execute(END_BACKENDS)
            await asyncio.sleep(scene.chance.uniform(0, 0.2))

    asyncio.run(end_them())


def kill_postgres(scene: Scene) -> None:
    """kill -9 of the postmaster; crash recovery follows."""
    folder = scene.ground.folder
    os.kill(postmaster(scene), signal.SIGKILL)
    time.sleep(0.3)  # those that it leaves behind may still answer
    deadline = time.monotonic() + BACK_SECONDS
    while not postgres_answers(str(folder / POSTGRES_SOCKET)):
        if time.monotonic() > deadline:
            raise ChildError("PostgreSQL did not come back")
        time.sleep(0.05)


def freeze_postgres(scene: Scene) -> None:
    """All of it stands still."""
    with stopped(family(postmaster(scene))):
        time.sleep(scene.chance.uniform(0.2, 2.0))


FAULTS: list[Callable[[Scene], None]] = [
    kill_a_process,
    freeze_a_process,
    kill_redis,
    freeze_redis,
    freeze_redis_for_ten_seconds,
    empty_redis,
    forget_scripts,
    put_something_else_there,
    bring_back_an_older_gate,
    fill_redis,
    end_backends,
    kill_postgres,
    freeze_postgres,
]


def postmaster(scene: Scene) -> int:
    """PostgreSQL's first process."""
    return int((scene.ground.folder / POSTGRES_FOLDER / "postmaster.pid").read_text().split()[0])


def draw_failpoint(chance: Random) -> str:
    """A plan that arms one process: it dies or stops at one of the named places, the first time or a later one."""
    name = chance.choice(NAMES)
    later = name not in ("during-recount", "between-sell-out-and-advance")
    return f"{name}={chance.choice(['kill', 'kill', 'stop'])}:after={chance.randint(2, 40) if later else 1}"


@contextmanager
def stopped(pids: Sequence[int]) -> Iterator[None]:
    """SIGSTOP, and SIGCONT afterwards."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def in_redis(scene: Scene, work: Callable[[Redis], Awaitable[object]]) -> None:
    """Do something in Redis. Where that is away itself, nothing is done."""

    async def do() -> None:
        redis = connect_redis(scene.ground.servers.redis_url, timeout=5.0)
        try:
            with suppress(RedisError, OSError):
                await work(redis)
        finally:
            await redis.aclose()

    asyncio.run(do())
