"""Shoppers in a fault run: they do as the contract tells them, and write down what they were promised."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

from msgspec import Struct

ASK_AGAIN = (202, 503)
REPLY_SECONDS = 15.0  # the shop itself says "unknown" after eight
INSIST_SECONDS = 60.0
PAUSE_SECONDS = 0.05
REFUSALS = ("sold-out", "limit-reached")

Reply = tuple[int, dict[str, Any]]


class Promise(Struct, frozen=True):
    """An order that somebody was told of."""

    shopper_id: int
    key: str
    quantity: int
    order: dict[str, Any]


class Till:
    """Where orders are taken: each process at its port, over a connection that is kept while it lasts."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def ask(self, place: int, token: str, key: str, body: dict[str, int]) -> Reply | None:
        """One request and its reply; None where the connection was lost before it came."""
        port = self._ports[place]
        connection = self._connections.get(port)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_SECONDS)
            self._connections[port] = connection
        fields = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", "/api/v1/orders", json.dumps(body), fields)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        except (OSError, http.client.HTTPException):
            self._connections.pop(port).close()
            return None

    def close(self) -> None:
        """Hang up."""
        for connection in self._connections.values():
            connection.close()


class Crowd:
    """A dozen at a time buy one deal until they are told to go home; each insists until it has a final answer."""

    def __init__(
        self, ports: Sequence[int], tokens: Sequence[str], deal_id: int, limit: int, seed: int
    ) -> None:
        self.promises: dict[str, Promise] = {}
        self.wrong: list[str] = []  # answers that cannot be
        self.heard: Counter[str] = Counter()
        self._ports, self._tokens, self.deal_id, self._limit, self._seed = ports, tokens, deal_id, limit, seed
        self._home, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._shop, args=(n,), daemon=True) for n in range(12)]

    def come(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def go_home(self) -> None:
        """Whoever waits for an answer gets it first."""
        self._home.set()
        for thread in self._threads:
            thread.join(INSIST_SECONDS + REPLY_SECONDS)
        if any(thread.is_alive() for thread in self._threads):
            self.wrong.append("somebody still waits")

    def buy(self, counter: Till, chance: Random, key: str, quantity: int, token: str) -> str:
        """Insist on one purchase; the refusal's name, "201", or "never" where no answer came in time."""
        deadline, place = time.monotonic() + INSIST_SECONDS, chance.randrange(len(self._ports))
        while time.monotonic() < deadline:
            reply = counter.ask(place, token, key, {"deal_id": self.deal_id, "quantity": quantity})
            name = self._hear(reply, key, quantity, token)
            if name not in ("lost", "202", "503"):
                return name
            place = chance.randrange(len(self._ports))
            time.sleep(PAUSE_SECONDS)
        self._say(f"{key} has no final answer after {INSIST_SECONDS:.0f} s")
        return "never"

    def _shop(self, number: int) -> None:
        chance, counter = Random(f"{self._seed}/{number}"), Till(self._ports)  # noqa: S311
        for turn in range(1_000_000):
            if self._home.is_set():
                break
            token, key = chance.choice(self._tokens), f"{self.deal_id}/{number}/{turn}"
            quantity = chance.randint(1, self._limit)
            said = self.buy(counter, chance, key, quantity, token)
            if said == "201" and chance.random() < 0.2:
                self.buy(counter, chance, key, quantity, token)  # as after a reload of the page
            time.sleep(chance.uniform(0, 0.06))
        with suppress(OSError):
            counter.close()

    def _hear(self, reply: Reply | None, key: str, quantity: int, token: str) -> str:
        if reply is None:
            return self._count("lost")
        status, body = reply
        if status in ASK_AGAIN:
            return self._count(str(status))
        if status == 201:
            promise = Promise(int(token.split(".")[0]), key, quantity, body)
            with self._lock:
                first = self.promises.setdefault(key, promise)
            if first.order["id"] != body["id"]:
                self._say(f"{key} was promised {first.order['id']}, then {body['id']}")
            return self._count("201")
        name = str(body.get("type", "")).rpartition("/")[2]
        if key in self.promises or status != 409 or name not in REFUSALS:
            self._say(f"{key} was told {status} {name}{' after its 201' if key in self.promises else ''}")
        return self._count(name)

    def _count(self, name: str) -> str:
        with self._lock:
            self.heard[name] += 1
        return name

    def _say(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)
