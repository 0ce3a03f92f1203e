"""The dashboard's page, as the server makes it."""

import re

import pytest

from tests.factories.house import API, House
from tests.factories.identity import MovableClock


async def queue(house: House, *titles: str) -> list[int]:
    """Put deals at the end of the queue."""
    ids = []
    for title in titles:
        body = {"title": title, "price": 4999, "quantity": 4, "limit": 2}
        ids.append((await house.merchandiser.post(f"{API}/staff/deals", json=body)).json()["id"])
    return ids


async def start(house: House, mode: str = "woot-off", *, paused: bool = False) -> None:
    """The show begins, or goes on so."""
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": mode, "paused": paused})


async def page(house: House) -> str:
    """The dashboard's HTML."""
    answer = await house.merchandiser.get("/desk")
    assert answer.status_code == 200
    return answer.text


async def test_the_page_is_right_before_any_script_runs(house: House, clock: MovableClock) -> None:
    live, _ = await queue(house, "A <b>Spoon</b>", "A Comb")
    await start(house)
    clock.advance(30)
    await house.shopper.post(
        f"{API}/orders", json={"deal_id": live, "quantity": 2}, headers={"Idempotency-Key": "a"}
    )
    html = await page(house)
    assert f"Deal {live}: A &lt;b&gt;Spoon&lt;/b&gt;" in html
    assert '<dd data-number="sold">2</dd>' in html
    assert "sold of 4" in html
    assert "A Comb" in html
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', html)
    assert re.search(r'<td class="amount" data-value="50">50%</td>', html), "the table has what a chart draws"
    assert "Nobody who wanted this deal was refused." in html
    assert " style=" not in html


@pytest.mark.parametrize("mode", ["woot-off", "daily"])
async def test_a_pause_is_plain_to_see(house: House, mode: str) -> None:
    await queue(house, "A Spoon")
    await start(house, mode)
    await start(house, mode, paused=True)
    html = await page(house)
    assert '<p class="phase" data-phase="paused"><strong>Paused</strong>' in html
    assert "no forecast while nobody can buy" in html


async def test_an_empty_stage_has_no_numbers_and_says_why(house: House) -> None:
    html = await page(house)
    assert "Nothing is on stage" in html
    assert "The show has not been started." in html
    assert '<dl class="numbers">' not in html
    assert 'href="/desk/import"' in html
