"""Buying, for as long as one likes, against a model of it that is easy to believe.

Hypothesis draws what shoppers, staff, time and faults do; after each step the books, the gate and what was answered
must be what the model says. What a killed process had in hand is in doubt until a rest: it may be in the books, or its
units may be missing at the gate for a while. TEST_MODEL_EXAMPLES=500 looks longer than the suite does.
"""

import asyncio
import os
import sys
import traceback
from collections.abc import Coroutine, Iterator
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

import app.sales.recount
import app.sales.sale
from app.platform.embedded import EmbeddedServers
from app.platform.failpoints import Name
from app.platform.proof import prove
from app.sales import Wish
from app.sales.audit import PROMISES
from app.sales.tables import orders
from app.sales.verdict import Bought, KeyReused, Verdict
from tests.factories.audit import broken
from tests.factories.sales import DEADLINE, ORDINARY, close, eventually, gate_left, on_offer, pause
from tests.factories.sales_model import House, Model

ORDINARY_EXAMPLES, STEPS = 16, 20
EXAMPLES = int(os.environ.get("TEST_MODEL_EXAMPLES", ORDINARY_EXAMPLES))
IMPATIENT_SECONDS = 0.1  # for an answer that may have died with a process
SHOPPERS, SPARE = 5, 10
MOST_UNITS = 8

T = TypeVar("T")
_deals, _keys = count(1), count(1)

PLACES: list[Name | None] = [
    None,
    "before-admit",
    "after-admit",
    "before-commit",
    "after-commit",
    "before-answer",
]

quantities = st.sampled_from([1, 1, 1, 2, 2, 3, 4])
terms = st.tuples(st.integers(1, MOST_UNITS), st.integers(1, 3))
sides = st.integers(0, 1)
some_shoppers = st.integers(0, SHOPPERS - 1)
wanted = st.tuples(some_shoppers, quantities)


