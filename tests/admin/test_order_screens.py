"""Orders at the desk, as pages."""

import re

from httpx import Response

from tests.factories.desk_orders import paid_orders, settled_deal, until_status
from tests.factories.house import API, House
from tests.factories.identity import PASSWORD

PAGES = "/desk/orders"
HTML = {"Accept": "text/html"}


async def page(house: House, path: str = "", status: int = 200) -> str:
    answer: Response = await house.merchandiser.get(PAGES + path, headers=HTML)
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] in ("private, no-store", "no-store")
    return answer.text


def shown(text: str) -> str:
    """A page's words, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def adas_id(house: House) -> int:
    answer = await house.shopper.get(f"{API}/me")
    return int(answer.json()["id"])


async def test_before_anybody_ordered_the_page_says_so(house: House) -> None:
    assert "Nobody has ordered anything yet." in await page(house)


async def test_the_first_page_counts_the_latest_deals_orders_and_lists_the_latest(house: House) -> None:
    engine, ada = house.app.state.engine, await adas_id(house)
    rake = await settled_deal(
        engine, ["paid", "paid", "shipped", "placed", "declined", "refunded"], ada, title="Rake"
    )
    bread = await settled_deal(engine, ["cancelled"], ada, title="<b>Bread</b>")
    text = await page(house)
    assert "Rake 2 2 1 1 6" in shown(text)
    assert "&lt;b&gt;Bread&lt;/b&gt;" in text
    order = [text.index(f'href="/desk/orders/{order_id}"') for order_id in [*bread, *reversed(rake)]]
    assert order == sorted(order), "the newest deal first, and in it the last order"
    assert "ada@example.com" in text
    assert "Chicago, US" in text
    assert text.count('type="checkbox"') == 2, "only what can go can be ticked"


async def test_a_deals_orders_have_a_tab_for_each_status_and_a_packing_list(house: House) -> None:
    engine, ada = house.app.state.engine, await adas_id(house)
    ids = await settled_deal(engine, ["paid", "paid", "shipped"], ada)
    deal = ids[0].partition("-")[0]
    text = await page(house, f"?deal={deal}&status=paid")
    assert "All 3 To ship 2 Shipped 1" in shown(text)
    assert f'href="/api/v1/staff/deals/{deal}/packing-list.csv"' in text
    assert f'href="/desk/orders/{ids[2]}"' not in text
    assert f'<input type="hidden" name="deal" value="{deal}">' in text, "marking comes back to this list"


async def test_an_order_is_found_by_its_number_and_a_shoppers_by_e_mail(house: House) -> None:
    engine, ada = house.app.state.engine, await adas_id(house)
    first = await settled_deal(engine, ["paid"], ada)
    second = await settled_deal(engine, ["paid"], ada + 1)
    text = await page(house, f"?text=%23{second[0]}")
    assert f'href="/desk/orders/{second[0]}"' in text
    assert f'href="/desk/orders/{first[0]}"' not in text
    assert "an account that is gone" in text
    text = await page(house, "?text=%20ADA@example.com")
    assert f'href="/desk/orders/{first[0]}"' in text
    assert f'href="/desk/orders/{second[0]}"' not in text
    for nothing in ("banana", "9-9", "bea@example.com", "@", "'%00"):
        assert "No order is like that." in await page(house, f"?text={nothing}")
    assert "is no deal’s number" in (await page(house, "?deal=bread", 422)).replace("&#39;", "’")


async def test_a_long_list_has_pages(house: House) -> None:
    ids = await settled_deal(house.app.state.engine, ["paid"] * 51, await adas_id(house))
    deal = ids[0].partition("-")[0]
    first = await page(house, f"?deal={deal}")
    assert f'href="/desk/orders?deal={deal}&amp;after={ids[1]}"' in first
    last = await page(house, f"?deal={deal}&after={ids[1]}")
    assert f'href="/desk/orders/{ids[0]}"' in last
    assert "Next page" not in last
    assert f'href="/desk/orders?deal={deal}">First page' in last


async def test_the_navigation_and_the_deals_record_lead_to_its_orders(house: House) -> None:
    (order_id,) = await settled_deal(house.app.state.engine, ["paid"], await adas_id(house))
    deal = order_id.partition("-")[0]
    record = await house.merchandiser.get(f"/desk/records/{deal}", headers=HTML)
    assert f'href="/desk/orders?deal={deal}"' in record.text
    assert '<a href="/desk/orders">Orders</a>' in record.text
    assert '<a href="/desk/orders" aria-current="page">Orders</a>' in await page(house)


async def test_an_orders_page_tells_its_story_and_offers_what_can_be_done(house: House) -> None:
    (order_id,) = await paid_orders(house)
    text = await page(house, f"/{order_id}")
    words = shown(text)
    for expected in (
        "Order 1-1",
        "To ship",
        "Ada Lovelace",
        "12 Mill Lane",
        "1 × $49.99 $49.99",
        "Charged $54.99",
    ):
        assert expected in words, expected
    for action in ("shipment", "refund", "mails"):
        assert f'action="/desk/orders/{order_id}/{action}"' in text
    assert "style=" not in text
    assert "no such order" in (await page(house, "/nothing", 404)).lower()


async def test_what_can_not_be_done_is_not_offered(house: House) -> None:
    engine, ada = house.app.state.engine, await adas_id(house)
    placed, cancelled = await settled_deal(engine, ["placed", "cancelled"], ada)
    (homeless,) = await settled_deal(engine, ["paid"], ada, addressed=False)
    for order_id in (placed, cancelled):
        assert f"/desk/orders/{order_id}/" not in await page(house, f"/{order_id}")
    text = await page(house, f"/{homeless}")
    assert "No address yet." in text
    assert f"/desk/orders/{homeless}/shipment" not in text


async def test_ticked_orders_are_marked_and_the_list_says_how_many(house: House) -> None:
    ids = await settled_deal(house.app.state.engine, ["paid", "paid", "paid"], await adas_id(house))
    mia, deal = house.merchandiser, ids[0].partition("-")[0]
    asked = {"deal": deal, "carrier": "UPS", "shown": ids}
    nothing = await mia.post(f"{PAGES}/shipments", data=asked)
    assert (nothing.status_code, "Tick the orders that have left." in nothing.text) == (422, True)
    assert 'value="UPS"' in nothing.text, "what was typed is kept"
    nameless = await mia.post(f"{PAGES}/shipments", data=asked | {"carrier": " ", "order": ids})
    assert (nameless.status_code, "say who carries it" in nameless.text) == (422, True)
    some = await mia.post(f"{PAGES}/shipments", data=asked | {"order": ids[:2]})
    assert (some.status_code, some.headers["location"]) == (303, f"{PAGES}?deal={deal}&shipped=2")
    assert "2 orders are marked as shipped." in await page(house, f"?deal={deal}&shipped=2")
    every = await mia.post(f"{PAGES}/shipments", data=asked | {"every": "yes"})
    assert every.status_code == 409
    assert "1 of 3 are marked as shipped." in every.text
    assert f"<li>{ids[0]}: it was shipped already</li>" in every.text


async def test_one_order_is_marked_on_its_page_once(house: House) -> None:
    (order_id,) = await settled_deal(house.app.state.engine, ["paid"], await adas_id(house))
    sent = {"carrier": "Royal <b>Mail", "tracking": "1Z9"}
    done = await house.merchandiser.post(f"{PAGES}/{order_id}/shipment", data=sent)
    assert done.headers["location"] == f"{PAGES}/{order_id}?done=shipped"
    text = await page(house, f"/{order_id}?done=shipped")
    assert "It is marked as shipped" in text
    assert "mia</strong> marked order" in text
    assert "Royal &lt;b&gt;Mail 1Z9" in text
    again = await house.merchandiser.post(f"{PAGES}/{order_id}/shipment", data=sent)
    assert (again.status_code, "it was shipped already" in again.text) == (409, True)


async def test_money_goes_back_after_a_second_question(house: House) -> None:
    (order_id,) = await paid_orders(house)
    mia, address = house.merchandiser, f"{PAGES}/{order_id}/refund"
    text = await page(house, f"/{order_id}/refund?amount=5&why=%3Cb%3Edent")
    assert "Give $5.00 back?" in text
    assert '<input type="hidden" name="minor" value="500">' in text
    assert "&lt;b&gt;dent" in text
    whole = await page(house, f"/{order_id}/refund")
    assert "Give $54.99 back?" in whole
    assert '<input type="hidden" name="minor" value="">' in whole, "all that is left when it is pressed"
    for amount in ("0", "55", "free", "5,5", "-5"):
        assert "Amount:" in await page(house, f"/{order_id}/refund?amount={amount}", 422), amount
    given = await mia.post(address, data={"refunded": "0", "minor": "500", "why": "dent"})
    assert given.headers["location"] == f"{PAGES}/{order_id}?done=refund"
    assert "on its way back" in await page(house, f"/{order_id}?done=refund")
    late = await mia.post(address, data={"refunded": "0", "minor": "500", "why": "dent"})
    assert (late.status_code, "$5.00 is given back by now." in late.text) == (409, True)
    assert 'value="dent"' in late.text
    rest = await mia.post(address, data={"refunded": "500", "minor": "", "why": ""})
    assert rest.status_code == 303
    await until_status(house, order_id, "refunded")
    words = shown(await page(house, f"/{order_id}"))
    for amount in ("$5.00", "$49.99"):  # of one moment here, so in either order
        assert f"{amount} given back" in words
    assert "mia gave $49.99 of order 1-1 back" in words
    assert "mia gave $5.00 of order 1-1 back, because: dent" in words
    assert "nothing left to give back" in await page(house, f"/{order_id}/refund", 422)
    assert "gave $5.00 of order 1-1 back" in (await mia.get("/desk/changes", headers=HTML)).text


async def test_a_mail_goes_out_again_by_a_button(house: House) -> None:
    (order_id,) = await paid_orders(house)
    mia, address = house.merchandiser, f"{PAGES}/{order_id}/mails"
    sent = await mia.post(address, data={"mail": "receipt"})
    assert sent.headers["location"] == f"{PAGES}/{order_id}?done=receipt"
    assert "mia</strong> sent the receipt of order 1-1 again" in await page(house, f"/{order_id}")
    twice = await mia.post(address, data={"mail": "receipt"})
    assert (twice.status_code, "within the last minute" in twice.text) == (409, True)


async def test_a_file_of_tracking_numbers_marks_the_good_lines_and_shows_the_others(house: House) -> None:
    ids = await settled_deal(house.app.state.engine, ["paid", "placed"], await adas_id(house))
    mia = house.merchandiser

    async def send(text: str) -> Response:
        files = {"file": ("t.csv", text.encode())}
        return await mia.post(f"{PAGES}/tracking", files=files, data={"carrier": "UPS"}, headers=HTML)

    assert "Choose a file." in (await mia.post(f"{PAGES}/tracking", data={"carrier": "UPS"})).text
    mixed = await send(f"number,tracking\n{ids[0]},1Z1\n{ids[1]},1Z2\n<b>,1Z3\n")
    assert mixed.status_code == 422
    words = shown(mixed.text)
    assert "1 order is marked as shipped. 2 lines were not." in words
    assert f"3 number {ids[1]}: it is not paid 4 number not an order number" in words
    await settled_deal(house.app.state.engine, ["paid"], await adas_id(house))
    good = await send(f"number,tracking\n{int(ids[0].partition('-')[0]) + 1}-1,1Z9\n")
    assert (good.status_code, good.headers["location"]) == (303, f"{PAGES}?shipped=1")
    assert "Tracking numbers from a file" in await page(house, "/tracking")


async def test_another_sites_page_can_not_ship_or_refund(house: House) -> None:
    (order_id,) = await settled_deal(house.app.state.engine, ["paid"], await adas_id(house))
    signed_in = {"email": "mia@example.com", "password": PASSWORD}
    assert (await house.visitor.post(f"{API}/session", json=signed_in)).status_code == 200
    form = {"carrier": "UPS", "refunded": "0", "mail": "receipt", "order": order_id}
    for path in ("shipments", f"{order_id}/shipment", f"{order_id}/refund", f"{order_id}/mails", "tracking"):
        foreign = {"Sec-Fetch-Site": "cross-site"}
        refused = await house.visitor.post(f"{PAGES}/{path}", data=form, headers=foreign)
        assert refused.status_code == 403, path
    own = {"Sec-Fetch-Site": "same-origin"}
    done = await house.visitor.post(f"{PAGES}/{order_id}/shipment", data=form, headers=own)
    assert done.status_code == 303, "the same form from our own page is taken"
