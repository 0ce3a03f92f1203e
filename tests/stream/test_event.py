"""One event's bytes."""

from app.stream.event import RETRY_MS, EventId, frame, greeting
from tests.factories.stream import Seen, read_events


def test_an_event_is_one_frame_with_its_id_kind_and_data() -> None:
    made = frame("stock", {"left": 1, "text": "two\nlines"}, EventId(3, 118))
    assert made.data == b'id: 3-118\nevent: stock\ndata: {"left":1,"text":"two\\nlines"}\n\n'
    assert read_events(made.data) == [Seen("stock", EventId(3, 118), {"left": 1, "text": "two\nlines"})]


def test_an_event_without_an_id_says_none() -> None:
    assert frame("ping", {}, None).data == b"event: ping\ndata: {}\n\n"


def test_ids_are_written_as_the_contract_has_them_and_compare_by_epoch_first() -> None:
    assert str(EventId(3, 118)) == "3-118"
    assert EventId(2, 1) > EventId(1, 999) > EventId(1, 99)


def test_browsers_are_told_to_come_back_at_different_times() -> None:
    waits = {int(greeting().decode().removeprefix("retry: ").removesuffix("\n\n")) for _ in range(200)}
    assert len(waits) > 50
    assert RETRY_MS[0] <= min(waits) <= max(waits) <= RETRY_MS[1]
