"""Both ways in, the fast and the ordinary: the same bytes, the same rules, from a real server on a real socket."""

import asyncio
import socket
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from app.stream import SHOW, Stream, shopper_topic
from app.stream.pacing import StockPace
from tests.factories.inventory import until
from tests.factories.stream import GRACE_SECONDS, Line, Served, live_of, request_bytes, signed_out, stock_of


async def test_the_present_comes_at_once_with_the_contracts_headers(stream: Stream, ring: Any) -> None:
    await stream.publish("live", live_of(7), "0001")
    line: Line = await ring()
    await until(lambda: line.deals() == [7], "the present")
    assert line.status == 200
    assert line.fields["content-type"] == "text/event-stream; charset=utf-8"
    assert line.fields["cache-control"] == "no-store"
    assert line.fields["x-accel-buffering"] == "no"
    assert line.fields["x-content-type-options"] == "nosniff"
    assert line.fields["strict-transport-security"].startswith("max-age=")
    assert line.fields["date"].endswith("GMT")
    assert not {"content-encoding", "set-cookie", "content-length"} & line.fields.keys()
    assert line.body.startswith(b"retry: ")
    (event,) = line.events
    assert event.data["id"] == str(event.id) == "1-1"
    assert line.body.count(b"retry:") == 1


async def test_every_kind_of_event_arrives_under_ids_that_grow(stream: Stream, ring: Any) -> None:
    await stream.publish("live", live_of(7), "0001")
    line = await ring("Authorization: Bearer 5")
    await stream.publish("stock", stock_of(7, 90), "0001.1")
    await stream.publish("stock", stock_of(7, 80), "0001.2")
    await stream.tell(SHOW, "chat", {"text": "hello"})
    await stream.tell(SHOW, "cheer", {"deal_id": 7, "who": "a helper", "units": 1})
    await stream.ping()
    await stream.tell(shopper_topic(5), "you", {"kind": "coupon"})
    await until(lambda: line.of("you"), "what is its own")
    assert line.kinds() == ["live", "stock", "stock", "chat", "cheer", "ping", "you"]
    assert line.percents()[-1] == 80
    assert len(line.ids()) == len(line.events), "every event has an id"
    assert all(before < after for before, after in pairwise(line.ids()))


async def test_what_is_one_shoppers_own_goes_to_that_shopper_only_from_any_process(
    stream: Stream, elsewhere: Stream, ring: Any
) -> None:
    await stream.publish("live", live_of(7), "0001")
    nobody, five, again, six = [
        await ring(*headers)
        for headers in (
            [],
            ["Authorization: Bearer 5"],
            ["Authorization: Bearer 5"],
            ["Authorization: Bearer 6"],
        )
    ]
    await elsewhere.tell(shopper_topic(5), "you", {"kind": "order"})
    await elsewhere.tell(SHOW, "chat", {"text": "over"})
    for line in (nobody, five, again, six):
        await until(lambda line=line: line.said() == ["over"], "what came after")  # type: ignore[misc]
    assert [len(line.of("you")) for line in (nobody, five, again, six)] == [0, 1, 1, 0]


async def test_a_stream_whose_session_has_ended_is_ended_before_anything_private_is_sent(
    stream: Stream, ring: Any
) -> None:
    await stream.publish("live", live_of(7), "0001")
    line = await ring("Authorization: Bearer 5")
    await until(lambda: line.deals(), "the present")
    signed_out.add("5")
    await stream.tell(shopper_topic(5), "you", {"kind": "order"})
    await until(lambda: line.ended, "its end")
    assert line.of("you") == []


async def test_a_reconnect_gets_the_chat_and_its_own_events_that_it_missed_and_the_present(
    stream: Stream, ring: Any
) -> None:
    await stream.publish("live", live_of(7), "0001")
    line = await ring("Authorization: Bearer 5")
    await stream.tell(SHOW, "chat", {"text": "seen"})
    await until(lambda: line.said() == ["seen"], "the chat")
    last = line.ids()[-1]
    await line.close()
    await stream.tell(SHOW, "chat", {"text": "missed"})
    await stream.tell(SHOW, "cheer", {"units": 1})
    await stream.tell(shopper_topic(5), "you", {"kind": "order"})
    await stream.tell(shopper_topic(6), "you", {"kind": "order"})
    await stream.publish("stock", stock_of(7, 60), "0001.1")
    back = await ring("Authorization: Bearer 5", f"Last-Event-ID: {last}")
    await until(lambda: back.of("you"), "what it missed")
    assert back.kinds() == ["live", "chat", "you"]
    assert back.said() == ["missed"]
    assert back.percent() == 60
    assert all(before < after for before, after in pairwise(back.ids()))
    third = await ring("Authorization: Bearer 5", f"Last-Event-ID: {back.ids()[-1]}")
    await until(lambda: third.deals(), "the present")
    await stream.tell(SHOW, "chat", {"text": "new"})
    await until(lambda: third.said(), "new chat")
    assert third.said() == ["new"], "nothing comes twice"


