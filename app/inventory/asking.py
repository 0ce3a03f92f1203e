"""What the room's routes ask of the process that serves a request."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Person, desk
from app.inventory.showrunner import Showrunner
from app.platform.clock import Clock
from app.platform.settings import Settings, settings_of

Merchandiser = Annotated[Person, Depends(desk)]


def showrunner_of(request: Request) -> Showrunner:
    """The showrunner of the process that serves this request."""
    showrunner: Showrunner = request.app.state.showrunner
    return showrunner


def engine_of(request: Request) -> AsyncEngine:
    """The database of the process that serves this request."""
    engine: AsyncEngine = request.app.state.engine
    return engine


def clock_of(request: Request) -> Clock:
    """The clock of the process that serves this request."""
    clock: Clock = request.app.state.clock
    return clock


Director = Annotated[Showrunner, Depends(showrunner_of)]
Database = Annotated[AsyncEngine, Depends(engine_of)]
Time = Annotated[Clock, Depends(clock_of)]
House = Annotated[Settings, Depends(settings_of)]
