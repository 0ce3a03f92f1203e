"""A crowd of viewers, in its own process, against a stream that keeps count itself."""

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest

from bench.watching import FIRST_NUMBER, Crowd, Publisher, delays

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks need Linux")

VIEWERS = 20


class Stream:
    """Shows the newest event on connecting, and every event to all who watch, cut in two pieces."""

    def __init__(self) -> None:
        self.watching: list[asyncio.StreamWriter] = []
        self.newest = b""
        self.port = 0
        self.joined = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._over = asyncio.Event()

    def start(self) -> None:
        """Serve until `stop`."""
        self._thread.start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        handlers = asyncio.all_tasks() - {asyncio.current_task()}
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"GET"):
                    self.joined += 1
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\nretry: 1\n\n" + self.newest)
                    self.watching.append(writer)
                else:
                    await self._cast(await reader.readexactly(int(head.rpartition(b": ")[2])))
                    writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass  # it hung up
        finally:
            writer.transport.abort()

    async def _cast(self, body: bytes) -> None:
        self.newest = b"data: %s\n\n" % body
        middle = len(self.newest) - 8  # within the number
        for part in (self.newest[:middle], self.newest[middle:]):
            for writer in self.watching:
                writer.write(part)
            await asyncio.sleep(0.02)  # so that the halves are two pieces


@pytest.fixture
def stream() -> Iterator[Stream]:
    """One that serves."""
    one = Stream()
    one.start()
    yield one
    one.stop()


def test_each_viewer_is_counted_for_each_event_once(stream: Stream) -> None:
    publisher = Publisher(stream.port)
    publisher.publish(rate=10, seconds=0.1)
    with Crowd(stream.port, "/stream", VIEWERS) as crowd:
        (opened,) = crowd.do("open", at_once=5, patience=20)
        assert (opened["opened"], opened["informed"], opened["retries"]) == (VIEWERS, VIEWERS, 0)
        assert stream.joined == VIEWERS
        published = publisher.publish(rate=20, seconds=0.25)
        report = _report_when(crowd, VIEWERS * 5)
    assert sorted(published.due) == [FIRST_NUMBER + number for number in range(1, 6)]
    assert (report["deliveries"], report["skipped"], report["lost"]) == (VIEWERS * 5, 0, 0)
    ordered, incomplete = delays(published, [report])
    assert (len(ordered), incomplete) == (5, 0)
    assert min(ordered) > 0


def test_those_who_do_not_read_are_not_waited_for(stream: Stream) -> None:
    publisher = Publisher(stream.port)
    publisher.publish(rate=10, seconds=0.1)
    with Crowd(stream.port, "/stream", VIEWERS) as crowd:
        crowd.do("open", at_once=VIEWERS, patience=20)
        assert crowd.do("stall", share=0.25) == [{"stalled": VIEWERS // 4}]
        published = publisher.publish(rate=20, seconds=0.1)
        report = _report_when(crowd, VIEWERS * 3 // 4 * 2)
    assert report["reading"] == VIEWERS * 3 // 4
    assert delays(published, [report])[1] == 0


def test_an_event_that_somebody_never_had_is_incomplete() -> None:
    from bench.watching import Published

    reports = [{"reading": 2, "reached": {"7": 2, "8": 1}, "last": {"7": 1.5, "8": 1.7}}]
    assert delays(Published({7: 1.0, 8: 1.2}), reports) == ([0.5], 1)


def _report_when(crowd: Crowd, deliveries: int) -> dict[str, float]:
    """Adds reports up until so much has come."""
    whole = crowd.do("report")[0]
    for _ in range(200):
        if whole["deliveries"] >= deliveries:
            return whole
        more = crowd.do("report")[0]
        whole["deliveries"] += more["deliveries"]
        for number, count in more["reached"].items():
            whole["reached"][number] = whole["reached"].get(number, 0) + count
            whole["last"][number] = more["last"][number]
    raise AssertionError(f"not in time: {whole}")
