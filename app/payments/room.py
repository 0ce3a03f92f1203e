"""The room, opened: a provider, the cards, its news, and what has to be done now and then."""

import asyncio
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments.cards import Cards
from app.payments.courier import Courier
from app.payments.events import Events
from app.payments.provider import Provider
from app.payments.sandbox import Sandbox
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.platform.settings import Settings
from app.platform.signing import Signer

log = get_logger(__name__)

EVERY_SECONDS = 1.0
ROUNDS_A_SWEEP = 3600


@dataclass(slots=True)
class Payments:
    """One a process. Nothing here calls upward: whoever settles asks, and is woken by `changed`."""

    provider: Provider
    cards: Cards
    events: Events
    courier: Courier | None
    _walking: "asyncio.Task[None] | None" = field(default=None)

    @classmethod
    def open(cls, settings: Settings, engine: AsyncEngine, clock: Clock, signer: Signer) -> "Payments":
        """With the provider that the settings name; nothing runs yet."""
        provider = open_provider(settings, engine, clock, signer)
        events = Events(engine, provider, clock)
        courier = None
        if isinstance(provider, Sandbox):
            courier = Courier(engine, provider, signer, clock, events.receive)
        return cls(provider, Cards(engine, provider, clock), events, courier)

    @property
    def changed(self) -> asyncio.Event:
        """Set when this process has received news."""
        return self.events.changed

    async def start(self, every: float = EVERY_SECONDS) -> None:
        """Begin to carry the sandbox's letters, and to sweep old news."""
        self._walking = asyncio.create_task(self._walk(every), name="payments")

    async def stop(self) -> None:
        """Stop, and let the provider go."""
        if self._walking:
            await end_tasks([self._walking])
            self._walking = None
        await self.provider.close()

    async def _walk(self, every: float) -> None:
        away = False
        for round_ in count():
            try:
                if self.courier is not None:
                    await self.courier.deliver_due()
                if round_ % ROUNDS_A_SWEEP == 0:
                    await self.events.sweep()
                away = False
            except Exception as error:  # noqa: BLE001 - were it to end, the sandbox would fall silent
                if not away:
                    log.warning("the news of payments cannot be carried", error=repr(error))
                away = True
            await asyncio.sleep(every)


def open_provider(settings: Settings, engine: AsyncEngine, clock: Clock, signer: Signer) -> Provider:
    """Who moves the money, as the settings say. They have been checked: `stripe` has its key and its secret."""
    if settings.payments == "sandbox":
        return Sandbox(engine, clock, signer)
    # Only here: a shop without Stripe starts without loading its SDK.
    from app.payments.stripe import Stripe

    assert settings.stripe_api_key is not None
    assert settings.stripe_webhook_secret is not None
    return Stripe(
        settings.stripe_api_key.get_secret_value(),
        settings.stripe_webhook_secret.get_secret_value(),
        clock,
        settings.stripe_api_base,
    )
