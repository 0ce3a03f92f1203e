"""One event's bytes, and the ids that browsers send back."""

import pytest

from app.stream.event import (
    RETRY_MS,
    EventId,
    News,
    frame,
    greeting,
    last_seen,
    read_news,
    shopper_of,
    shopper_topic,
)
from tests.factories.stream import Seen, read_events


def test_an_event_is_one_frame_with_its_id_kind_and_data() -> None:
    made = frame("stock", b'{"left":1,"text":"two\\nlines"}', EventId(3, 118))
    assert made == b'id: 3-118\nevent: stock\ndata: {"left":1,"text":"two\\nlines"}\n\n'
    assert read_events(made) == [Seen("stock", EventId(3, 118), {"left": 1, "text": "two\nlines"})]


def test_an_event_without_an_id_says_none() -> None:
    assert frame("ping", b"{}", None) == b"event: ping\ndata: {}\n\n"


def test_ids_are_written_as_the_contract_has_them_and_compare_by_epoch_first() -> None:
    assert str(EventId(3, 118)) == "3-118"
    assert EventId(2, 1) > EventId(1, 999) > EventId(1, 99)


def test_browsers_are_told_to_come_back_at_different_times() -> None:
    waits = {int(greeting().decode().removeprefix("retry: ").removesuffix("\n\n")) for _ in range(200)}
    assert len(waits) > 50
    assert RETRY_MS[0] <= min(waits) <= max(waits) <= RETRY_MS[1]


def test_a_last_event_id_is_read_where_it_can_be_ours() -> None:
    assert last_seen(b"3-118") == EventId(3, 118)


@pytest.mark.parametrize(
    "field", [None, b"", b"3", b"-3-1", b"3-1 ", b"3--1", b"a-b", b"1" * 19 + b"-1", b"9" * 10**7]
)
def test_any_other_last_event_id_is_none(field: bytes | None) -> None:
    assert last_seen(field) is None


def test_a_topic_says_whom_it_is_for() -> None:
    assert shopper_of(shopper_topic(7)) == 7
    assert [shopper_of(topic) for topic in ("show", "process:9", "shopper:", "shopper:x")] == [None] * 4


def test_what_redis_carries_is_read_back_whatever_is_in_the_body() -> None:
    assert read_news(b'3 118 show chat {"text":"a b  c"}') == News(
        EventId(3, 118), "show", "chat", b'{"text":"a b  c"}'
    )
