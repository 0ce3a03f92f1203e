"""Purchases a second: ours with one and two workers, the usual way, and doing nothing at all, in one run."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec import Struct, field
from sqlalchemy import insert
from sqlalchemy.schema import CreateSchema

from bench import usual_way
from bench.books import Books, leave_unsettled, read_books
from bench.desk import LIMIT, QUANTITY
from bench.ground import Ground, prepared_ground
from bench.load import Load
from bench.measuring import Measured, Meter, measure
from bench.outage import Outage, kill_valkey
from bench.processes import ChildError, child, clean_environment, family, free_port, listens, python, uvicorn

ORDERS = "/api/v1/orders"
SHOPPERS = 20_000
KEYS = ("limit", "hello", "usual", "one", "two", "sold-out", "killed", "hello-last")
Say = Callable[[str], None]


class Run(Struct, frozen=True):
    """One server under load. `books` where something was sold, `outages` where Valkey was killed."""

    name: str
    measured: Measured
    books: Books | None = None
    outages: list[Outage] = field(default_factory=list)


class Plan(Struct, frozen=True):
    """How long and how hard. `kills` of Valkey, `pause` seconds between them; `only` these runs, or all."""

    seconds: float = 6.0
    connections: int = 256
    shoppers: int = SHOPPERS
    kills: int = 3
    pause: float = 1.5
    only: Sequence[str] = ()


def bench_purchases(plan: Plan, say: Say) -> dict[str, Run]:
    """Every run by its key, in the order in which they were made. Raises ChildError, EmbeddedServersError."""
    with prepared_ground(plan.shoppers) as ground:
        runs: dict[str, Run] = {}
        for key, (title, run) in _Bench(ground, plan).runs().items():
            if not plan.only or key in plan.only:
                say(title)
                runs[key] = run(title)
    return runs


class _Bench:
    """One method a run."""

    def __init__(self, ground: Ground, plan: Plan) -> None:
        self._ground, self._plan = ground, plan

    def runs(self) -> dict[str, tuple[str, Callable[[str], Run]]]:
        """By key, title and run. Doing nothing comes first and last, and what lies between the two is noise."""
        return {
            "limit": ("load generator's limit", self._limit),
            "hello": ("FastAPI hello, first", self._hello),
            "usual": ("the usual way", self._usual_way),
            "one": ("ours, one worker", partial(self._ours, 1)),
            "two": ("ours, two workers", partial(self._ours, 2)),
            "sold-out": ("ours, sold out", self._sold_out),
            "killed": ("ours, Valkey killed", self._recovery),
            "hello-last": ("FastAPI hello, last", self._hello),
        }

    def _limit(self, name: str) -> Run:
        port = free_port()
        load = self._load(port, "/", '{"deal_id": 1, "quantity": 1}')
        with self._child(python("bench.answers_at_once", str(port)), port) as pid:
            return Run(name, measure(load, {"server": lambda: family(pid)}))

    def _hello(self, name: str) -> Run:
        port = free_port()
        load = Load(port, "/", self._plan.connections, self._plan.seconds)
        with self._child(uvicorn("bench.hello:create_app", port), port) as pid:
            return Run(name, measure(load, {"server": lambda: family(pid)}))

    def _usual_way(self, name: str) -> Run:
        port, deal_id = free_port(), 1
        tokens = self._ground.tokens.read_text().split()
        asyncio.run(self._prepare_usual_way(deal_id, tokens))
        load = self._load(port, "/orders", json.dumps({"deal_id": deal_id, "quantity": 1}))
        with self._child(uvicorn("bench.usual_way:create_app", port), port) as pid:
            measured = measure(load, self._meters(pid))
        return Run(name, measured, asyncio.run(self._books(deal_id, measured, usual_way=True)))

    def _ours(self, workers: int, name: str) -> Run:
        with self._ground.shop(workers) as (desk, pid):
            deal_id = desk.open_deal(name)
            load = self._load(desk.port, ORDERS, json.dumps({"deal_id": deal_id, "quantity": 1}))
            measured = measure(load, self._meters(pid))
        return Run(name, measured, asyncio.run(self._books(deal_id, measured)))

    def _sold_out(self, name: str) -> Run:
        with self._ground.shop(1) as (desk, pid):
            deal_id = desk.open_deal(name, quantity=1)
            token = self._ground.tokens.read_text().split()[0]
            bought = [desk.buy(deal_id, token), desk.buy(deal_id, token)]
            if bought != [201, 409]:
                raise ChildError(f"one buyer, then sold out was due, but the answers were {bought}")
            load = self._load(desk.port, ORDERS, json.dumps({"deal_id": deal_id, "quantity": 1}))
            measured = measure(load, self._meters(pid))
        return Run(name, measured, asyncio.run(self._books(deal_id, measured, before=1)))

    def _recovery(self, name: str) -> Run:
        outages: list[Outage] = []

        def kill_now_and_then() -> None:
            for _ in range(self._plan.kills):
                time.sleep(self._plan.pause)
                outages.append(kill_valkey(self._ground.valkey_socket))

        seconds = self._plan.kills * (self._plan.pause + 1.0) + self._plan.pause
        with self._ground.shop(1) as (desk, pid):
            deal_id = desk.open_deal(name)
            load = self._load(desk.port, ORDERS, json.dumps({"deal_id": deal_id, "quantity": 1}), seconds)
            measured = measure(load, self._meters(pid), kill_now_and_then)
        return Run(name, measured, asyncio.run(self._books(deal_id, measured)), outages)

    def _load(self, port: int, path: str, body: str, seconds: float | None = None) -> Load:
        plan, tokens = self._plan, str(self._ground.tokens)
        return Load(port, path, plan.connections, seconds or plan.seconds, tokens=tokens, body=body)

    def _child(self, command: Sequence[str], port: int) -> AbstractContextManager[int]:
        environment = clean_environment(DATABASE_URL=self._ground.servers.database_url)
        return child(command, self._ground.folder / "others.log", environment, partial(listens, port))

    def _meters(self, pid: int) -> dict[str, Meter]:
        return {"server": lambda: family(pid), "databases": self._ground.server_pids}

    async def _prepare_usual_way(self, deal_id: int, tokens: Sequence[str]) -> None:
        ends_at = datetime.now(UTC) + timedelta(days=1)
        logins = [
            {"token": token, "shopper_id": number, "expires_at": ends_at}
            for number, token in enumerate(tokens, start=1)
        ]
        deal = {"id": deal_id, "title": "A loaf", "price": 4999, "quantity": QUANTITY, "unit_limit": LIMIT}
        async with self._ground.database() as connection:
            await connection.execute(CreateSchema(usual_way.SCHEMA))
            await connection.run_sync(usual_way.Base.metadata.create_all)
            await connection.execute(insert(usual_way.Login), logins)
            await connection.execute(insert(usual_way.Deal), deal)

    async def _books(
        self, deal_id: int, measured: Measured, *, usual_way: bool = False, before: int = 0
    ) -> Books:
        async with self._ground.database() as connection:
            books = await read_books(connection, deal_id, measured.report, usual_way=usual_way, before=before)
            await leave_unsettled(connection)
        return books
