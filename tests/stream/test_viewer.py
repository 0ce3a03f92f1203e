"""A viewer: what it is behind by, never a queue of what it missed."""

import pytest
from redis.asyncio import Redis

from app.stream.event import EventId, News
from app.stream.hub import Hub
from app.stream.viewer import Viewer
from tests.conftest import FrozenClock
from tests.factories.stream import Seen, live_of, read_events, stock_of, to_news


@pytest.fixture
def hub(redis: Redis) -> Hub:
    """A hub that only hears what the test tells it."""
    hub = Hub(redis)
    hub.heard = EventId(1, 0)
    return hub


def news(seq: int, kind: str, **data: object) -> News:
    return to_news(EventId(1, seq), kind, data)


def kinds(chunk: bytes) -> list[tuple[str, int | None]]:
    return [(seen.kind, seen.id and seen.id.seq) for seen in read_events(chunk)]


async def test_the_first_thing_is_when_to_come_back_and_the_second_the_whole_present(hub: Hub) -> None:
    hub.apply(news(1, "live", **live_of(7)))
    frames = Viewer(hub).frames()
    assert (await anext(frames)).startswith(b"retry: ")
    (seen,) = read_events(await anext(frames))
    assert seen == Seen("live", EventId(1, 1), live_of(7) | {"id": "1-1"})
    await frames.aclose()  # type: ignore[attr-defined]


async def test_who_does_not_read_gets_the_newest_state_only(hub: Hub, clock: FrozenClock) -> None:
    hub.apply(news(1, "live", **live_of(7)))
    frames = Viewer(hub).frames()
    await anext(frames)
    await anext(frames)
    for seq in range(2, 500):
        hub.apply(news(seq, "stock", **stock_of(7, seq % 100)))
        hub._cast_stock()
        hub.ping(None, clock.now())
    assert kinds(await anext(frames)) == [("stock", 499), ("ping", None)]
    for seq in range(500, 600, 2):
        hub.apply(news(seq, "live", **live_of(seq)))
        hub.apply(news(seq + 1, "stock", **stock_of(seq, 9)))
    hub.apply(news(600, "live", **live_of(600)))
    (seen,) = read_events(await anext(frames))
    assert (seen.kind, seen.id, seen.data["deal"]) == ("live", EventId(1, 600), {"id": 600})
    await frames.aclose()  # type: ignore[attr-defined]


async def test_who_came_before_there_was_anything_gets_it_with_the_first_news(
    hub: Hub, clock: FrozenClock
) -> None:
    frames = Viewer(hub).frames()
    await anext(frames)
    hub.ping(None, clock.now())
    assert kinds(await anext(frames)) == [("ping", None)]
    hub.apply(news(1, "live", **live_of(7)))
    assert kinds(await anext(frames)) == [("live", 1)]
    await frames.aclose()  # type: ignore[attr-defined]


async def test_ids_grow_also_where_a_ping_and_a_state_are_sent_together(hub: Hub, clock: FrozenClock) -> None:
    hub.apply(news(1, "live", **live_of(7)))
    frames = Viewer(hub).frames()
    await anext(frames)
    await anext(frames)
    hub.apply(news(2, "ping"))
    hub.ping(EventId(1, 2), clock.now())
    hub.apply(news(3, "stock", **stock_of(7, 50)))
    hub._cast_stock()
    assert kinds(await anext(frames)) == [("ping", 2), ("stock", 3)]
    hub.apply(news(4, "stock", **stock_of(7, 40)))
    hub.apply(news(5, "ping"))
    hub.ping(EventId(1, 5), clock.now())  # lets the stock that waits for its time go first
    hub._cast_stock()
    assert kinds(await anext(frames)) == [("stock", 4), ("ping", 5)]
    await frames.aclose()  # type: ignore[attr-defined]


async def test_who_came_while_a_stock_waited_for_its_time_is_not_told_twice(hub: Hub) -> None:
    hub.apply(news(1, "live", **live_of(7)))
    hub.apply(news(2, "stock", **stock_of(7, 50)))
    viewer = Viewer(hub)
    frames = viewer.frames()
    await anext(frames)
    (seen,) = read_events(await anext(frames))
    assert (seen.id, seen.data["stock"]["left_percent"]) == (EventId(1, 2), 50)
    hub._cast_stock()
    assert viewer._behind() == b""
    await frames.aclose()  # type: ignore[attr-defined]


async def test_a_viewer_is_counted_while_it_watches(hub: Hub) -> None:
    frames = Viewer(hub).frames()
    await anext(frames)
    assert len(hub.viewers) == 1
    await frames.aclose()  # type: ignore[attr-defined]
    assert len(hub.viewers) == 0


async def test_close_ends_the_stream_of_who_waits_and_of_who_comes(hub: Hub) -> None:
    hub.apply(news(1, "live", **live_of(7)))
    waiting = Viewer(hub).frames()
    await anext(waiting)
    await anext(waiting)
    hub.close()
    with pytest.raises(StopAsyncIteration):
        await anext(waiting)
    late = Viewer(hub).frames()
    await anext(late)
    with pytest.raises(StopAsyncIteration):
        await anext(late)
    assert not hub.viewers
