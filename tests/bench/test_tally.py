"""What the load generator makes of its answers; the times are the test's own."""

import pytest

from bench.http_load import NotUnderstoodError, read_status
from bench.load import Gap, percentile
from bench.tally import Tally


def test_only_what_was_answered_within_the_measuring_counts_for_the_rate() -> None:
    tally = Tally()
    tally.take(201, asked=0.0, now=0.9)
    tally.begin(1.0)
    tally.take(201, asked=0.9, now=1.1)
    tally.take(409, asked=1.0, now=1.5)
    tally.end(3.0)
    tally.take(201, asked=2.9, now=3.1)
    report = tally.report(unanswered=0, cpu_seconds=0.5)
    assert report.statuses == {"201": 3, "409": 1}, "the books need all of them"
    assert (report.answers, report.seconds, report.per_second) == (2, 2.0, 1.0)
    assert report.p50_ms == pytest.approx(200)
    assert report.max_ms == pytest.approx(500)


def test_an_answer_that_was_put_off_is_timed_from_the_first_try() -> None:
    tally = Tally()
    tally.begin(0.0)
    tally.take(503, asked=1.0, now=1.1)
    tally.take(202, asked=1.0, now=1.2)
    tally.take(201, asked=1.0, now=1.5)
    tally.end(2.0)
    report = tally.report(unanswered=0, cpu_seconds=0)
    assert report.statuses == {"201": 1, "202": 1, "503": 1}
    assert report.answers == 1
    assert report.max_ms == pytest.approx(500)


def test_a_gap_is_a_silence_between_two_sales_whatever_else_was_answered() -> None:
    tally = Tally()
    tally.begin(0.0)
    for status, now in ((201, 1.0), (201, 1.01), (409, 1.2), (503, 1.3), (201, 1.5), (201, 1.505)):
        tally.take(status, asked=1.0, now=now)
    tally.end(2.0)
    assert tally.report(unanswered=0, cpu_seconds=0).gaps == [Gap(1.01, 1.5)]


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 3), (0.99, 5), (1, 5)])
def test_percentiles_are_members_of_the_sample(share: float, value: float) -> None:
    assert percentile([1, 2, 3, 4, 5], share) == value
    assert percentile([], share) == 0


WHOLE = b"HTTP/1.1 201 Created\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


def test_an_answer_counts_when_its_last_byte_is_there() -> None:
    assert read_status(WHOLE) == 201
    assert [read_status(WHOLE[:length]) for length in range(len(WHOLE))] == [None] * len(WHOLE)


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", b"SSH-2.0\r\ncontent-length: 0"]
)
def test_what_it_does_not_understand_is_an_error_and_no_answer(head: bytes) -> None:
    with pytest.raises(NotUnderstoodError):
        read_status(head + b"\r\n\r\n")
