"""A postman of its own process, to be killed: `python -m tests.factories.lone_postman NOW DATABASE SMTP FAILPOINTS`."""

import asyncio
import sys
from datetime import datetime

from app.notices import Postman
from app.notices.mail import Smtp
from app.platform import failpoints
from app.platform.database import connect_database
from tests.factories.notices import HEAD


class Stopped:
    """A clock that says what it was told."""

    def __init__(self, moment: str) -> None:
        self.moment = datetime.fromisoformat(moment)

    def now(self) -> datetime:
        """That."""
        return self.moment


async def deliver(moment: str, database_url: str, smtp_url: str, plan: str) -> None:
    """Everything that is due."""
    failpoints.arm(plan)
    engine = connect_database(database_url)
    await Postman(engine, Stopped(moment), Smtp(smtp_url), HEAD).deliver_due()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
