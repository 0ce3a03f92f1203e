"""Random fault runs: a crowd buys over HTTP from two processes while whatever can break does; then the books are read.

Each run is drawn from its seed, which is printed, and can be repeated: the same faults in the same order, as nearly at
the same moments as a machine allows. Nothing may be lost, oversold, sold twice or stranded.
"""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any

from msgspec import Struct

from bench.fault_audit import examine_books, read_deal
from bench.fault_branch import Branch
from bench.fault_buyers import Crowd, Till
from bench.faults import FAULTS, Scene, draw_failpoint
from bench.ground import Ground, prepared_ground

SHOPPERS, SPARE = 600, 600  # those who come during the faults, and those who buy the rest afterwards
NEXT_SECONDS = 10.0
LEAST_SECONDS = 1.5  # that the crowd buys

Say = Callable[[str], None]


class FaultRun(Struct, frozen=True):
    """What happened under a seed.

    `promised` orders have `units`; `rest` units were bought afterwards. `heard` counts the answers by name, and
    `wrong` says what must not be.
    """

    seed: int
    faults: list[str]
    quantity: int
    promised: int
    units: int
    heard: dict[str, int]
    epochs: int
    rest: int
    seconds: float
    wrong: list[str]

    def words(self) -> str:
        """One line, and one for each thing that is wrong."""
        again = ", ".join(
            f"{name} {self.heard[name]}" for name in ("202", "503", "lost") if name in self.heard
        )
        line = (
            f"seed {self.seed}: {'WRONG' if self.wrong else 'right'}; {self.promised} orders promised, "
            f"{self.units} units and {self.rest} afterwards of {self.quantity}; "
            f"asked again: {again or 'never'}; epoch {self.epochs}; {self.seconds:.1f} s; {', '.join(self.faults)}"
        )
        return "\n    ".join([line, *self.wrong[:10]])


def bench_faults(seeds: Sequence[int], tell: Say) -> list[FaultRun]:
    """One run for each seed, on one pair of servers and of processes; what has died is started again."""
    runs: list[FaultRun] = []
    with prepared_ground(SHOPPERS + SPARE) as ground, two_branches(ground) as branches:
        for seed in seeds:
            runs.append(run_once(ground, branches, seed))
            tell(runs[-1].words())
    return runs


def facts(runs: Sequence[FaultRun]) -> dict[str, Any]:
    """The same for a program."""
    right = sum(not run.wrong for run in runs)
    return {
        "runs": len(runs),
        "right": right,
        "promised": sum(run.promised for run in runs),
        "failed": {str(run.seed): run.wrong for run in runs if run.wrong},
    }


def words(runs: Sequence[FaultRun]) -> str:
    """The same for people."""
    failed = [str(run.seed) for run in runs if run.wrong]
    again = sum(run.heard.get(name, 0) for run in runs for name in ("202", "503", "lost"))
    summary = (
        f"{len(runs) - len(failed)} of {len(runs)} fault runs right: {sum(len(run.faults) for run in runs)} faults, "
        f"{sum(run.promised for run in runs):,} orders promised under them, {again:,} times asked again"
    )
    return summary + (
        f"; WRONG with seeds {', '.join(failed)}" if failed else "; nothing lost, oversold or stranded"
    )


@contextmanager
def two_branches(ground: Ground) -> Iterator[list[Branch]]:
    """Two processes that sell."""
    with ExitStack() as house:
        branches = [Branch(ground), Branch(ground)]
        for branch in branches:
            house.callback(branch.end)
            branch.start()
        for branch in branches:
            branch.wait_until_ready()
        yield branches


