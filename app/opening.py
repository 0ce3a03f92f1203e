"""Every room is opened here, from the ground up, and closed the other way round: reads as a table of contents."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Scope

from app import pages, sales
from app.identity import Identity, Site, shown_in
from app.inventory import PhotoErrands, Showrunner
from app.notices import Postman, carrier_for
from app.payments import Payments
from app.platform.clock import Clock
from app.platform.crowding import Crowding
from app.platform.database import connect_database
from app.platform.guards import host_of, strict_fields
from app.platform.metrics import Pulse
from app.platform.puzzles import Puzzles
from app.platform.redis import connect_redis
from app.platform.rush import Rush
from app.platform.server import at_stop_signal
from app.platform.settings import Settings
from app.platform.signing import Signer
from app.sales import (
    Buying,
    Checkout,
    Forgetting,
    Line,
    PastDeals,
    Settlement,
    SiteWords,
    Turnstile,
    TurnstileNews,
)
from app.sharing import CouponLetters, Evidence, Rewarding, Sharing
from app.stream import Asker, Stream


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Open every room; what requests find in it is in `app.state`, and what the ways in find is what this yields."""
    async with AsyncExitStack() as house:
        opening = Opening(app, house)
        await opening.open_post_and_payments()
        await opening.open_identity()
        await opening.open_stream()
        await opening.open_sharing()
        await opening.open_sales()
        await opening.open_inventory()
        opening.lay_out_pages()
        await opening.take_the_pulse()
        for routes in app.state.later:
            await house.enter_async_context(routes.soon())
        # Where the ways in, which see connections before the app does, find them.
        yield {
            "stream": app.state.stream,
            "buying": app.state.buying,
            "crowding": Crowding(by_address=opening.has_limits),
        }


