"""A process of its own that settles all that is due, and may be killed: `python -m tests.factories.settling JSON`."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.payments import Cards, Payments
from app.payments.events import Events
from app.payments.sandbox import Sandbox
from app.payments.stripe import Stripe
from app.platform import failpoints
from app.platform.database import connect_database
from app.platform.redis import connect_redis
from app.sales import Checkout, Settlement, SiteWords
from app.stream import Stream
from tests.factories.charging import StoppedClock
from tests.factories.payments import SIGNER
from tests.factories.stripe_peer import API_KEY, WEBHOOK_SECRET


async def main(told: dict[str, Any]) -> None:
    """Settle, with these failpoints armed."""
    clock = StoppedClock(datetime.fromisoformat(told["now"]))
    engine, redis = connect_database(told["database"]), connect_redis(told["redis"], timeout=2.0)
    provider: Sandbox | Stripe = Sandbox(engine, clock, SIGNER)
    if told["stripe"]:
        provider = Stripe(API_KEY, WEBHOOK_SECRET, clock, told["stripe"])
    payments = Payments(provider, Cards(engine, provider, clock), Events(engine, provider, clock), None)
    checkout, stream = Checkout(engine, redis, clock), Stream(engine, redis, redis, clock)
    site = SiteWords("https://shop.test", ZoneInfo("America/Chicago"))
    failpoints.arm(told["failpoints"])
    await Settlement.open(engine, redis, checkout, payments, stream, clock, site).round()
    await checkout.stop()
    await provider.close()
    await redis.aclose()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