def run_once(ground: Ground, branches: Sequence[Branch], seed: int) -> FaultRun:
    """One deal, a crowd, some faults, and the audit."""
    began, chance = time.monotonic(), Random(seed)  # noqa: S311
    scene = Scene(ground, branches, chance)
    limit = chance.randint(1, 4)
    quantity = chance.randint(60, min(800, 500 * limit))
    tokens = ground.tokens.read_text().split()
    faults = _arm(scene)
    desk = next(
        branch.desk for branch in branches if not branch.is_armed
    )  # which does not die under our hands
    deal_id = desk.open_deal(f"Seed {seed}", quantity, limit)
    following = desk.queue_deal(f"After seed {seed}", 1_000, 1)
    crowd = Crowd([branch.port for branch in branches], tokens[:SHOPPERS], deal_id, limit, seed)
    crowd.come()
    faults += _break_things(scene)
    for branch in branches:
        branch.signal(signal.SIGCONT)
        branch.disarm()
    crowd.go_home()
    for branch in branches:
        branch.wait_until_ready()
    wrong = [*crowd.wrong, *examine_books(ground, deal_id, crowd.promises)]
    promised, units = len(crowd.promises), sum(promise.quantity for promise in crowd.promises.values())
    rest = read_deal(ground, deal_id).left
    wrong += _buy_the_rest(branches, crowd, tokens[SHOPPERS:], limit, rest)
    wrong += _look_at_the_end(ground, branches, crowd, deal_id, following)
    wrong += [f"logged: {line}" for branch in branches for line in branch.read_mistakes()]
    epochs, heard = read_deal(ground, deal_id).epoch, dict(crowd.heard)
    seconds, told = time.monotonic() - began, list(dict.fromkeys(wrong))
    return FaultRun(seed, faults, quantity, promised, units, heard, epochs, rest, seconds, told)


def _arm(scene: Scene) -> list[str]:
    """In every third run one process has a failpoint armed from its start on."""
    for branch in scene.branches:
        branch.wait_until_ready()
    if scene.chance.random() > 0.35:
        return []
    plan = draw_failpoint(scene.chance)
    branch = scene.chance.choice(scene.branches)
    branch.kill()
    branch.start(plan)
    for branch in scene.branches:
        branch.wait_until_ready()
    return [plan]


def _break_things(scene: Scene) -> list[str]:
    """One to three faults, one after the other, while the crowd buys."""
    until, happened = time.monotonic() + LEAST_SECONDS, []
    for fault in scene.chance.sample(FAULTS, scene.chance.randint(1, 3)):
        time.sleep(scene.chance.uniform(0.1, 0.6))
        fault(scene)
        happened.append(fault.__name__.replace("_", " "))
    time.sleep(max(0.2, until - time.monotonic()))
    return happened


def _buy_the_rest(
    branches: Sequence[Branch], crowd: Crowd, tokens: Sequence[str], limit: int, rest: int
) -> list[str]:
    """With everything at rest, exactly what is left can be bought."""
    till, chance, left = Till([branch.port for branch in branches]), Random(0), rest  # noqa: S311
    for number, token in enumerate(tokens):
        if left == 0:
            break
        quantity = min(limit, left)
        said = crowd.buy(till, chance, f"rest/{crowd.deal_id}/{number}", quantity, token)
        if said != "201":
            return [f"{left} units were left, and then it was said: {said}"]
        left -= quantity
    said = crowd.buy(till, chance, f"too-late/{crowd.deal_id}", 1, tokens[-1]) if left == 0 else "sold-out"
    till.close()
    return [] if said == "sold-out" else [f"nothing was left, and then it was said: {said}"]


def _look_at_the_end(
    ground: Ground, branches: Sequence[Branch], crowd: Crowd, deal_id: int, following: int
) -> list[str]:
    wrong = examine_books(ground, deal_id, crowd.promises)
    deal = read_deal(ground, deal_id)
    if deal.left == 0:
        deadline = time.monotonic() + NEXT_SECONDS
        while branches[0].desk.live_id() != following and time.monotonic() < deadline:
            time.sleep(0.05)
        if branches[0].desk.live_id() != following:
            wrong.append("it is sold out, and the next deal did not go live")
    return wrong
