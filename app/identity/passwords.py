"""Passwords: hashed and checked beside the event loop, two at a time, with a bounded queue."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher

from app.platform.errors import SlowDown

THREADS = 2
WAITING_LIMIT = 64  # about two seconds' work

# What an unknown email's password is checked against: made once of a text that nobody kept, with the parameters of
# today's hasher (a test compares them), because making one at each start costs a seventh of a second.
NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$n/JBgDJc5yLZE4HBdjHXew$wzvrAIQ2o0ZHnryLNdL0NGxXuigPvGT6l4PNOKYukm8"
)

Answer = TypeVar("Answer")


class Hasher(Protocol):
    """What makes and checks hashes; pwdlib's hashers are some."""

    def hash(self, password: str) -> str:
        """A salted hash of `password`."""
        ...

    def verify(self, password: str, hash: str) -> bool:  # noqa: A002 - pwdlib's word
        """Whether `hash` was made of `password`."""
        ...


class Passwords:
    """Hashes and checks. Raises SlowDown where too many wait already: argon2 is dear by intent."""

    def __init__(self, hasher: Hasher | None = None, *, waiting_limit: int = WAITING_LIMIT) -> None:
        self._hasher = hasher or Argon2Hasher()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._at_most = THREADS + waiting_limit
        self._under_way = 0

    async def hash(self, password: str) -> str:
        """A salted hash, fit to be kept."""
        return await self._beside(lambda: self._hasher.hash(_one_spelling(password)))

    async def verify(self, password: str, known_hash: str | None) -> bool:
        """Whether the password is right. For nobody (None) it takes as long to say no as for somebody."""
        against = known_hash or NOBODYS_HASH
        right = await self._beside(lambda: self._hasher.verify(_one_spelling(password), against))
        return right and known_hash is not None

    def close(self) -> None:
        """Let go of the threads; what is still queued is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _beside(self, work: Callable[[], Answer]) -> Answer:
        if self._under_way >= self._at_most:
            raise SlowDown("Many people are signing in at this moment.")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._under_way -= 1


def _one_spelling(password: str) -> str:
    """`é` typed on one keyboard equals `é` composed on another (NIST SP 800-63B asks for NFC or NFKC)."""
    return unicodedata.normalize("NFKC", password)
