"""Passwords, hashed beside the event loop."""

import asyncio
import threading

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from app.identity.passwords import NOBODYS_HASH, Passwords
from app.platform.errors import SlowDown
from tests.factories.identity import CountingHasher


class StuckHasher(CountingHasher):
    """Verifies nothing before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def verify(self, password: str, hash: str) -> bool:  # noqa: A002 - pwdlib's word
        """Wait, then check."""
        self.let_go.wait(30)
        return super().verify(password, hash)


async def test_the_right_password_is_right_and_another_is_wrong() -> None:
    passwords = Passwords(CountingHasher())
    kept = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", kept)
    assert not await passwords.verify("correct horsE", kept)
    passwords.close()


async def test_a_password_typed_on_another_keyboard_is_the_same() -> None:
    passwords = Passwords(CountingHasher())
    kept = await passwords.hash("caf\u00e9 au lait")
    assert await passwords.verify("cafe\u0301 au lait", kept)
    passwords.close()


async def test_nobody_is_refused_with_as_much_work_as_somebody() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    kept = await passwords.hash("correct horse")
    assert not await passwords.verify("wrong", kept)
    assert hasher.verified == 1
    assert not await passwords.verify("wrong", None)
    assert hasher.verified == 2
    passwords.close()


def test_nobodys_hash_was_made_as_hashes_are_made_today() -> None:
    assert not Argon2Hasher().check_needs_rehash(NOBODYS_HASH)


async def test_when_too_many_wait_the_next_is_told_to_slow_down() -> None:
    hasher = StuckHasher()
    passwords = Passwords(hasher, waiting_limit=1)
    kept = await passwords.hash("correct horse")
    under_way = [asyncio.create_task(passwords.verify("correct horse", kept)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(SlowDown) as raised:
        await passwords.verify("correct horse", kept)
    assert "Retry-After" in raised.value.headers()
    hasher.let_go.set()
    assert await asyncio.gather(*under_way) == [True, True, True]
    assert await passwords.verify("correct horse", kept)
    passwords.close()


async def test_one_who_gives_up_waiting_makes_room_for_another() -> None:
    hasher = StuckHasher()
    passwords = Passwords(hasher, waiting_limit=1)
    kept = await passwords.hash("correct horse")
    under_way = [asyncio.create_task(passwords.verify("correct horse", kept)) for _ in range(3)]
    await asyncio.sleep(0)
    under_way[2].cancel()
    await asyncio.wait([under_way[2]])
    another = asyncio.create_task(passwords.verify("correct horse", kept))
    hasher.let_go.set()
    assert await another
    await asyncio.gather(*under_way[:2])
    passwords.close()


async def test_passwords_are_kept_as_argon2id_unless_told_otherwise() -> None:
    passwords = Passwords()
    assert (await passwords.hash("correct horse")).startswith("$argon2id$v=19$m=65536,t=3,")
    passwords.close()
