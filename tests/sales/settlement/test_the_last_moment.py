"""Success and expiry at the same moment: whoever is paid has a unit, and whoever has none has not paid.

Each order waits for a step at the bank, and the shopper takes it within 50 ms of the end of its ten minutes, before or
after. Two processes settle meanwhile. The provider's letters come twice, in any order, and one in five never.
"""

import asyncio
import random
from datetime import datetime, timedelta

import pytest
from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import select

from app.payments.audit import unlike_the_provider
from app.platform.proof import examine
from app.sales import Order, Settlement, open_offer
from app.sales.audit import PROMISES as SALES
from app.sales.settlement import case
from app.sales.settlement.audit import PROMISES as SETTLING
from app.sales.settlement.tables import charge_attempts, settlements
from tests.factories.payments import WANTS_A_STEP, Letter, PeerBank
from tests.factories.sales import ORDINARY, bought, buy, close, wish
from tests.factories.settlement import Till, take_step

DEAL = 38
AROUND = 0.05  # seconds
TICK = 0.02  # of the clock, which waits for what is under way: no machine is too slow for the race


class Race(Struct):
    """Orders whose steps are taken at their last moment."""

    till: Till
    chance: random.Random
    processes: list[Settlement] = field(default_factory=list)
    lands_at: dict[str, datetime] = field(default_factory=dict)  # by the attempt's name at the provider
    waiting: list[Letter] = field(default_factory=list)

    async def begin(self, number: int) -> list[Order]:
        """So many orders, all charged, and all waiting for the step."""
        till = self.till
        await close(till.engine, till.clock)
        terms = replace(ORDINARY, deal_id=DEAL, quantity=number, limit=number)
        async with till.engine.begin() as connection:
            await open_offer(connection, terms, till.clock.now())
        [shopper_id] = await till.shoppers(1, card=WANTS_A_STEP)
        verdicts = await buy(till.checkout, [wish(shopper_id, deal=DEAL) for _ in range(number)])
        self.processes = [till.settlement, till.another_process()]
        await self._while_time_passes(asyncio.gather(*(one.round() for one in self.processes)))
        await self._plan()
        return [bought(verdict).order for verdict in verdicts]

    async def run(self) -> None:
        """Let the moment come and go."""
        last = max(self.lands_at.values()) + timedelta(seconds=AROUND)
        first = min(self.lands_at.values()) - timedelta(seconds=2 * AROUND)
        self.till.clock.advance((first - self.till.clock.now()).total_seconds())
        while self.till.clock.now() < last:
            self.till.clock.advance(TICK)
            # At once: orders that end in this tick, steps that are taken in it, and the letters of the last.
            steps = [self._take(name) for name in self._landing()]
            await asyncio.gather(*(one.round() for one in self.processes), *steps, self._post())
        for _ in range(3):  # whatever was lost is found by looking
            self.till.clock.advance(60)
            await self.till.settle()

    async def _plan(self) -> None:
        query = select(charge_attempts.c.reference, settlements.c.mend_until).join(
            settlements, settlements.c.order_id == charge_attempts.c.order_id
        )
        async with self.till.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        for row in rows:
            off = timedelta(seconds=self.chance.uniform(-AROUND, AROUND))
            self.lands_at[row.reference] = row.mend_until + off
        await self.till.bank.letters()

    def _landing(self) -> list[str]:
        now = self.till.clock.now()
        landed = [name for name, moment in self.lands_at.items() if moment <= now]
        for name in landed:
            del self.lands_at[name]
        return landed

    async def _take(self, reference: str) -> None:
        bank = self.till.bank
        await asyncio.sleep(self.chance.uniform(0, TICK))
        if isinstance(bank, PeerBank) and bank.peer.intents[reference]["status"] != "requires_action":
            return  # the bank shows no step any more
        await take_step(bank, reference, agreed=True)

    async def _post(self) -> None:
        """Letters: one in five is lost, some come twice, and none in order."""
        self.waiting += await self.till.bank.letters()
        self.chance.shuffle(self.waiting)
        for letter in [self.waiting.pop() for _ in range(len(self.waiting) // 2)]:
            fate = self.chance.random()
            for _ in range(0 if fate < 0.2 else 2 if fate < 0.5 else 1):
                await self.chance.choice(self.processes).payments.events.receive(*letter)

    async def _while_time_passes(self, work: "asyncio.Future[list[int]]") -> None:
        """Half a second of it, so that the orders' ends lie close together."""
        passed = 0.0
        while not work.done():
            self.till.clock.advance(0.002 if passed < 0.5 else 0)
            passed += 0.002
            await asyncio.sleep(0.01)
        await work


async def breaches(till: Till) -> list[str]:
    """Every promise that is broken, here and in front of the provider."""
    async with till.engine.connect() as connection:
        found = [one for one in await examine(connection, [*SALES, *SETTLING]) if one.breaches]
        provider = till.settlement.payments.provider
        since = till.clock.now() - timedelta(days=1)
        apart = await unlike_the_provider(connection, provider, since)
    return [one.sentence for one in found] + [one.words for one in apart]


async def hold(till: Till, number: int, least: int) -> None:
    """Run the race, and see what it has to hold."""
    race = Race(till, random.Random(6))
    orders = await race.begin(number)
    assert len(race.lands_at) == number
    await race.run()
    assert await breaches(till) == []
    statuses = await till.statuses()
    assert set(statuses) == {"paid", "cancelled"}
    assert sum(statuses.values()) == number
    assert min(statuses.values()) >= least, f"it was no race: {statuses}"
    assert max([await till.charges_of(order) for order in orders[:20]]) <= 1


@pytest.mark.timeout(900)
async def test_500_orders_end_paid_with_a_unit_or_unpaid_without_one(sandbox_till: Till) -> None:
    await hold(sandbox_till, 500, 50)


@pytest.mark.timeout(900)
async def test_at_stripe_too(stripe_till: Till) -> None:
    await hold(stripe_till, 40, 4)


@pytest.mark.timeout(900)
async def test_units_that_are_given_away_before_the_attempt_is_called_off_are_found(
    sandbox_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case, "_next_to_the_end", lambda _: case.Release())
    race = Race(sandbox_till, random.Random(6))
    await race.begin(40)
    await race.run()
    found = await breaches(sandbox_till)
    assert "No unit is free whose order may still be paid." in found
    assert any("unknown there" in words or "nothing here" in words for words in found), (
        "somebody paid for nothing"
    )
