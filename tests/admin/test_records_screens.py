"""Sales records at the desk, as pages."""

import re

from httpx import Response

from app.inventory.desk import MAX_ID
from tests.conftest import FrozenClock
from tests.factories.house import House
from tests.factories.inventory import new_deal, queue_deals
from tests.factories.records import EVENING, past_deal

PAGES = "/desk/records"


async def page(house: House, path: str = "", status: int = 200) -> str:
    answer: Response = await house.merchandiser.get(PAGES + path, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] in ("private, no-store", "no-store")
    return answer.text


def shown(text: str) -> str:
    """A page's words, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def two_deals(house: House) -> tuple[int, int]:
    engine = house.app.state.engine
    bread = [(0.8, 1, 1), (70.0, 2, 2), (130.0, 3, 7)]
    return (
        await past_deal(engine, bread, limit=7, title="<b>Bread</b>", category="Kitchen", refused=3),
        await past_deal(engine, [(30.0, 1, 4)], title="Rake", mode="daily", reason="skipped", price=1000),
    )


async def test_before_any_deal_is_over_the_pages_say_so(house: House) -> None:
    assert "No deal is over yet" in await page(house)
    assert "no past deal to learn from" in await page(house, "/patterns")


async def test_the_list_shows_past_deals_and_what_they_come_to(house: House) -> None:
    bread, rake = await two_deals(house)
    text = await page(house)
    assert text.index(f'href="/desk/records/{rake}"') < text.index(f'href="/desk/records/{bread}"')
    assert "&lt;b&gt;Bread&lt;/b&gt;" in text
    assert (
        "2 deals 14 units sold, 70% of what was loaded 1 sold out, half of them within 2 min 10 s"
        in shown(text)
    )
    assert 'href="/api/v1/staff/records.csv"' in text


async def test_the_list_is_narrowed_by_its_form_and_keeps_what_was_filled_in(house: House) -> None:
    await two_deals(house)
    text = await page(house, "?text=rake&price_from=9.99&price_to=&mode=&sort=price")
    assert "Rake" in text
    assert "Bread" not in shown(text).replace("Breadmaker", "")
    assert 'value="9.99"' in text
    assert 'href="/api/v1/staff/records.csv?price_from=999&amp;text=rake&amp;sort=price"' in text
    assert "No past deal is like that" in await page(house, "?sold_out=true&mode=daily")


async def test_a_form_that_is_wrong_comes_back_with_words(house: House) -> None:
    await two_deals(house)
    text = shown(await page(house, "?price_from=free&since=soon", 422))
    assert "Price from: not an amount in USD, such as 49.99" in text
    assert "From: not a day, such as 2026-11-27" in text
    assert "Rake" not in text


async def test_a_long_list_has_pages_that_keep_the_filter(house: House) -> None:
    ids = [await past_deal(house.app.state.engine, [], title="Loaf", reason="skipped") for _ in range(51)]
    first = await page(house, "?text=loaf")
    assert f'href="/desk/records?text=loaf&amp;after={ids[1]}"' in first
    last = await page(house, f"?text=loaf&after={ids[1]}")
    assert f'href="/desk/records/{ids[0]}"' in last
    assert "Next page" not in last
    assert 'href="/desk/records?text=loaf">First page' in last


async def test_what_sells_fast_is_of_the_deals_that_were_asked_for(house: House) -> None:
    await two_deals(house)
    assert 'href="/desk/records/patterns?text=rake&amp;until=' in await page(
        house, "?text=rake&until=2026-12-01"
    )
    narrowed = await page(house, "/patterns?text=rake")
    assert "Over 1 past deal of those that you asked for" in narrowed
    assert '<input type="hidden" name="text" value="rake">' in narrowed, "another mode keeps it"


async def test_a_record_has_its_curve_drawn_and_as_a_table(house: House) -> None:
    bread, _ = await two_deals(house)
    text = await page(house, f"/{bread}")
    assert text.count('<svg viewBox="0 0 1000 300"') == 2
    assert "style=" not in text
    words = shown(text)
    assert "1 min 1 1 10% 2 min 2 3 30% 3 min 7 10 100%" in words
    assert "First buyer a shopper" in words
    assert "1 unit 1" in words
    assert "Sold out, or fewer left than asked for 3" in words
    assert "Thu 19 Nov 2026, 20:00" in words


async def test_a_deal_that_nobody_bought_has_a_page_without_a_plot(house: House) -> None:
    deal_id = await past_deal(house.app.state.engine, [], reason="time-up", opened_at=EVENING)
    text = await page(house, f"/{deal_id}")
    assert "Nobody bought it." in text
    assert '<svg viewBox="0 0 1000' not in text


async def test_what_is_not_over_has_no_page(house: House, clock: FrozenClock) -> None:
    (waiting,) = await queue_deals(house.app.state.engine, clock, new_deal())
    for deal_id in (waiting, 999, MAX_ID):
        await page(house, f"/{deal_id}", 404)
    await page(house, "/x", 422)


async def test_deals_are_compared_in_the_order_that_was_asked_for(house: House) -> None:
    bread, rake = await two_deals(house)
    text = await page(house, f"/compare?deal={bread}&deal={rake}&minutes=")
    assert text.count('class="plot-line series-') == 4  # two lines, and two keys
    assert "Sold 10 of 10 4 of 10" in shown(text)
    other = shown(await page(house, f"/compare?deal={rake}&deal={bread}&minutes=60"))
    assert "Sold 4 of 10 10 of 10" in other
    assert "1 h 40% 100%" in other


async def test_there_are_two_to_four_deals_to_compare(house: House) -> None:
    bread, rake = await two_deals(house)
    for query in ("", f"?deal={bread}", f"?deal={bread}&deal={bread}", f"?deal={bread}&deal=999"):
        assert "Tick two to four" in await page(house, f"/compare{query}", 422), query
    many = "&".join(f"deal={number}" for number in (bread, rake, 3, 4, 5))
    assert "Tick two to four" in await page(house, f"/compare?{many}", 422)


async def test_the_patterns_say_which_is_fastest_and_which_are_too_few(house: House) -> None:
    engine = house.app.state.engine
    for _ in range(5):
        await past_deal(engine, [(30.0, 1, 10)], category="Kitchen", price=900)
        await past_deal(engine, [(30.0, 1, 5)], category="Garden", price=3000, reason="time-up")
    await past_deal(engine, [(30.0, 1, 1)], category="", price=30000, reason="time-up")
    words = shown(await page(house, "/patterns"))
    assert "Fastest: Kitchen, 10 units a minute. Slowest: Garden, 1.0." in words
    assert "$250 and more 1 deal: too few to say" in words
    assert "under $10 10 100% 30 s 5 of 5" in words
