"""What a viewer is behind by."""

from app.stream.event import EventId, News
from app.stream.timeline import KEPT, Timeline
from tests.factories.stream import live_of, read_events, stock_of, to_news


def an_id(seq: int) -> EventId:
    return EventId(1, seq)


def chat(seq: int, topic: str = "show", kind: str = "chat") -> News:
    return to_news(an_id(seq), kind, {"n": seq}, topic)


def kinds(data: bytes) -> list[tuple[str, int | None]]:
    return [(seen.kind, seen.id and seen.id.seq) for seen in read_events(data)]


def started() -> Timeline:
    line = Timeline()
    line.show(an_id(1), live_of(7))
    return line


def test_who_has_everything_lacks_nothing() -> None:
    line = started()
    assert line.owed(line.position) == b""


def test_of_states_only_the_newest_is_owed_and_of_what_was_said_all() -> None:
    line = started()
    seen = line.position
    line.restock(an_id(2), stock_of(7, 50))
    line.say(chat(3))
    line.restock(an_id(4), stock_of(7, 40))
    line.say(chat(5, kind="cheer"))
    assert kinds(line.owed(seen)) == [("chat", 3), ("stock", 4), ("cheer", 5)]
    assert kinds(line.owed(seen + 2)) == [("stock", 4), ("cheer", 5)]


def test_a_new_deal_is_owed_as_a_whole_with_its_newest_stock() -> None:
    line = started()
    seen = line.position
    line.show(an_id(2), live_of(8))
    line.restock(an_id(3), stock_of(8, 30))
    (event,) = read_events(line.owed(seen))
    assert (event.kind, event.id, event.data["stock"]["left_percent"]) == ("live", an_id(3), 30)


def test_of_pings_only_the_last_is_owed() -> None:
    line = started()
    seen = line.position
    for seq in (2, 3):
        line.ping(an_id(seq), b"{}")
    line.ping(None, b"{}")
    assert kinds(line.owed(seen)) == [("ping", None)]


def test_what_is_one_shoppers_own_is_owed_to_that_shopper_in_its_place() -> None:
    line = started()
    seen = line.position
    line.say(chat(2))
    line.say(chat(3, "shopper:5", "you"))
    line.say(chat(4, "shopper:6", "you"))
    line.say(chat(5))
    assert kinds(line.owed_to(5, seen)) == [("chat", 2), ("you", 3), ("chat", 5)]
    assert kinds(line.owed_to(None, seen)) == kinds(line.owed(seen)) == [("chat", 2), ("chat", 5)]


def test_the_past_that_is_kept_is_bounded() -> None:
    line = started()
    seen = line.position
    for seq in range(2, 2 + 3 * KEPT):
        line.say(chat(seq))
    assert len(read_events(line.owed(seen))) == KEPT


def test_a_newcomer_gets_the_present_and_none_of_the_past() -> None:
    line = started()
    line.say(chat(2))
    assert kinds(line.welcome(5, None)) == [("live", 1)]
    assert Timeline().welcome(None, None) == b"", "while there is none, nothing"


def test_who_comes_back_gets_the_present_first_under_an_id_that_lets_ids_grow() -> None:
    line = started()
    line.say(chat(2))
    line.say(chat(3))
    line.say(chat(4, "shopper:5", "you"))
    line.say(chat(5, kind="cheer"))
    assert kinds(line.welcome(5, an_id(1))) == [("live", 1), ("chat", 2), ("chat", 3), ("you", 4)]
    assert kinds(line.welcome(6, an_id(2))) == [("live", 2), ("chat", 3)]
    line.restock(an_id(6), stock_of(7, 10))
    assert kinds(line.welcome(5, an_id(2))) == [("live", 2), ("chat", 3), ("you", 4)]
    assert kinds(line.welcome(5, an_id(4))) == [("live", 6)]


def test_the_id_in_the_snapshot_is_always_that_of_the_present() -> None:
    line = started()
    line.say(chat(2))
    line.restock(an_id(3), stock_of(7, 10))
    live, _ = read_events(line.welcome(None, an_id(1)))
    assert live.data["id"] == "1-3"


def test_an_id_of_another_epoch_or_from_the_future_brings_nothing_of_the_past() -> None:
    line = started()
    line.say(chat(2))
    for last in (EventId(0, 1), EventId(2, 1), EventId(1, 99)):
        assert kinds(line.welcome(None, last)) == [("live", 1)]


def test_what_was_said_before_this_process_began_is_there_for_those_who_come_back_only() -> None:
    line = Timeline()
    line.remember([chat(2), chat(3, "shopper:5", "you")])
    line.show(an_id(4), live_of(7))
    assert kinds(line.owed(0)) == [("live", 4)]
    assert kinds(line.welcome(5, an_id(1))) == [("live", 1), ("chat", 2), ("you", 3)]
