"""Work in the background goes on after what breaks, and does not fill the log."""

import asyncio

from structlog.testing import capture_logs

from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds, wait_for


async def test_rounds_go_on_after_those_that_break_and_say_so_once_each_time_it_begins() -> None:
    rounds, enough = iter(["good", "bad", "bad", "good", "bad", "good"]), asyncio.Event()

    async def work() -> None:
        if next(rounds, "good") == "bad":
            raise OSError("away")

    pauses = 0

    async def pause() -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 6:
            enough.set()
        await asyncio.sleep(0)

    with capture_logs() as logs:
        going = asyncio.create_task(go_rounds(work, pause, get_logger("a test"), "it has to wait"))
        await enough.wait()
        await end_tasks([going])
    said = [(one["event"], one["error"]) for one in logs]
    assert said == [("it has to wait", "OSError('away')")] * 2


async def test_whoever_waits_goes_on_when_the_event_is_set_or_the_time_is_over() -> None:
    event = asyncio.Event()
    await wait_for(event, 0.001)
    assert not event.is_set()
    asyncio.get_running_loop().call_soon(event.set)
    await wait_for(event, 3600)
    assert event.is_set()
