"""The part in the line of a process that sells, and of another one."""

import pytest
from redis.asyncio import Redis

from app.sales import Line
from tests.factories.identity import MovableClock
from tests.factories.line import a_line
from tests.factories.sales import Process


@pytest.fixture
def line(here: Process, redis: Redis, clock: MovableClock) -> Line:
    """The first process's part in the line."""
    return a_line(here.engine, redis, clock)


@pytest.fixture
def line_there(there: Process, redis: Redis, clock: MovableClock) -> Line:
    """The other process's."""
    return a_line(there.engine, redis, clock)