class Room(Protocol):
    """What works in the background while the shop is open."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


SomeRoom = TypeVar("SomeRoom", bound=Room)


class Opening:
    """The shop while it opens: each step needs those before it."""

    engine: AsyncEngine
    redis: Redis
    subscription: Redis
    rush: Rush

    def __init__(self, app: FastAPI, house: AsyncExitStack) -> None:
        self._app, self._state, self._house = app, app.state, house
        self.settings: Settings = app.state.settings
        self.clock: Clock = app.state.clock
        self.signer: Signer = app.state.signer
        self.has_limits = self.settings.limits == "on"
        self.words = _site_words(self.settings)
        engine = self._state.engine = self.engine = connect_database(self.settings.database_url)
        house.push_async_callback(engine.dispose)
        redis = self._state.redis = self.redis = connect_redis(self.settings.redis_url, timeout=2.0)
        house.push_async_callback(redis.aclose)
        self.subscription = connect_redis(self.settings.redis_url, timeout=None)
        house.push_async_callback(self.subscription.aclose)

    async def open_post_and_payments(self) -> None:
        """Mails, cards, and the news of providers."""
        await self._open(Postman(self.engine, self.clock, *carrier_for(self.settings)))
        money = Payments.open(self.settings, self.engine, self.clock, self.signer)
        self._state.payments = await self._open(money)

    async def open_identity(self) -> None:
        """Who is who, who may come in, and who is forgotten."""
        settings = self.settings
        self._state.puzzles = Puzzles(self.signer, self.clock, self.redis)
        self.rush = Rush(settings.proof_of_work)
        people = Identity.open(
            self.engine,
            self.signer,
            self.clock,
            secure=settings.secure,
            site=Site(settings.shop_name, settings.public_url),
            redis=self.redis,
            subscription=self.subscription,
            limits_by_address=self.has_limits,
            puzzles=self._state.puzzles,
            rush=self.rush,
        )
        self._state.identity = await self._open(people)
        self._state.forgetting = await self._open(Forgetting(self.engine, self._state.payments))

    async def open_stream(self) -> None:
        """Whoever watches."""
        events = Stream(
            self.engine,
            self.redis,
            self.subscription,
            self.clock,
            asker_of=_asker_of(self._app),
            limits=self.has_limits,
            fields=strict_fields(self.settings.secure),
        )
        self._state.stream = await self._open(events)
        self._house.enter_context(at_stop_signal(events.hub.close))

    async def open_sharing(self) -> None:
        """Links, and who is thanked."""
        secure = self.settings.secure
        crowd = Sharing(self.engine, self.redis, self.clock, self.signer, secure=secure)
        self._state.sharing = await self._open(crowd)
        # The sandbox's cards are for tests: everybody has the same, and that proves nothing.
        money = self._state.payments
        evidence = Evidence(money.cards if money.provider.spare_card is None else None, sales.address_of)
        rewarding = Rewarding(
            self.engine, evidence, sales.standing_units, self._state.stream, self.clock, self._is_rush
        )
        self._state.rewarding = await self._open(rewarding)
        await self._open(CouponLetters(self.engine, self.clock, f"{self.words.address}/shares"))

    async def open_sales(self) -> None:
        """Buying, the line, and what becomes of orders."""
        state, engine, clock = self._state, self.engine, self.clock
        checkout = state.checkout = Checkout(engine, self.redis, clock)
        self._house.push_async_callback(checkout.stop)
        turnstile = state.turnstile = Turnstile(state.puzzles, by_address=self.has_limits, rush=self.rush)
        await self._open(TurnstileNews(turnstile, self.redis, self.subscription))
        host = host_of(self.settings.public_url)
        state.buying = Buying(state.identity, checkout, turnstile, host, state.sharing)
        state.line = await self._open(Line(engine, state.stream, clock, self.words))
        settlement = Settlement.open(
            engine, self.redis, checkout, state.payments, state.stream, clock, self.words
        )
        state.settlement = await self._open(settlement)

    async def open_inventory(self) -> None:
        """The show."""
        state = self._state
        state.past_deals = PastDeals()
        showrunner = Showrunner(self.engine, state.checkout, state.stream, self.clock, self.settings)
        state.showrunner = await self._open(showrunner)
        await self._open(PhotoErrands(self.engine, showrunner, self.clock))

    def lay_out_pages(self) -> None:
        """What pages keep at hand."""
        self._state.feeds = pages.Feeds(self.engine, self.clock, self.settings.shop_name)
        self._state.landings = pages.Landings()
        self._state.help_stories = pages.HelpStories()

    async def take_the_pulse(self) -> None:
        """What this process says of itself at /metrics."""
        hub, checkout = self._state.stream.hub, self._state.checkout
        pulse = self._state.pulse = Pulse()
        pulse.follow("breadmaker_viewers", "Open streams.", lambda: hub.size)
        waiting = "Purchases whose outcome is not known yet."
        pulse.follow("breadmaker_purchases_waiting", waiting, lambda: checkout.waiting)
        await self._open(pulse)

    def _is_rush(self) -> bool:
        """Whether people buy at this moment. Sharing opens first, when nobody can."""
        checkout: Checkout | None = getattr(self._state, "checkout", None)
        return checkout is not None and checkout.is_rush

    async def _open(self, room: SomeRoom) -> SomeRoom:
        await room.start()
        self._house.push_async_callback(room.stop)
        return room


def _site_words(settings: Settings) -> SiteWords:
    """Without an address that is set, links and ways back from a bank lead to where the shop listens."""
    address = settings.public_url or f"http://{settings.host}:{settings.port or 8000}"
    return SiteWords(address, settings.zone)


def _asker_of(app: FastAPI) -> Callable[[Scope], Asker | None]:
    """Whose stream it is: decided as for every other request, and again before something private is sent."""

    def asker_of(scope: Scope) -> Asker | None:
        shown = shown_in(dict(scope["headers"]), app.state.identity.secure)
        if shown == (None, None):
            return None

        def asker() -> int | None:
            found = app.state.identity.sessions.identify(*shown)
            return None if found is None else found.shopper_id

        return asker

    return asker_of
