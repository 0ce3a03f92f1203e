"""Connections that say nothing."""

import asyncio

import pytest

from app.platform import silence
from app.platform.silence import Silence, silence_of


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 0.02)


async def test_who_stays_silent_is_closed_and_who_speaks_is_not() -> None:
    room, closed = Silence(), asyncio.Event()
    others: list[str] = []
    room.begin("speaks", lambda: others.append("speaks"))
    room.begin("silent", closed.set)
    room.end("speaks")
    room.end("never was there")
    async with asyncio.timeout(60):
        await closed.wait()
    assert others == []


async def test_to_begin_again_is_no_way_to_stay() -> None:
    room, closed = Silence(), asyncio.Event()
    room.begin("drips", closed.set)
    async with asyncio.timeout(60):
        while not closed.is_set():
            room.begin("drips", closed.set)
            await asyncio.sleep(0.01)


async def test_the_next_are_looked_at_too() -> None:
    room = Silence()
    for _ in range(2):
        closed = asyncio.Event()
        room.begin(object(), closed.set)
        async with asyncio.timeout(60):
            await closed.wait()


async def test_a_process_has_one() -> None:
    state: dict[str, object] = {}
    assert silence_of(state) is silence_of(state)
