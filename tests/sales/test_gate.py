"""The gate: what the scripts decide, and what it says when Redis is not what it should be."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from app.sales.gate import Admission, Gate, GateLostError
from app.sales.order import Wish
from app.sales.pipeline import GROUP
from tests.factories.sales import DEAL, Wires, process, wish

GATE = f"gate:{DEAL}:1"
TAKEN, KNOWN, OVER, SOLD_OUT = Admission.TAKEN, Admission.KEY_KNOWN, Admission.OVER_LIMIT, Admission.SOLD_OUT


class Model:
    """The gate again, in a few lines that are easy to believe."""

    def __init__(self, left: int, limit: int) -> None:
        self.left, self.limit = left, limit
        self.bought: Counter[int] = Counter()
        self.keys: set[tuple[int, str]] = set()

    def admit(self, asked: Wish) -> Admission:
        if (asked.shopper_id, asked.key) in self.keys:
            return KNOWN
        if self.bought[asked.shopper_id] + asked.quantity > self.limit:
            return OVER
        if self.left < asked.quantity:
            return SOLD_OUT
        self.left -= asked.quantity
        self.bought[asked.shopper_id] += asked.quantity
        self.keys.add((asked.shopper_id, asked.key))
        return TAKEN

    def give_back(self, given: Wish) -> None:
        if (given.shopper_id, given.key) in self.keys:
            self.keys.remove((given.shopper_id, given.key))
            self.bought[given.shopper_id] -= given.quantity
            self.left += given.quantity


async def test_after_admit_units_can_not_have_been_taken_that_were_not_there(gate: Gate) -> None:
    await gate.open(DEAL, 1, 100)
    batches = [[wish(shopper, 1 + shopper % 3) for shopper in range(n, n + 40)] for n in range(0, 400, 40)]

    answers = await asyncio.gather(*(gate.admit(DEAL, 1, 3, batch) for batch in batches))

    taken = sum(
        asked.quantity
        for batch, answer in zip(batches, answers, strict=True)
        for asked, admission in zip(batch, answer.admissions, strict=True)
        if admission is TAKEN
    )
    assert taken == 100
    assert await gate.left(DEAL, 1) == 0
    assert min(answer.left for answer in answers) == 0


async def test_after_give_back_a_purchase_can_not_have_been_given_back_twice(gate: Gate) -> None:
    await gate.open(DEAL, 1, 5)
    given = wish(1, 2)
    await gate.admit(DEAL, 1, 3, [given])

    assert await gate.give_back(DEAL, 1, [given, given]) == 5  # twice in one batch
    assert await gate.give_back(DEAL, 1, [given]) == 5  # and once more
    assert (await gate.admit(DEAL, 1, 2, [given])).admissions == [TAKEN]  # neither limit nor key remembers it
    assert await gate.left(DEAL, 1) == 3


async def test_what_was_never_taken_can_not_be_given_back(gate: Gate) -> None:
    await gate.open(DEAL, 1, 5)
    assert await gate.give_back(DEAL, 1, [wish(1, 3)]) == 5


async def test_the_gate_decides_as_the_model_does_whatever_comes(gate: Gate) -> None:
    chance = random.Random(37)
    for epoch in range(1, 21):
        left, limit = chance.randrange(40), chance.randrange(1, 5)
        model = Model(left, limit)
        await gate.open(DEAL, epoch, left)
        taken: list[Wish] = []
        for _ in range(10):
            batch = [
                wish(chance.randrange(8), chance.randrange(1, 5), key=f"k{chance.randrange(10)}")
                for _ in range(chance.randrange(1, 12))
            ]
            answer = await gate.admit(DEAL, epoch, limit, batch)
            assert answer.admissions == [model.admit(asked) for asked in batch]
            assert answer.left == model.left
            taken += [w for w, said in zip(batch, answer.admissions, strict=True) if said is TAKEN]
            if taken and chance.random() < 0.5:
                returned = [taken.pop(chance.randrange(len(taken)))]
                for given in returned:
                    model.give_back(given)
                assert await gate.give_back(DEAL, epoch, returned) == model.left


async def test_a_batch_counts_its_own_purchases(gate: Gate) -> None:
    await gate.open(DEAL, 1, 4)
    first = wish(1, 2, key="a")
    batch = [first, first, wish(1, 2), wish(1, 1), wish(2, 2), wish(3, 1), wish(4, 1)]

    answer = await gate.admit(DEAL, 1, 3, batch)

    assert answer.admissions == [TAKEN, KNOWN, OVER, TAKEN, SOLD_OUT, TAKEN, SOLD_OUT]
    assert answer.held == [2]
    assert answer.left == 0


async def test_those_over_the_limit_hear_in_order_what_they_hold(gate: Gate) -> None:
    await gate.open(DEAL, 1, 50)
    answer = await gate.admit(DEAL, 1, 3, [wish(1), wish(3), wish(2, 3), wish(3, 3)], {1: 3, 2: 1})
    assert answer.admissions == [OVER, TAKEN, OVER, OVER]
    assert answer.held == [3, 1, 1]


async def test_what_a_shopper_held_when_the_epoch_began_counts_once(gate: Gate) -> None:
    """Whoever looks it up again sees also what was bought since, which the gate has counted itself."""
    await gate.open(DEAL, 1, 50)
    first = wish(1)
    assert (await gate.admit(DEAL, 1, 4, [first, wish(1)], {1: 1})).admissions == [TAKEN, TAKEN]
    assert (await gate.admit(DEAL, 1, 4, [wish(1)], {1: 3})).admissions == [TAKEN]
    answer = await gate.admit(DEAL, 1, 4, [wish(1)], {1: 4})
    assert (answer.admissions, answer.held) == ([OVER], [4])
    await gate.give_back(DEAL, 1, [first])
    assert (await gate.admit(DEAL, 1, 4, [wish(1), wish(1)])).admissions == [TAKEN, OVER]


async def test_a_smaller_wish_is_granted_after_a_greater_one_found_too_little(gate: Gate) -> None:
    await gate.open(DEAL, 1, 2)
    answer = await gate.admit(DEAL, 1, 3, [wish(1, 3), wish(2, 2)])
    assert answer.admissions == [SOLD_OUT, TAKEN]


async def test_the_same_key_of_two_shoppers_is_two_keys(gate: Gate) -> None:
    await gate.open(DEAL, 1, 2)
    answer = await gate.admit(DEAL, 1, 1, [wish(1, key="a"), wish(2, key="a")])
    assert answer.admissions == [TAKEN, TAKEN]


async def test_a_key_may_look_like_anything_visible(gate: Gate) -> None:
    await gate.open(DEAL, 1, 9)
    odd = ["2:a", "{37}", "\\n", "'", '"', "~" * 255]
    answer = await gate.admit(DEAL, 1, 9, [wish(1, key=key) for key in odd])
    assert answer.admissions == [TAKEN] * len(odd)
    assert (await gate.admit(DEAL, 1, 9, [wish(1, key=key) for key in odd])).admissions == [KNOWN] * len(odd)


async def test_the_greatest_group_goes_through_in_one_call(gate: Gate) -> None:
    await gate.open(DEAL, 1, 10_000)
    group = [wish(shopper, key="k" * 255) for shopper in range(GROUP)]
    assert (await gate.admit(DEAL, 1, 1, group)).admissions == [TAKEN] * GROUP
    assert await gate.give_back(DEAL, 1, group) == 10_000


async def test_opening_throws_away_what_stood_under_the_same_epoch(gate: Gate) -> None:
    await gate.open(DEAL, 1, 5)
    await gate.admit(DEAL, 1, 3, [wish(1, 3, key="a")])
    await gate.open(DEAL, 1, 2)
    answer = await gate.admit(DEAL, 1, 3, [wish(1, 2, key="a")])
    assert answer.admissions == [TAKEN]


async def test_epochs_and_deals_have_gates_of_their_own(gate: Gate) -> None:
    await gate.open(DEAL, 1, 5)
    await gate.open(DEAL, 2, 6)
    await gate.open(DEAL + 1, 1, 7)
    await gate.admit(DEAL, 1, 3, [wish(1, 3)])
    assert [await gate.left(DEAL, 1), await gate.left(DEAL, 2), await gate.left(DEAL + 1, 1)] == [2, 6, 7]


async def test_a_gate_that_is_not_open_gives_and_takes_nothing(gate: Gate, redis: Redis) -> None:
    await gate.open(DEAL, 1, 5)
    assert await gate.left(DEAL, 2) is None
    with pytest.raises(GateLostError, match="NOGATE"):
        await gate.admit(DEAL, 2, 3, [wish(1)])
    with pytest.raises(GateLostError, match="NOGATE"):
        await gate.give_back(DEAL, 2, [wish(1)])
    assert not [key async for key in redis.scan_iter("gate:*:2")]


async def emptied(redis: Redis) -> None:
    await redis.flushall()


async def without_scripts(redis: Redis) -> None:
    await redis.script_flush()


async def with_a_list_in_its_place(redis: Redis) -> None:
    await redis.delete(GATE)
    await redis.lpush(GATE, "x")


async def with_words_for_stock(redis: Redis) -> None:
    await redis.execute_command("HSET", GATE, "left", "plenty")  # type: ignore[no-untyped-call]


async def with_words_for_what_a_shopper_holds(redis: Redis) -> None:
    await redis.execute_command("HSET", GATE, "1", "some")  # type: ignore[no-untyped-call]


FAULTS = [
    emptied,
    without_scripts,
    with_a_list_in_its_place,
    with_words_for_stock,
    with_words_for_what_a_shopper_holds,
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_gate_that_is_not_as_it_was_left_is_lost(
    gate: Gate, redis: Redis, fault: Callable[[Redis], Awaitable[None]]
) -> None:
    await gate.open(DEAL, 1, 5)
    await fault(redis)
    with pytest.raises(GateLostError):
        await gate.admit(DEAL, 1, 3, [wish(1)])


@pytest.mark.parametrize("fault", [with_a_list_in_its_place, with_words_for_stock])
async def test_something_else_in_the_stocks_place_is_no_open_gate(
    gate: Gate, redis: Redis, fault: Callable[[Redis], Awaitable[None]]
) -> None:
    await gate.open(DEAL, 1, 5)
    await fault(redis)
    assert await gate.left(DEAL, 1) is None


async def test_a_call_whose_reply_was_lost_is_not_sent_again(
    gate: Gate, lines: Wires, wired: object, redis: Redis
) -> None:
    await gate.open(DEAL, 1, 5)
    far = Gate(Redis.from_url(lines.redis_url, retry=None))
    lines.redis.lose_reply(b"EVALSHA")
    with pytest.raises(GateLostError):
        await far.admit(DEAL, 1, 3, [wish(1)])
    assert await gate.left(DEAL, 1) == 4  # it ran, and it ran once
    await far._redis.aclose()


@pytest.mark.parametrize("passed_on", [True, False])
async def test_a_gate_whose_opening_broke_off_is_open_as_a_whole_or_not_at_all(
    gate: Gate, lines: Wires, clock: object, passed_on: bool
) -> None:
    async with process(lines.database_url, lines.redis_url, clock) as there:  # type: ignore[arg-type]
        (lines.redis.lose_reply if passed_on else lines.redis.lose_request)(b"HSET")
        with pytest.raises(GateLostError):
            await there.gate.open(DEAL, 1, 5)
    assert await gate.left(DEAL, 1) == (5 if passed_on else None)


async def test_an_unreachable_redis_is_a_lost_gate(gate: Gate, lines: Wires, clock: object) -> None:
    async with process(lines.database_url, lines.redis_url, clock) as there:  # type: ignore[arg-type]
        lines.redis.cut()
        with pytest.raises(GateLostError):
            await there.gate.left(DEAL, 1)
        with pytest.raises(GateLostError):
            await there.gate.admit(DEAL, 1, 3, [wish(1)])
        with pytest.raises(GateLostError):
            await there.gate.open(DEAL, 1, 3)