class Selling(RuleBasedStateMachine):
    """What may happen, in any order."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house, self.run = house, house.run
        self.model = Model(0, 1, 1)

    @initialize(terms=terms)
    def begin(self, terms: tuple[int, int]) -> None:
        self.run(self.house.empty())
        self._open(*terms)

    def _open(self, quantity: int, limit: int) -> None:
        before, self.model = self.model, Model(next(_deals), quantity, limit)
        self.model.orders, self.model.cancelled = before.orders, before.cancelled
        self.run(on_offer(self.house.engine, self.house.clock, quantity, limit, self.model.deal))

    def _wish(self, shopper: int, quantity: int) -> Wish:
        return Wish(self.house.people[shopper], f"key-{next(_keys)}", self.model.deal, quantity)

    async def _ask(self, side: int, wish: Wish, patience: float = DEADLINE) -> Verdict:
        return await self.house.processes[side].checkout.purchase(wish, patience=patience)

    def _hear(self, wish: Wish, verdict: Verdict) -> str:
        """Write down what was promised; what it is called."""
        if isinstance(verdict, Bought):
            self.model.in_doubt.pop(wish.key, None)
            _, order = self.model.orders.setdefault(wish.key, (wish, verdict.order))
            assert order.id == verdict.order.id, "a key stands for two orders"
        return type(verdict).__name__

    @rule(side=sides, want=wanted)
    def buy(self, side: int, want: tuple[int, int]) -> None:
        wish = self._wish(*want)
        may_be = self.model.may_be_said(wish)
        assert self._hear(wish, self.run(self._ask(side, wish))) in may_be

    @rule(wants=st.lists(st.tuples(sides, wanted), min_size=2, max_size=8))
    def buy_together(self, wants: list[tuple[int, tuple[int, int]]]) -> None:
        wishes = [self._wish(*want) for _, want in wants]
        alone = [self.model.may_be_said(wish) for wish in wishes]
        asking = (self._ask(side, wish) for (side, _), wish in zip(wants, wishes, strict=True))
        verdicts = self.run(_all(*asking))
        said = [self._hear(wish, verdict) for wish, verdict in zip(wishes, verdicts, strict=True)]
        for wish, name, before in zip(wishes, said, alone, strict=True):
            assert name in before | self.model.may_be_said(wish), "neither true before the others nor after"

    @rule(want=wanted)
    def buy_twice_under_one_key(self, want: tuple[int, int]) -> None:
        wish = self._wish(*want)
        may_be = self.model.may_be_said(wish)
        verdicts = self.run(_all(self._ask(0, wish), self._ask(1, wish)))
        said = {self._hear(wish, verdict) for verdict in verdicts}
        assert said <= may_be
        assert said == {"Bought"} or "Bought" not in said

    @rule(side=sides, which=st.integers(0), another=st.booleans())
    def ask_again(self, side: int, which: int, another: bool) -> None:
        if not self.model.orders:
            return  # and not a precondition: what a race leaves must not decide what is drawn
        wish, order = pick(self.model.orders, which)
        if another:
            body = replace(wish, quantity=wish.quantity + 1)
            assert self.run(self._ask(side, body)) == KeyReused()
            return
        verdict = self.run(self._ask(side, wish))
        assert isinstance(verdict, Bought), verdict
        assert (verdict.order.id, verdict.order.place) == (order.id, order.place)
        assert verdict.replayed

    @rule(side=sides, which=st.integers(0))
    def ask_again_after_a_death(self, side: int, which: int) -> None:
        if not self.model.in_doubt:
            return
        wish = pick(self.model.in_doubt, which)
        may_be = self.model.may_be_said(wish) | {"Bought", "OutcomeUnknown", "GateClosed"}  # all in 0.1 s
        assert self._hear(wish, self.run(self._ask(side, wish, IMPATIENT_SECONDS))) in may_be

    @rule(which=st.integers(0))
    def cancel(self, which: int) -> None:
        standing = {wish.key: wish for wish in self.model.standing()}
        if not standing:
            return
        wish, order = self.model.orders[pick(standing, which).key]
        self.run(self.house.cancel(order, wish.shopper_id))
        self.model.cancelled.add(wish.key)
        self.tick(0)

    @rule(side=sides, at=st.sampled_from(PLACES), wants=st.lists(wanted, min_size=1, max_size=4))
    def kill(self, side: int, at: Name | None, wants: list[tuple[int, int]]) -> None:
        wishes = {wish.key: wish for wish in (self._wish(*want) for want in wants)}
        self.model.in_doubt |= wishes
        for verdict in self.run(self.house.kill(side, at, [*wishes.values()])):
            if isinstance(verdict, Bought):
                written = self.run(self.house.ledger.find_all([*wishes.values()]))
                assert verdict.order.id in {standing.order.id for standing in written.values()}

    @rule(everything=st.booleans())
    def lose_what_redis_has(self, everything: bool) -> None:
        self.run(self.house.redis.flushall() if everything else self.house.redis.script_flush())

    @rule(order=st.sampled_from(["go on", "go on", "pause", "close"]), terms=terms)
    def let_staff_act(self, order: str, terms: tuple[int, int]) -> None:
        """To go on from a deal that has ended is to put another on offer."""
        model = self.model
        if order == "close" and not model.closed:
            self.close()
        elif order == "go on" and model.closed:
            self._look_for_what_was_in_doubt()
            self._open(*terms)
        elif not model.closed and model.paused == (order == "go on"):
            self.pause_or_go_on()

    def pause_or_go_on(self) -> None:
        self.model.paused = not self.model.paused
        self.run(pause(self.house.engine, self.model.paused, self.model.deal))

    def close(self) -> None:
        self.run(close(self.house.engine, self.house.clock, self.model.deal))
        self.model.closed, self.model.paused = True, False

    @rule(seconds=st.sampled_from([0, 1, 3]))
    def tick(self, seconds: int) -> None:
        self.house.clock.advance(seconds)
        self.run(self.house.follow(None if self.model.closed else self.model.deal))

    @rule()
    def rest(self) -> None:
        """Time in which nothing happens: whatever was in doubt is decided."""
        for _ in range(3):
            self.tick(3)
        self._look_for_what_was_in_doubt()
        self.model.in_doubt.clear()

    def _look_for_what_was_in_doubt(self) -> None:
        found = self.run(self.house.ledger.find_all([*self.model.in_doubt.values()]))
        for (_, key), standing in found.items():
            self._hear(self.model.in_doubt[key], Bought(standing.order))

    @invariant()
    def the_books_keep_their_promises(self) -> None:
        assert broken(self.run(prove(self.house.engine, PROMISES))) == {}

    @invariant()
    def every_promise_stands(self) -> None:
        self._look_for_what_was_in_doubt()
        promised = {
            (o.id, w.shopper_id, key, w.deal_id, w.quantity, o.place, ORDINARY.unit_price, o.total)
            for key, (w, o) in self.model.orders.items()
        }
        assert promised == self.run(self._written())

    async def _written(self) -> set[tuple[object, ...]]:
        c = orders.c
        query = select(
            c.id, c.shopper_id, c.idempotency_key, c.deal_id, c.quantity, c.place, c.unit_price, c.total
        )
        async with self.house.engine.connect() as connection:
            return {tuple(row) for row in await connection.execute(query)}

    @invariant()
    def the_gate_gives_out_what_is_left(self) -> None:
        if self.model.deal == 0 or self.model.closed or self.model.paused:
            return

        async def is_so() -> bool:
            left = await gate_left(self.house.gate, self.house.engine, self.model.deal)
            return left is None or self.model.left - self.model.doubtful <= left <= self.model.left

        self.run(eventually(is_so, 2))  # an answer may come a moment before what it gives back

    def teardown(self) -> None:
        """Nothing is stranded: to buy the rest sells exactly what was left."""
        if (failure := sys.exc_info()[1]) is not None:
            if isinstance(failure, Exception):  # and not Hypothesis' own way to end an example
                traceback.print_exc()  # where the same goes well when it is tried again, this would be forgotten
            return
        if self.model.deal == 0:
            return
        if self.model.paused:
            self.pause_or_go_on()
        if not self.model.closed:
            self.rest()
            left = self.model.left
            wishes = [self._wish(n, 1) for n in range(SHOPPERS, SHOPPERS + SPARE)]
            said = [
                self._hear(w, v)
                for w, v in zip(wishes, self.run(_all(*map(self._at_one, wishes))), strict=True)
            ]
            assert sorted(said) == ["Bought"] * left + ["SoldOut"] * (SPARE - left)
            self.close()
        self.the_books_keep_their_promises()
        self.every_promise_stands()

    async def _at_one(self, wish: Wish) -> Verdict:
        return await self._ask(0, wish)


def pick(among: dict[str, T], which: int) -> T:
    """One of them."""
    return [*among.values()][which % len(among)]


async def _all(*asking: Coroutine[Any, Any, Verdict]) -> list[Verdict]:
    return list(await asyncio.gather(*asking))


@pytest.fixture
def house(
    servers: EmbeddedServers, migrated: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """Ready for as many examples as one likes. Recounts follow one another faster than a shop would have them."""
    monkeypatch.setattr(app.sales.sale, "CALM_SECONDS", 0.01)
    monkeypatch.setattr(app.sales.recount, "OTHERS_TURN_SECONDS", 0.1)
    house = House(servers)
    house.run(house.open(SHOPPERS + SPARE))
    yield house
    house.run(house.close())
    house.loop.close()


def test_whatever_happens_the_shop_does_as_the_model_does(house: House) -> None:
    chosen = settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],  # to shrink what went wrong takes minutes: the steps are few
        stateful_step_count=STEPS,
        derandomize=EXAMPLES == ORDINARY_EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Selling(house), settings=chosen)  # type: ignore[arg-type]
