"""How a deal's line has gone, as the desk reads it."""

import pytest

from app.admin.line_words import line_words
from app.sales.desk import LineCounts
from tests.conftest import FrozenClock
from tests.factories.house import API, House
from tests.factories.inventory import live_id, new_deal, queue_deals


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (LineCounts(0, 0, 0, 0), ""),
        (LineCounts(1, 0, 0, 0), "1 stands in line."),
        (
            LineCounts(1200, 2, 3, 1),
            "1,200 stand in line, 2 are offered one, 3 took theirs, 1 let it go by.",
        ),
    ],
)
def test_only_what_there_is_is_said(counts: LineCounts, words: str) -> None:
    assert line_words(counts) == words


async def test_the_desk_sees_the_line_on_the_deals_page_and_on_the_dashboard(
    house: House, clock: FrozenClock
) -> None:
    desk = house.merchandiser
    await queue_deals(house.app.state.engine, clock, new_deal(quantity=1))
    await desk.put(f"{API}/staff/show", json={"mode": "daily", "paused": False})
    deal_id = await live_id(house.app.state.engine)
    bought = await desk.post(f"{API}/orders", json={"deal_id": deal_id}, headers={"Idempotency-Key": "first"})
    assert bought.status_code == 201
    assert "The line:" not in (await desk.get(f"/desk/deals/{deal_id}")).text
    joined = await house.shopper.post(f"{API}/deals/{deal_id}/line")
    assert joined.status_code == 201, joined.text
    assert "The line: 1 stands in line." in (await desk.get(f"/desk/deals/{deal_id}")).text
    await house.app.state.showrunner.tick()
    assert "1 stands in line for it." in (await desk.get("/desk")).text
    board = (await desk.get(f"{API}/staff/dashboard")).json()
    assert board["deal"]["in_line"] == 1
