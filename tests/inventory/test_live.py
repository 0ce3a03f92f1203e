"""The snapshot: the live deal, and nothing of any other."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.live import Snapshot, live_version, read_present, snapshot, stock_update, stock_version
from app.platform.settings import Settings
from tests.conftest import FrozenClock
from tests.factories.inventory import Process, a_shopper, new_deal, queue_deals


async def look(shop: Process, clock: FrozenClock) -> Snapshot:
    async with shop.engine.connect() as connection:
        present = await read_present(connection, clock.now())
    return snapshot(present, watching=7)


async def test_the_snapshot_has_the_shape_of_the_contract(
    shop: Process, clock: FrozenClock, settings: Settings
) -> None:
    deal = new_deal(
        title="Loaf",
        tagline="Fresh",
        story="A *story*",
        price=4999,
        list_price=9999,
        shipping=500,
        quantity=60,
        limit=3,
        max_minutes=30,
        reward=500,
        stall_after_minutes=5,
    )
    (deal_id,) = await queue_deals(shop.engine, clock, deal)
    await shop.showrunner.set_show("woot-off", False)
    assert await look(shop, clock) == {
        "show": {"mode": "woot-off", "phase": "live", "next_at": None},
        "deal": {
            "id": deal_id,
            "title": "Loaf",
            "tagline": "Fresh",
            "story_html": "<p>A <em>story</em></p>",
            "condition": "New",
            "photo": {"src": "/static/no-photo.svg", "srcset": "", "sources": [], "alt": ""},
            "price": {"amount": 4999, "currency": "USD", "text": "$49.99"},
            "list_price": {"amount": 9999, "currency": "USD", "text": "$99.99"},
            "shipping": {"amount": 500, "currency": "USD", "text": "$5.00"},
            "limit": 3,
            "started_at": "2026-11-22T18:00:00.000Z",
            "ends_at": "2026-11-22T18:30:00.000Z",
        },
        "stock": {"left_percent": 100, "left": None},
        "pace": {"per_minute": 0.0, "quickest_seconds": None, "sells_out_in_seconds": None},
        "crowd": {"watching": 7, "helpers": 0, "helped_units": 0, "team": 0},
        "stall": None,
        "cleared": None,
    }


async def test_an_empty_stage_has_the_same_shape(
    shop: Process, clock: FrozenClock, settings: Settings
) -> None:
    assert await look(shop, clock) == {
        "show": {"mode": "woot-off", "phase": "closed", "next_at": None},
        "deal": None,
        "stock": None,
        "pace": None,
        "crowd": {"watching": 7, "helpers": 0, "helped_units": 0, "team": 0},
        "stall": None,
        "cleared": None,
    }


def leaves(document: Any) -> list[Any]:
    """Every value in a document, however deep."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return [leaf for value in document for leaf in leaves(value)]
    return [document]


async def test_nothing_hints_at_queued_deals_or_the_starting_quantity(
    shop: Process, clock: FrozenClock, settings: Settings
) -> None:
    live, secret = await queue_deals(
        shop.engine,
        clock,
        new_deal(quantity=54_321),
        new_deal(title="SECRET", tagline="SECRET", story="SECRET", quantity=98_765, price=76_543),
    )
    shopper = await a_shopper(shop.engine, clock)
    await shop.showrunner.set_show("woot-off", False)
    assert live != secret
    for _ in range(2):
        seen = await look(shop, clock)
        assert not {54_321, 54_320, 98_765, 76_543} & {leaf for leaf in leaves(seen) if leaf != live}
        assert "SECRET" not in str(seen)
        assert "quantity" not in str(seen)
        assert secret not in [leaf for leaf in leaves(seen) if isinstance(leaf, int)]
        await shop.sell(shopper, live)


@pytest.mark.parametrize(
    ("quantity", "sold", "percent"),
    [
        (1000, 0, 100),
        (1000, 1, 100),
        (1000, 10, 99),
        (1000, 990, 1),
        (1000, 999, 1),
        (1000, 1000, 0),
        (3, 1, 67),
        (3, 2, 34),
        (1, 1, 0),
    ],
)
async def test_what_is_left_is_rounded_up_so_that_nought_means_none(
    shop: Process, clock: FrozenClock, settings: Settings, quantity: int, sold: int, percent: int
) -> None:
    deals = [new_deal(quantity=quantity, limit=100, stock_display=kind) for kind in ("exact", "percent")]
    await queue_deals(shop.engine, clock, *deals)
    await shop.showrunner.set_show("daily", False)
    for left in (quantity - sold, None):
        deal_id = (await look(shop, clock))["deal"]["id"]
        to_sell = sold
        while to_sell:
            units = min(100, to_sell)
            await shop.sell(await a_shopper(shop.engine, clock), deal_id, units)
            to_sell -= units
        assert (await look(shop, clock))["stock"] == {"left_percent": percent, "left": left}
        await shop.showrunner.skip(deal_id)


async def test_the_pace_is_the_units_of_the_last_minute(
    shop: Process, clock: FrozenClock, settings: Settings
) -> None:
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal(quantity=10))
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(0.8)
    await shop.sell(await a_shopper(shop.engine, clock), deal_id, 2)
    assert (await look(shop, clock))["pace"] == {
        "per_minute": 2.0,
        "quickest_seconds": 0.8,
        "sells_out_in_seconds": 240,
    }
    clock.advance(60)
    assert (await look(shop, clock))["pace"]["sells_out_in_seconds"] is None


async def test_versions_grow_with_every_change_and_a_sell_out_is_a_change_of_what_is_live(
    shop: Process, clock: FrozenClock
) -> None:
    async def versions() -> tuple[str, str]:
        async with shop.engine.connect() as connection:
            present = await read_present(connection, clock.now())
        return live_version(present), stock_version(present, clock.now())

    (deal_id, _) = await queue_deals(shop.engine, clock, new_deal(quantity=2), new_deal())
    shopper = await a_shopper(shop.engine, clock)
    await shop.showrunner.set_show("daily", False)
    opened = await versions()
    await shop.sell(shopper, deal_id)
    one_left = await versions()
    assert one_left[0] == opened[0]
    assert one_left[1] > opened[1]
    await shop.sell(shopper, deal_id)
    await shop.showrunner.tick()
    sold_out = await versions()
    assert sold_out > one_left
    assert sold_out[1] > max(one_left[1], sold_out[0]), "stock goes on from there"
    clock.advance(timedelta(days=1).total_seconds())
    await shop.showrunner.tick()
    assert await versions() > sold_out


async def test_the_stock_event_has_the_shape_of_the_contract(shop: Process, clock: FrozenClock) -> None:
    async def update() -> Snapshot | None:
        async with shop.engine.connect() as connection:
            return stock_update(await read_present(connection, clock.now()), watching=7)

    assert await update() is None
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal())
    await shop.showrunner.set_show("woot-off", False)
    assert await update() == {
        "deal_id": deal_id,
        "stock": {"left_percent": 100, "left": None},
        "pace": {"per_minute": 0.0, "quickest_seconds": None, "sells_out_in_seconds": None},
        "crowd": {"watching": 7, "helpers": 0, "helped_units": 0, "team": 0},
        "stall": None,
    }


async def test_looking_at_an_untouched_shop_leaves_it_untouched(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    async with engine.connect() as connection:
        present = await read_present(connection, clock.now())
    assert (present.phase, present.show.started, present.deal) == ("closed", False, None)