@pytest.mark.parametrize(
    "last",
    ["0-1", "1-99999", "9-1", "-5", "1--5", "1-1; x", "garbage", "", "-", "١-٢", "9" * 30 + "-1", "x" * 9000],
)
async def test_whatever_else_was_seen_before_gives_the_present_and_no_error(
    stream: Stream, ring: Any, last: str
) -> None:
    await stream.publish("live", live_of(7), "0001")
    await stream.tell(SHOW, "chat", {"text": "old"})
    line = await ring(f"Last-Event-ID: {last}")
    await stream.publish("live", live_of(8), "0002")
    await until(lambda: line.deals() == [7, 8], "the present, and what follows")
    assert line.status == 200
    assert line.said() == []


async def test_ten_megabytes_of_last_event_id_give_the_present(stream: Stream, ring: Any) -> None:
    await stream.publish("live", live_of(7), "0001")
    line = await ring("Last-Event-ID: " + "1" * 10_000_000)
    await until(lambda: line.deals() == [7], "the present")


async def test_requests_in_pieces_of_another_version_or_with_a_query_are_served_too(
    stream: Stream, ring: Any
) -> None:
    await stream.publish("live", live_of(7), "0001")
    whole = request_bytes("Accept: text/event-stream")
    for parts in (
        [whole[:3], whole[3:]],
        [whole[:40], whole[40:]],
        [whole[:-2], whole[-2:]],
        [request_bytes(version="1.0")],
        [request_bytes(path="/api/v1/stream?since=yesterday")],
        [request_bytes(path="/api/v1/%73tream")],
    ):
        line = await ring(parts=parts)
        await until(lambda line=line: line.deals() == [7], "the present")  # type: ignore[misc]
        await stream.publish("stock", stock_of(7, 10), f"0001.{len(parts)}")


async def test_who_does_not_read_gets_the_newest_and_nothing_piles_up(
    stream: Stream, served: Served, ring: Any
) -> None:
    await stream.publish("live", live_of(0), "000000")
    quick = await ring()
    slow = await ring(wait=False)
    slow.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.writer.transport.pause_reading()
    await until(lambda: stream.hub.size == 2, "both watch")
    number = 0
    while not stream.hub.lagging or number < 200:
        number += 1
        await stream.publish("live", live_of(number, story="x" * 50_000), f"{number:06}")
        await until(lambda: quick.deals()[-1] == number, "the quick one is not delayed")  # noqa: B023
        assert number < 2000, "it never lagged"
    for more in range(number + 1, number + 40):
        await stream.publish("live", live_of(more, story="x" * 50_000), f"{more:06}")
    slow.writer.transport.resume_reading()
    await slow.head()
    await until(lambda: slow.deals()[-1:] == [number + 39], "the newest")
    assert len(slow.deals()) < number, "it was spared the most of what was old by then"
    assert slow.deals() == sorted(slow.deals())
    await until(lambda: not stream.hub.lagging, "nobody lags")


async def test_a_process_that_is_full_says_so_and_when_to_come_again(
    stream: Stream, ring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream.admission, "most", 2)
    lines = [await ring() for _ in range(2)]
    await until(lambda: stream.hub.size == 2, "two watch")
    refused = await ring()
    assert refused.status == 503
    assert refused.fields["content-type"] == "application/problem+json"
    assert int(refused.fields["retry-after"]) > 0
    await until(lambda: b"too-many-viewers" in refused.body, "the reason")
    assert not any(line.ended for line in lines), "nobody is thrown out for another"
    await lines[0].close()
    await until(lambda: stream.hub.size == 1, "one left")
    assert (await ring()).status == 200
    assert stream.counts()["refused"] == 1


