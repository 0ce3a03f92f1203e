"""What the sales room counts, as Prometheus reads it over HTTP."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.main import create_app
from app.platform.errors import Problem
from app.platform.settings import Settings
from app.sales import measures
from app.sales.refusals import order_or_refusal
from app.sales.verdict import (
    DealOver,
    GateClosed,
    KeyReused,
    LimitReached,
    NoSuchDeal,
    OutcomeUnknown,
    QuantityOutOfRange,
    SoldOut,
    Verdict,
)
from tests.conftest import FrozenClock
from tests.factories.inventory import new_deal, process, queue_deals
from tests.factories.shoppers import PASSWORD

TOKEN = "a token of sixteen letters"


@pytest.fixture
async def shop(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> AsyncIterator[httpx.AsyncClient]:
    """A shopper at a shop that sells two units of its first deal."""
    await queue_deals(engine, clock, new_deal(quantity=2, limit=1), new_deal())
    async with process(settings, clock) as director:
        await director.showrunner.set_show("daily", False)
    app = create_app(settings.model_copy(update={"metrics_token": TOKEN}), clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client,
    ):
        body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        assert (await client.post("/api/v1/shoppers", json=body)).status_code == 201
        yield client


async def metrics(shop: httpx.AsyncClient) -> dict[str, float]:
    """By name, and for purchases by outcome."""
    text = (await shop.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})).text
    return {
        sample.labels.get("outcome", sample.name): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


async def buy(shop: httpx.AsyncClient, key: str | None = None, **body: object) -> None:
    await shop.post(
        "/api/v1/orders", json={"deal_id": 1} | body, headers={"Idempotency-Key": key or uuid4().hex}
    )


async def test_purchases_are_counted_by_what_became_of_them(shop: httpx.AsyncClient) -> None:
    before = await metrics(shop)
    for _ in range(2):
        await buy(shop, key="the-same")
    await buy(shop)
    await buy(shop, deal_id=2)
    after = await metrics(shop)
    counted = {
        name: after[name] - before.get(name, 0)
        for name in ("bought", "replayed", "limit-reached", "no-such-deal")
    }
    assert counted == {"bought": 1, "replayed": 1, "limit-reached": 1, "no-such-deal": 1}


async def test_groups_flushes_and_the_epoch_are_seen(shop: httpx.AsyncClient) -> None:
    before = await metrics(shop)
    await buy(shop)
    after = await metrics(shop)
    for name in ("gate_group_purchases", "gate_seconds", "ledger_group_orders", "ledger_flush_seconds"):
        assert after[f"breadmaker_{name}_count"] == before[f"breadmaker_{name}_count"] + 1, name
    assert after["breadmaker_ledger_group_orders_sum"] == before["breadmaker_ledger_group_orders_sum"] + 1
    assert after["breadmaker_live_epoch"] == 2


@pytest.mark.parametrize(
    "verdict",
    [
        SoldOut(1),
        DealOver(),
        NoSuchDeal(),
        QuantityOutOfRange(3),
        LimitReached(3, 3),
        KeyReused(),
        GateClosed(),
        OutcomeUnknown(),
    ],
)
def test_a_refusal_is_counted_under_its_problems_name(verdict: Verdict) -> None:
    problem = order_or_refusal(verdict, None)
    assert isinstance(problem, Problem)
    assert measures.name_of(verdict) == problem.slug()
