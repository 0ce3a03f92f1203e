"""Shoppers who come over HTTP."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

import app.inventory

PASSWORD = "correct horse battery"
_numbers = count(1)


@contextmanager
def sign_up(address: str, name: str = "Ada") -> Iterator[httpx.Client]:
    """Somebody new, signed in."""
    with httpx.Client(base_url=address, timeout=20) as client:
        email = f"{name.lower()}{next(_numbers)}@example.com"
        body = {"name": name, "email": email, "password": PASSWORD}
        response = client.post("/api/v1/shoppers", json=body)
        assert response.status_code == 201, response.text
        yield client


def live(client: httpx.Client) -> dict[str, Any]:
    """The snapshot."""
    snapshot: dict[str, Any] = client.get("/api/v1/live").json()
    return snapshot


def buy(client: httpx.Client, deal_id: int, quantity: int = 1, key: str | None = None) -> httpx.Response:
    """Order some."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    return client.post("/api/v1/orders", json={"deal_id": deal_id, "quantity": quantity}, headers=headers)


def buy_all_but(address: str, left: int) -> int:
    """Have new shoppers buy from the untouched live deal until `left` units are there; answers the deal's id."""
    with httpx.Client(base_url=address) as visitor:
        deal = live(visitor)["deal"]
    buy_units(address, deal["id"], quantity_of(deal["title"]) - left)
    return int(deal["id"])


def buy_units(address: str, deal_id: int, units: int) -> None:
    """Have new shoppers buy so many units, two each."""
    while units:
        with sign_up(address, "Otis") as shopper:
            for _ in range(min(2, units)):
                response = buy(shopper, deal_id)
                assert response.status_code == 201, response.text
                units -= 1


def quantity_of(title: str) -> int:
    """How many the sample queue has of it; the shop tells nobody."""
    sample = Path(app.inventory.__file__).parent / "sample" / "queue.csv"
    with sample.open(newline="") as file:
        return next(int(row["quantity"]) for row in csv.DictReader(file) if row["title"] == title)