async def test_one_address_may_have_only_so_many(
    stream: Stream, ring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream.admission, "of_address", 2)
    lines = [await ring() for _ in range(2)]
    await until(lambda: stream.hub.size == 2, "two watch")
    refused = await ring()
    assert refused.status == 429
    assert int(refused.fields["retry-after"]) > 0
    for line in lines:
        await line.close()
    await until(lambda: not stream.hub.of_address, "the address is forgotten")
    assert (await ring()).status == 200


async def test_at_the_end_every_stream_is_ended_cleanly_and_newcomers_are_sent_away(
    stream: Stream, served: Served, ring: Any
) -> None:
    await stream.publish("live", live_of(7), "0001")
    lines = [await ring() for _ in range(20)]
    await until(lambda: all(line.deals() for line in lines), "all watch")
    stream.hub.close()
    await until(lambda: all(line.ended for line in lines), "all streams have ended")
    assert (await ring()).status == 503
    assert stream.hub.size == 0


async def test_uvicorn_stops_without_waiting_for_streams(stream: Stream, served: Served, ring: Any) -> None:
    lines = [await ring() for _ in range(20)]
    await until(lambda: stream.hub.size == 20, "all watch")
    stream.hub.close()
    served.server.should_exit = True
    async with asyncio.timeout(GRACE_SECONDS / 2):
        await asyncio.shield(served.task)
    await until(lambda: all(line.ended for line in lines), "all streams have ended")


async def test_who_hangs_up_is_forgotten(stream: Stream, ring: Any) -> None:
    line = await ring("Authorization: Bearer 5")
    await until(lambda: stream.hub.size == 1, "it watches")
    await line.close()
    await until(lambda: stream.hub.size == 0, "it is forgotten")
    assert not stream.hub.of_shopper
    assert not stream.hub.of_address


def noting(
    moments: list[float], sent: Callable[[StockPace, float], None]
) -> Callable[[StockPace, float], None]:
    """`sent`, with what it is told written down."""

    def noted(pace: StockPace, now: float) -> None:
        moments.append(now)
        sent(pace, now)

    return noted


async def test_five_stocks_a_second_are_the_most_and_the_last_is_among_them(
    stream: Stream, ring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When each went out is what counts: on a busy machine they arrive in heaps."""
    moments: list[float] = []
    monkeypatch.setattr(StockPace, "sent", noting(moments, StockPace.sent))
    await stream.publish("live", live_of(7), "0001")
    line: Line = await ring()
    await until(lambda: line.deals() == [7], "it watches")
    for number in range(120):
        await stream.publish("stock", stock_of(7, (119 - number) // 3), f"0001.{number:04}")
        await asyncio.sleep(0.015)  # the load, not a wait: sales that come one after another
    await until(lambda: line.percents()[-1:] == [0], "the last one")
    assert len(moments) == len(line.percents()), "none went out uncounted"
    crowded = [sum(1 for other in moments if at <= other < at + 1) for at in moments]
    assert max(crowded) <= 5
    assert len(moments) >= 4


async def test_requests_whose_rest_comes_at_one_moment_cannot_pass_the_cap_together(
    stream: Stream, served: Served, ring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut in two they all take the ordinary way, and are all decided before one of them has begun."""
    monkeypatch.setattr(stream.admission, "most", 3)
    await stream.publish("live", live_of(7), "0001")
    lines = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(12)]
    for _, writer in lines:
        writer.write(b"GET /api/v1/str")
    await until(lambda: len(served.server.server_state.connections) >= 12, "all have begun")
    for _, writer in lines:
        writer.write(b"eam HTTP/1.1\r\nHost: shop.test\r\n\r\n")
    async with asyncio.timeout(60):
        heads = [await reader.readuntil(b"\r\n") for reader, _ in lines]
    assert sum(b" 200 " in head for head in heads) == 3
    assert sum(b" 503 " in head for head in heads) == 9
    for _, writer in lines:
        writer.close()
    await until(lambda: stream.hub.size == 0, "all are forgotten")


async def test_who_hangs_up_between_two_words_is_no_mistake_of_ours(
    stream: Stream, served: Served, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    await stream.publish("live", live_of(7), "0001")
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET /api/v1/str")
        await until(lambda: bool(served.server.server_state.connections), "it has begun")
        writer.write(b"eam HTTP/1.1\r\nHost: shop.test\r\n\r\n")
        writer.transport.abort()
    await until(lambda: stream.hub.size == 0 and not served.server.server_state.tasks, "all are forgotten")
    said = capsys.readouterr()
    assert "Traceback" not in caplog.text + said.out + said.err
    assert "unhandled error" not in caplog.text + said.out + said.err
