"""Orders to be settled: people with cards and addresses, a provider of either kind, and processes that settle."""

from dataclasses import dataclass, field  # noqa: TID251 - a field of its own making
from zoneinfo import ZoneInfo

from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Address, keep_address
from app.notices.tables import mails
from app.payments import Cards, NotFinished, Payments
from app.payments.events import Events
from app.payments.sandbox import Sandbox
from app.payments.stripe import Stripe
from app.payments.tables import money_moves
from app.platform.proof import examine
from app.sales import Checkout, Order, OrderStory, Settlement, SiteWords, read_story
from app.sales.audit import PROMISES as SALES
from app.sales.help_audit import PROMISES as HELP
from app.sales.settlement.audit import PROMISES as SETTLING
from app.sales.settlement.tables import charge_attempts
from app.sales.tables import orders
from app.stream import Stream
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES, BACK, Bank, Letter, SandboxBank
from tests.factories.sales import bought, people, wish

HOME = Address("Ada Lovelace", "12 Mill Lane", "", "60601", "Chicago", "IL", "US")
CHICAGO = ZoneInfo("America/Chicago")
GRACE = 600.0  # seconds


@dataclass
class Till:
    """A shop that sells and settles, in a test's hands."""

    engine: AsyncEngine
    redis: Redis
    clock: MovableClock
    bank: Bank
    checkout: Checkout
    settlement: Settlement = field(init=False)

    def __post_init__(self) -> None:
        self.settlement = self.another_process()

    def another_process(self, engine: AsyncEngine | None = None) -> Settlement:
        """One that settles the same orders, with a provider and news of its own."""
        engine, provider = engine or self.engine, self.bank.opened()
        assert isinstance(provider, Sandbox | Stripe)
        events = Events(engine, provider, self.clock)
        payments = Payments(provider, Cards(engine, provider, self.clock), events, None)
        stream = Stream(engine, self.redis, self.redis, self.clock)
        site = SiteWords("https://shop.test", CHICAGO)
        return Settlement.open(engine, self.redis, self.checkout, payments, stream, self.clock, site)

    @property
    def is_sandbox(self) -> bool:
        """Which has a card to spare for whoever has none."""
        return isinstance(self.bank, SandboxBank)

    async def shoppers(self, number: int, *, card: str | None = APPROVES, at_home: bool = True) -> list[int]:
        """New people, with a card that does what its number says, and an address."""
        found = await people(self.engine, number)
        for shopper_id in found:
            if card is not None:
                await self.new_card(shopper_id, card)
            if at_home:
                async with self.engine.begin() as connection:
                    await keep_address(connection, shopper_id, HOME)
        return found

    async def new_card(self, shopper_id: int, number: str) -> None:
        """They type a card, which is charged from now on."""
        cards = self.settlement.payments.cards
        form = await cards.begin(shopper_id, BACK)
        await self.bank.fill_in(form.form, number)
        assert not isinstance(await cards.finish(shopper_id, form.form), NotFinished)

    async def order(self, shopper_id: int, quantity: int = 1) -> Order:
        """They buy."""
        return bought(await self.checkout.purchase(wish(shopper_id, quantity))).order

    async def an_order(self, card: str | None = APPROVES, *, at_home: bool = True) -> Order:
        """Somebody new buys one."""
        [shopper_id] = await self.shoppers(1, card=card, at_home=at_home)
        return await self.order(shopper_id)

    async def settle(self) -> None:
        """All that is due by now."""
        await self.settlement.round()

    async def story(self, order: Order) -> OrderStory:
        """How it is."""
        async with self.engine.connect() as connection:
            found = await read_story(connection, order.id, self.clock.now(), shopper_id=None)
        assert found is not None
        return found

    async def status(self, order: Order) -> str:
        """The order's own."""
        return (await self.story(order)).order.status

    async def statuses(self) -> dict[str, int]:
        """How many orders have which."""
        query = select(orders.c.status, func.count()).group_by(orders.c.status)
        async with self.engine.connect() as connection:
            return {row.status: row[1] for row in await connection.execute(query)}

    async def charges_of(self, order: Order) -> int:
        """How often money moved for an order, at the provider."""
        mine = select(charge_attempts.c.number).where(charge_attempts.c.order_id == order.id)
        async with self.engine.connect() as connection:
            numbers = (await connection.execute(mine)).scalars().all()
        return sum([await self.bank.charges_of(f"{order.id}.{number}") for number in numbers])

    async def take_step(self, order: Order, *, agreed: bool) -> None:
        """What the shopper does at the bank."""
        mine = select(charge_attempts.c.reference).where(
            charge_attempts.c.order_id == order.id, charge_attempts.c.state == "open"
        )
        async with self.engine.connect() as connection:
            reference = (await connection.execute(mine)).scalar_one()
        await take_step(self.bank, reference, agreed=agreed)

    async def deliver(self, letters: list[Letter] | None = None) -> None:
        """The provider's letters reach the shop."""
        for letter in await self.bank.letters() if letters is None else letters:
            await self.settlement.payments.events.receive(*letter)

    async def mails(self) -> list[str]:
        """What was written to shoppers, by its rule, in order."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(mails.c.rule).order_by(mails.c.id))).scalars())

    async def booked(self, order: Order) -> list[tuple[str, int]]:
        """What the money ledger has of an order."""
        query = select(money_moves.c.kind, money_moves.c.amount).where(money_moves.c.order_id == order.id)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query.order_by(money_moves.c.id))
            return [(row.kind, row.amount) for row in rows]

    async def assert_the_books_are_right(self) -> None:
        """What sales and settling promise, and that every payment is in the books as the provider has it."""
        async with self.engine.connect() as connection:
            examined = await examine(connection, [*SALES, *HELP, *SETTLING])
        broken = [(one.sentence, one.breaches) for one in examined if one.breaches]
        assert broken == []


async def take_step(bank: Bank, reference: str, *, agreed: bool) -> None:
    """At either bank; the sandbox answers where to go on to, which is the order's page."""
    provider = bank.opened()
    if isinstance(provider, Sandbox):
        await provider.take_step(reference, agreed=agreed)
    else:
        await bank.take_step(reference, agreed=agreed)
