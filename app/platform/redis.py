"""Redis: connections that never retry or reload behind our back, and Lua scripts read from files.

A command whose reply was lost may still have run, so a retry is a decision, and whoever made the call takes it.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

Argument = bytes | str | int | float


def connect_redis(url: str, *, timeout: float | None = 5.0) -> "Redis":
    """A client for `url`. `timeout` in seconds bounds each reply (None for a subscription, which waits)."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=5.0,
        max_connections=64,
    )


class Script:
    """A Lua script in a file. The file's head states its KEYS, ARGV, answer and promise."""

    def __init__(self, path: Path) -> None:
        self.source = path.read_text()
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    async def load(self, redis: "Redis") -> None:
        """Make the script known to the server."""
        await redis.script_load(self.source)

    async def call(self, redis: "Redis", keys: Sequence[str], args: Sequence[Argument]) -> object:
        """Run it by its hash. Raises NoScriptError where the server does not know it (yet, or any more)."""
        command = ("EVALSHA", self.sha, len(keys), *keys, *args)
        return cast(object, await redis.execute_command(*command))  # type: ignore[no-untyped-call]

    async def run(self, redis: "Redis", keys: Sequence[str], args: Sequence[Argument]) -> object:
        """Run it, loading it where the server has forgotten it. For scripts that an emptied Redis cannot mislead."""
        try:
            return await self.call(redis, keys, args)
        except NoScriptError:
            await self.load(redis)
            return await self.call(redis, keys, args)
