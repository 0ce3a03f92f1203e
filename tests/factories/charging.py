"""A process of its own that sends one attempt until its outcome is known: `python -m tests.factories.charging JSON`.

It says "ready", waits for a line, and prints the outcome.
"""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any

from app.payments import Charge, Money, Provider
from app.payments.sandbox import Sandbox
from app.payments.stripe import Stripe
from app.platform.clock import SystemClock
from app.platform.database import connect_database
from tests.factories.payments import SIGNER, settled
from tests.factories.stripe_peer import API_KEY, WEBHOOK_SECRET


class StoppedClock(SystemClock):
    """At the attempt's own moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """Where it stands."""
        return self._moment


async def main(told: dict[str, Any]) -> None:
    """Send it when told to."""
    made_at = datetime.fromisoformat(told["made_at"])
    clock = StoppedClock(made_at)
    engine = connect_database(told["database"])
    provider: Provider = Sandbox(engine, clock, SIGNER)
    if told["stripe"]:
        provider = Stripe(API_KEY, WEBHOOK_SECRET, clock, told["stripe"])
    amount = Money(told["amount"], told["currency"])
    charge = Charge(told["attempt"], told["order_id"], amount, told["customer"], told["card"], made_at)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(repr(await settled(provider, charge)), flush=True)
    await provider.close()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
