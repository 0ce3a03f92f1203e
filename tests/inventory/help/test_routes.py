"""What help costs, who brought whom, and rewards that wait, over HTTP."""

from httpx import Response

from tests.factories.helped_deals import helped_deal
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.rewards import Crowd
from tests.factories.sales import people

SHARING = f"{API}/staff/sharing"


async def get(house: House, path: str) -> Response:
    return await house.merchandiser.get(SHARING + path)


async def test_a_deals_cost_and_the_sum_of_all_are_answered(house: House, crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    first = await helped_deal(crowd, [(bea, ada, 2), (None, ada, 2)])
    await helped_deal(crowd, [(bea, ada, 1)])
    answer = (await get(house, "/deals?limit=1")).json()
    assert [one["helped_units"] for one in answer["items"]] == [1]
    (whole,) = answer["in_all"]
    assert (whole["helped_units"], whole["units"], whole["percent_of_units"]) == (3, 5, 60.0)
    assert whole["costs"] == {"amount": 750, "currency": "USD", "text": "$7.50"}
    following = (await get(house, f"/deals?limit=1&after={answer['next']}")).json()
    assert ([one["helped_units"] for one in following["items"]], following["next"]) == ([2], None)
    deal_id = first[0].partition("-")[0]
    one = (await get(house, f"/deals/{deal_id}")).json()
    assert (one["deal_id"], one["live"], one["percent_of_units"]) == (int(deal_id), False, 50.0)
    assert one["rewards"]["pending"]["amount"] == 500
    assert problem(await get(house, "/deals/999")) == "not-found"


async def test_the_graph_counts_and_names_no_buyer(house: House, crowd: Crowd) -> None:
    bea, *buyers = await people(crowd.engine, 7)
    (order, *_) = await helped_deal(crowd, [(bea, buyer, 1) for buyer in buyers])
    for path in ("/graph", f"/graph?deal={order.partition('-')[0]}"):
        answer = await get(house, path)
        graph = answer.json()
        assert (graph["helpers"], graph["buyers"], graph["hands"]) == (1, 6, [6])
        (named,) = graph["named"]
        assert (named["buyers"], named["units"], named["helped_on"]) == (6, 6, None)
        assert "id" not in named


async def test_a_reward_that_waits_is_decided_and_the_second_is_told_who_was_first(
    house: House, crowd: Crowd
) -> None:
    ada, bea = await people(crowd.engine, 2)
    good, bad = await helped_deal(crowd, [(bea, ada, 1), (bea, ada, 1)], same_browser=True)
    page = (await get(house, "/reviews?limit=1")).json()
    assert ([one["order_id"] for one in page["items"]], page["next"]) == ([good], good)
    assert page["items"][0]["why"] == "Helper and buyer use the same browser."
    assert page["items"][0]["worth"]["text"] == "$2.50"
    mia = house.merchandiser
    unsaid = await mia.post(f"{SHARING}/reviews/{bad}", json={"earns": False, "note": "  "})
    assert wrong_fields(unsaid) == ["note"]
    done = await mia.post(f"{SHARING}/reviews/{bad}", json={"earns": False, "note": "One person."})
    assert done.json() == {"order_id": bad, "number": bad, "earns": False}
    assert (await mia.post(f"{SHARING}/reviews/{good}", json={"earns": True})).status_code == 200
    again = await mia.post(f"{SHARING}/reviews/{good}", json={"earns": False, "note": "no"})
    assert (again.status_code, problem(again)) == (409, "reward-decided")
    assert "has decided that it is earned" in again.json()["detail"]
    assert (await get(house, "/reviews")).json() == {"items": [], "next": None}
    trail = (await mia.get(f"{API}/staff/audit")).json()["items"]
    assert [(one["action"], one["after"]) for one in trail[:2]] == [
        ("review", {"orders": [good], "earns": True}),
        ("review", {"orders": [bad], "earns": False, "why": "One person."}),
    ]
    undone = await mia.post(f"{API}/staff/audit/{trail[0]['id']}/undo")
    assert problem(undone) == "cannot-undo"


async def test_what_is_no_decision_is_refused(house: House, crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    (order,) = await helped_deal(crowd, [(bea, ada, 1)], same_browser=True)
    for body in (
        {},
        {"earns": "yes"},
        {"earns": 1},
        {"earns": True, "note": "a\nb"},
        {"earns": True, "by": 3},
    ):
        answer = await house.merchandiser.post(f"{SHARING}/reviews/{order}", json=body)
        assert answer.status_code == 422, body
    for path in ("/reviews/nothing", "/reviews/%00"):
        answer = await house.merchandiser.post(SHARING + path, json={"earns": True})
        assert answer.status_code in (404, 422), path
    assert (await get(house, "/reviews?after=%00")).status_code == 422


async def test_it_is_the_staffs_alone(house: House) -> None:
    for path in ("/deals", "/deals/1", "/graph", "/reviews"):
        assert problem(await house.visitor.get(SHARING + path)) == "sign-in-required"
        assert problem(await house.shopper.get(SHARING + path)) == "not-allowed"
    answer = await house.shopper.post(f"{SHARING}/reviews/1-1", json={"earns": True})
    assert problem(answer) == "not-allowed"
