"""The room, opened: a provider, the cards, its news, and what has to be done now and then."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import count

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments.cards import Cards
from app.payments.courier import Courier
from app.payments.events import Events
from app.payments.provider import Provider
from app.payments.sandbox import Sandbox
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds
from app.platform.settings import Settings
from app.platform.signing import Signer

log = get_logger(__name__)

Opener = Callable[[str], Provider | None]

EVERY_SECONDS = 1.0
ROUNDS_A_SWEEP = 3600


class Payments(Struct):
    """One a process. Nothing here calls upward: whoever settles asks, and is woken by `changed`."""

    provider: Provider
    cards: Cards
    events: Events
    courier: Courier | None
    opener: Opener = lambda _: None  # of providers that the shop had before
    _former: dict[str, Provider | None] = field(default_factory=dict)
    _walking: "asyncio.Task[None] | None" = field(default=None)

    @classmethod
    def open(cls, settings: Settings, engine: AsyncEngine, clock: Clock, signer: Signer) -> "Payments":
        """With the provider that the settings name; nothing runs yet."""

        def opener(name: str) -> Provider | None:
            return _open(name, settings, engine, clock, signer)

        provider = open_provider(settings, engine, clock, signer)
        events = Events(engine, provider, clock)
        courier = None
        if isinstance(provider, Sandbox):
            courier = Courier(engine, provider, signer, clock, events.receive)
        return cls(provider, Cards(engine, provider, clock), events, courier, opener)

    def at(self, name: str) -> Provider | None:
        """The provider of that name: today's, or one that the shop had before and can still reach. Else None."""
        if name == self.provider.name:
            return self.provider
        if name not in self._former:
            self._former[name] = self.opener(name)
        return self._former[name]

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
        for provider in (self.provider, *self._former.values()):
            if provider is not None:
                await provider.close()

    async def _walk(self, every: float) -> None:
        rounds = count()

        async def go_round() -> None:
            is_time_to_sweep = next(rounds) % ROUNDS_A_SWEEP == 0
            if self.courier is not None:
                await self.courier.deliver_due()
            if is_time_to_sweep:
                await self.events.sweep()

        await go_rounds(
            go_round, partial(asyncio.sleep, every), log, "the news of payments cannot be carried"
        )


def open_provider(settings: Settings, engine: AsyncEngine, clock: Clock, signer: Signer) -> Provider:
    """Who moves the money, as the settings say. They have been checked: `stripe` has its key and its secret."""
    provider = _open(settings.payments, settings, engine, clock, signer)
    assert provider is not None, "the settings have been checked"
    return provider


def _open(
    name: str, settings: Settings, engine: AsyncEngine, clock: Clock, signer: Signer
) -> Provider | None:
    """A provider by its name in the settings; None for `stripe` where they have no key or no secret."""
    if name == "sandbox":
        return Sandbox(engine, clock, signer)
    if settings.stripe_api_key is None or settings.stripe_webhook_secret is None:
        return None
    # Only here: a shop without Stripe starts without loading its SDK.
    from app.payments.stripe import Stripe

    return Stripe(
        settings.stripe_api_key.get_secret_value(),
        settings.stripe_webhook_secret.get_secret_value(),
        clock,
        settings.stripe_api_base,
    )
