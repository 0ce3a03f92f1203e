"""The hub: who is told what, in which order, and what it costs the others."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from app.stream import hub as room
from app.stream.admission import Guest
from app.stream.event import EventId
from app.stream.hub import Hub
from app.stream.reader import Reader
from tests.factories.inventory import until
from tests.factories.stream import ANYBODY, Watching, live_of, stock_of, to_news


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub that only hears what the test tells it."""
    hub = Hub()
    hub.heard = EventId(1, 0)
    yield hub
    hub.close()


def hear(hub: Hub, seq: int, kind: str, data: object, topic: str = "show") -> None:
    hub.apply(to_news(EventId(1, seq), kind, data, topic))


async def test_a_stock_that_waited_while_a_new_deal_came_is_not_shown_after_it(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    viewer = Watching(hub)
    await until(lambda: viewer.deals() == [7], "the present")
    hear(hub, 2, "stock", stock_of(7, 90))
    await until(lambda: viewer.percents() == [90], "the first stock goes out at once")
    hear(hub, 3, "stock", stock_of(7, 80))  # waits for its time
    hear(hub, 4, "live", live_of(8))
    await until(lambda: viewer.deals() == [7, 8], "the new deal")
    hear(hub, 5, "stock", stock_of(8, 70))
    await until(lambda: 70 in viewer.percents(), "the new deal's stock")
    assert viewer.percents() == [90, 70]
    await viewer.leave()


async def test_what_comes_after_a_stock_that_waits_comes_after_it(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    viewer = Watching(hub)
    await until(lambda: viewer.deals() == [7], "the present")
    for seq in range(2, 10, 2):
        hear(hub, seq, "stock", stock_of(7, 100 - seq))
        hear(hub, seq + 1, "chat", {"text": str(seq)})
    await until(lambda: viewer.said() == ["2", "4", "6", "8"], "all of the chat")
    assert viewer.percents() == [98, 92]
    assert all(before < after for before, after in pairwise(viewer.ids()))
    await viewer.leave()


async def test_who_comes_while_a_stock_waits_is_told_once(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    hear(hub, 2, "stock", stock_of(7, 90))
    hear(hub, 3, "stock", stock_of(7, 80))
    viewer = Watching(hub)
    await until(lambda: viewer.percents() == [80], "what waited")
    assert viewer.ids() == [EventId(1, 2), EventId(1, 3)]
    await viewer.leave()


async def test_a_stock_of_another_deal_changes_nothing(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    hear(hub, 2, "stock", stock_of(6, 1))
    assert hub.present == live_of(7)


async def test_who_came_before_there_was_anything_gets_it_with_the_first_news(hub: Hub) -> None:
    viewer = Watching(hub)
    await until(lambda: hub.size == 1, "it watches")
    hub.ping(None, b"{}")
    hear(hub, 1, "live", live_of(7))
    await until(lambda: viewer.kinds() == ["ping", "live"], "both")
    await viewer.leave()


async def test_a_pass_lets_others_have_their_turn_and_takes_what_is_newer_along(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SLICE", 4)
    hear(hub, 1, "live", live_of(1))
    viewers = [Watching(hub) for _ in range(40)]
    await until(lambda: all(viewer.deals() == [1] for viewer in viewers), "all watch")
    hear(hub, 2, "live", live_of(2))
    for _ in range(3):
        await asyncio.sleep(0)  # a turn of the loop: not many have been written to
    hear(hub, 3, "live", live_of(3))
    await until(lambda: all(viewer.deals()[-1] == 3 for viewer in viewers), "all have the newest")
    spared = [viewer for viewer in viewers if viewer.deals() == [1, 3]]
    assert 0 < len(spared) < 40, "those who came late in the pass were spared what was old by then"
    assert hub.counted["sent"] < 80
    for viewer in viewers:
        await viewer.leave()


async def test_one_who_can_take_no_more_is_sent_nothing_until_it_can(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(1))
    chunks = Reader(hub, Guest(lambda: 5, 5, None, None)).chunks()
    await anext(chunks)
    assert len(hub.lagging) == 1, "until it asks for more it has not taken this"
    for number in range(2, 100):
        hear(hub, 2 * number - 2, "live", live_of(number))
        hear(hub, 2 * number - 1, "you", {"kind": "order"}, "shopper:5" if number == 50 else "shopper:6")
    chunk = await anext(chunks)
    assert [line for line in chunk.split(b"\n") if line.startswith(b"event")] == [
        b"event: you",
        b"event: live",
    ]
    await chunks.aclose()  # type: ignore[attr-defined]
    assert hub.size == 0


async def test_one_that_is_stuck_for_a_minute_is_dropped(hub: Hub) -> None:
    chunks = Reader(hub, ANYBODY).chunks()
    await anext(chunks)
    now = asyncio.get_running_loop().time()
    hub.drop_stuck(now + room.STUCK_SECONDS - 1)
    assert (hub.size, hub.counted["dropped"]) == (1, 0)
    hub.drop_stuck(now + room.STUCK_SECONDS + 1)
    assert (hub.size, hub.counted["dropped"]) == (0, 1)
    with pytest.raises(StopAsyncIteration):
        await anext(chunks)


async def test_a_gap_is_reported_and_nothing_beyond_it_is_taken_in() -> None:
    gaps: list[int] = []
    hub = Hub(on_gap=lambda: gaps.append(1))
    hub.heard = EventId(1, 0)
    hear(hub, 2, "live", live_of(7))
    assert (hub.present, gaps) == (None, [1])
    hear(hub, 1, "live", live_of(6))
    hear(hub, 2, "live", live_of(7))
    hear(hub, 1, "live", live_of(6))
    assert (hub.present, gaps) == (live_of(7), [1])


async def test_a_correction_brings_what_was_missed_in_its_order(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    viewer = Watching(hub)
    await until(lambda: viewer.deals() == [7], "the present")
    said = [to_news(EventId(1, seq), "chat", {"text": str(seq)}) for seq in (2, 4)]
    live = to_news(EventId(1, 3), "live", live_of(8)).body
    hub.correct(EventId(1, 4), EventId(1, 3), (live, None), said)
    hub.correct(EventId(1, 3), EventId(1, 3), (b"{}", None), [])  # read earlier, comes later
    await until(lambda: viewer.said() == ["2", "4"], "the chat")
    assert viewer.ids() == [EventId(1, seq) for seq in (1, 2, 3, 4)]
    assert hub.present == live_of(8)
    await viewer.leave()


async def test_a_numbering_that_began_without_a_state_leaves_what_is_shown(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    hub.correct(EventId(2, 1), EventId(2, 0), (b"", None), [])
    assert hub.present == live_of(7)
    hub.correct(EventId(2, 2), EventId(2, 2), (to_news(EventId(2, 2), "live", live_of(8)).body, None), [])
    assert hub.present == live_of(8)


async def test_close_ends_the_stream_of_who_waits_and_of_who_reads(hub: Hub) -> None:
    hear(hub, 1, "live", live_of(7))
    waiting, reading = Watching(hub), Reader(hub, ANYBODY).chunks()
    await anext(reading)
    await until(lambda: len(hub.ready) == 1, "one waits for more")
    hub.close()
    await until(lambda: waiting.ended, "its end")
    with pytest.raises(StopAsyncIteration):
        await anext(reading)
    assert hub.size == 0
