"""What one recommends to friends, over HTTP: said by oneself, heard by friends who want to."""

from httpx import AsyncClient

from tests.factories.house import API, House, problem, wrong_fields
from tests.pages.test_share_screens import deal  # noqa: F401 - a fixture

FRIENDS = f"{API}/friends"


async def befriend(one: AsyncClient, other: AsyncClient) -> str:
    made = (await one.post(FRIENDS, json={})).json()
    joined = await other.post("/" + made["url"].partition("://")[2].partition("/")[2])
    assert joined.status_code == 303, joined.text
    return str(made["id"])


async def recommended(client: AsyncClient) -> list[tuple[str, str, str]]:
    answer = await client.get(f"{API}/recommendations")
    assert answer.status_code == 200
    return [(one["name"], one["advice"], one["url"]) for one in answer.json()["items"]]


async def test_friends_hear_what_one_recommends_unless_they_have_muted_them(
    house: House,
    bea: AsyncClient,
    deal: int,  # noqa: F811
) -> None:
    ada = house.shopper
    friendship = await befriend(bea, ada)
    assert await recommended(ada) == [], "nothing is said by itself"
    said = await bea.post(f"{API}/recommendations", json={"deal_id": deal, "advice": " Runs\nevery day. "})
    assert (said.status_code, said.json()["advice"]) == (201, "Runs every day.")
    assert "/h/" in said.json()["url"]
    assert await recommended(ada) == [("Bea", "Runs every day.", said.json()["url"])]
    assert (await recommended(bea), await recommended(house.merchandiser)) == ([], [])
    await bea.post(f"{API}/recommendations", json={"deal_id": deal})
    assert await recommended(ada) == [("Bea", "", said.json()["url"])]
    await ada.put(f"{FRIENDS}/{friendship}/mute")
    assert await recommended(ada) == []
    await ada.delete(f"{FRIENDS}/{friendship}/mute")
    assert len(await recommended(ada)) == 1
    assert (await bea.delete(f"{API}/recommendations/{deal}")).status_code == 204
    assert (await bea.delete(f"{API}/recommendations/{deal}")).status_code == 404
    assert await recommended(ada) == []
    await bea.post(f"{API}/recommendations", json={"deal_id": deal})
    await bea.delete(f"{FRIENDS}/{friendship}")
    assert await recommended(ada) == [], "they are friends no more"


async def test_what_is_not_live_is_not_recommended_and_advice_is_short(
    house: House,
    bea: AsyncClient,
    deal: int,  # noqa: F811
) -> None:
    other = await bea.post(f"{API}/recommendations", json={"deal_id": deal + 1})
    assert (other.status_code, problem(other)) == (409, "not-on-stage")
    long = await bea.post(f"{API}/recommendations", json={"deal_id": deal, "advice": "x" * 201})
    assert wrong_fields(long) == ["advice"]
    assert (await house.visitor.get(f"{API}/recommendations")).status_code == 401
