"""A deal that holds up the show at the desk, as a merchandiser without JavaScript sees and rescues it."""

import re

from httpx import Response
from sqlalchemy import select

from app.inventory.tables import deals
from app.sharing import terms_of
from tests.conftest import FrozenClock
from tests.factories.house import House
from tests.factories.inventory import new_deal, queue_deals
from tests.factories.stalls import stalled_deal

RESCUE = "/desk/show/rescue"


async def stalled(house: House, clock: FrozenClock, **chosen: object) -> int:
    state = house.app.state
    return await stalled_deal(state.engine, state.showrunner, clock, title="The Crumb Baron", **chosen)


async def send(house: House, deal_id: int, **fields: str) -> Response:
    """Send one of the page's forms; answers where it leads to, or the page with what is wrong."""
    answer = await house.merchandiser.post(RESCUE, data={"deal_id": str(deal_id)} | fields)
    if answer.status_code != 303:
        return answer
    return await house.merchandiser.get(answer.headers["location"])


async def test_a_stall_is_told_at_the_desk_with_a_way_to_rescue_the_deal(
    house: House, clock: FrozenClock
) -> None:
    steps = [{"after_minutes": 15, "reward": 900}]
    await stalled(house, clock, quantity=17, reward=200, reward_steps=steps, pot=5000, max_minutes=60)
    desk = (await house.merchandiser.get("/desk")).text
    assert "It holds up the show since Sun 22 Nov 2026, 12:10: " in desk
    assert "17 to go." in desk
    assert "Helpers get $2.00 for each unit, and $9.00 from Sun 22 Nov 2026, 12:25 on" in desk
    assert "a pot of $50.00 if it is gone by Sun 22 Nov 2026, 13:10" in desk
    assert f'href="{RESCUE}"' in desk
    page = (await house.merchandiser.get(RESCUE)).text
    assert "Rescue The Crumb Baron" in page
    assert re.findall(r'name="(pot_minutes|max_minutes)" value="(\d+)"', page) == [
        *(("pot_minutes", minutes) for minutes in ("75", "90", "120")),
        *(("max_minutes", minutes) for minutes in ("75", "90", "120")),
    ]
    skip = (await house.merchandiser.get("/desk/show/skip")).text
    assert "can not win the pot of $50.00 any more" in skip


async def test_each_choice_is_done_once_and_noted_in_words(house: House, clock: FrozenClock) -> None:
    deal_id = await stalled(house, clock, reward=200, pot=5000, max_minutes=60)
    assert "Done. Everyone sees it." in (await send(house, deal_id, reward="4.50")).text
    assert "it was so already" in (await send(house, deal_id, reward="4.50")).text
    for name in ("pot_minutes", "max_minutes"):
        assert "Done." in (await send(house, deal_id, **{name: "90"})).text
        assert "it was so already" in (await send(house, deal_id, **{name: "90"})).text
    async with house.app.state.engine.connect() as connection:
        terms = await terms_of(connection, deal_id)
        deal = (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()
    assert terms is not None
    assert (terms.reward, deal.pot_minutes, deal.max_minutes) == (450, 90, 90)
    trail = (await house.merchandiser.get("/desk/changes")).text
    assert trail.count("rescued") == 3
    assert "$4.50" in trail


async def test_what_does_not_help_is_refused_in_words_and_what_was_typed_stays(
    house: House, clock: FrozenClock
) -> None:
    deal_id = await stalled(house, clock, reward=200)
    for typed, status, words in (
        ("1", 409, "less than the $2.00"),
        ("much", 422, "Reward:"),
        ("", 422, "Reward:"),
        ("0", 422, "more than nothing"),
    ):
        answer = await send(house, deal_id, reward=typed)
        assert answer.status_code == status, typed
        assert words in answer.text
        assert f'value="{typed}"' in answer.text
    assert (await send(house, deal_id, pot_minutes="90")).status_code == 409


async def test_who_comes_too_late_is_told_so(house: House, clock: FrozenClock) -> None:
    deal_id = await stalled(house, clock)
    await queue_deals(house.app.state.engine, clock, new_deal(stall_after_minutes=10))
    await house.app.state.showrunner.skip(deal_id)
    assert "not on stage" in (await send(house, deal_id, pot_minutes="90")).text
    assert "not on stage" in (await send(house, deal_id, reward="5")).text
    page = await house.merchandiser.get(RESCUE)
    assert page.headers["location"] == "/desk?show=not-stalled"
    assert "does not hold up the show" in (await house.merchandiser.get(page.headers["location"])).text


async def test_a_deal_without_pot_or_end_has_only_its_reward_to_raise(
    house: House, clock: FrozenClock
) -> None:
    await stalled(house, clock)
    page = (await house.merchandiser.get(RESCUE)).text
    assert "Helpers get nothing." in page
    assert "minutes more" not in page
    assert "pot" not in (await house.merchandiser.get("/desk/show/skip")).text


async def test_shoppers_do_not_see_it(house: House) -> None:
    assert (await house.shopper.get(RESCUE)).status_code == 403
    assert (await house.shopper.post(RESCUE, data={"deal_id": "1"})).status_code == 403
