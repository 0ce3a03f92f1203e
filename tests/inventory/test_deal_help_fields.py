"""What a merchandiser says of help with a deal: over HTTP, in the form, in a file, each the same."""

from typing import Any

from app.inventory.imports.rows import _digest
from tests.factories.house import API, House, wrong_fields
from tests.factories.imports import parse, problems
from tests.factories.inventory import new_deal

LOAF: dict[str, Any] = {"title": "Loaf", "price": 4999, "quantity": 60}
HELP: dict[str, Any] = {
    "reward": 250,
    "reward_cap_each": 2000,
    "reward_cap": 50_000,
    "friend_discount": 100,
    "friends_discount": 300,
    "stall_after_minutes": 20,
    "reward_steps": [{"after_minutes": 15, "reward": 300}, {"after_minutes": 30, "reward": 500}],
    "pot": 10_000,
    "pot_minutes": 45,
}
TYPED = {
    "reward": "2.50",
    "reward_cap_each": "20.00",
    "reward_cap": "500.00",
    "friend_discount": "1.00",
    "friends_discount": "3.00",
    "stall_after_minutes": "20",
    "reward_steps": "15: 3.00; 30: 5.00",
    "pot": "100.00",
    "pot_minutes": "45",
}


def plain(deal: dict[str, Any]) -> dict[str, Any]:
    """The fields of a deal over HTTP as they are sent."""

    def amount(value: Any) -> Any:
        return value["amount"] if isinstance(value, dict) and "amount" in value else value

    steps = [step | {"reward": amount(step["reward"])} for step in deal["reward_steps"]]
    return {name: amount(deal[name]) for name in HELP} | {"reward_steps": steps}


async def test_over_http_it_is_kept_changed_taken_away_and_taken_back(house: House) -> None:
    mia, deals = house.merchandiser, f"{API}/staff/deals"
    added = (await mia.post(deals, json=LOAF | HELP)).json()
    assert plain(added) == HELP
    address = f"{deals}/{added['id']}"
    none = dict.fromkeys(HELP) | {"reward_steps": []}
    changed = await mia.patch(address, json=none | {"version": 1})
    assert (changed.status_code, plain(changed.json())) == (200, none)
    trail = (await mia.get(f"{API}/staff/audit")).json()["items"]
    assert trail[0]["before"] == HELP
    told = (await mia.get("/desk/changes", headers={"Accept": "text/html"})).text
    for words in ("15: 3.00; 30: 5.00", "$100.00", "$3.00"):
        assert words in told
    assert (await mia.post(f"{API}/staff/audit/{trail[0]['id']}/undo")).status_code == 200
    assert plain((await mia.get(address)).json()) == HELP
    copy = (await mia.post(f"{address}/copies")).json()
    assert plain(copy) == HELP


async def test_in_the_form_it_is_typed_shown_and_taken_away(house: House) -> None:
    mia = house.merchandiser
    typed = {"title": "Loaf", "price": "49.99", "quantity": "60"}
    empty = (await mia.get("/desk/deals/new")).text
    assert empty.count("<details>") == 2, "closed, where nothing is said"
    queued = await mia.post("/desk/deals/new", data=typed | TYPED)
    assert queued.headers["location"] == "/desk/deals/1?done=queued", queued.text
    deal = (await mia.get(f"{API}/staff/deals/1")).json()
    assert plain(deal) == HELP
    page = (await mia.get("/desk/deals/1")).text
    for name, text in TYPED.items():
        assert f'name="{name}" type="text" value="{text}"' in page, name
    assert page.count("<details open>") == 2
    none = dict.fromkeys(TYPED, "")
    assert (await mia.post("/desk/deals/1", data=typed | none | {"version": "1"})).status_code == 303
    assert not any(plain((await mia.get(f"{API}/staff/deals/1")).json()).values())


async def test_in_the_form_each_wrong_field_is_told(house: House) -> None:
    typed = {"title": "Loaf", "price": "49.99", "quantity": "60"}
    wrong = {"reward_steps": "soon: 3.00", "pot": "0", "pot_minutes": "0", "friends_discount": "much"}
    answer = await house.merchandiser.post("/desk/deals/new", data=typed | wrong)
    assert answer.status_code == 422
    for name in wrong:
        assert f'id="{name}-error"' in answer.text, name
    assert answer.text.count("<details open>") == 2, "what is wrong is in sight"
    falling = await house.merchandiser.post("/desk/deals/new", data=typed | {"reward_steps": "9: 5; 12: 3"})
    assert "must grow from step to step" in falling.text


async def test_over_http_each_wrong_field_is_named(house: House) -> None:
    for name, value in (("pot", 0), ("pot_minutes", 0), ("friends_discount", -1), ("reward_steps", None)):
        answer = await house.merchandiser.post(f"{API}/staff/deals", json=LOAF | {name: value})
        assert wrong_fields(answer) == [name]
    step = {"after_minutes": 5, "reward": 100}
    for steps in ([step, step], [step] * 6, [{"after_minutes": 5}], [step | {"more": 1}]):
        answer = await house.merchandiser.post(f"{API}/staff/deals", json=LOAF | {"reward_steps": steps})
        assert wrong_fields(answer)[0].startswith("reward_steps")


LOW = "must not be less than the reward for one unit"
HIGH = "must not rise above what the caps let a helper have"


async def test_more_than_the_caps_let_a_helper_have_is_refused_over_http(house: House) -> None:
    mia, deals = house.merchandiser, f"{API}/staff/deals"
    step = [{"after_minutes": 5, "reward": 301}]
    for fields, name in (
        ({"reward": 251, "reward_cap": 250}, "reward_cap"),
        ({"reward": 251, "reward_cap_each": 250, "reward_cap": 900}, "reward_cap_each"),
        ({"reward_cap_each": 300, "reward_steps": step}, "reward_steps"),
        ({"reward_cap": 300, "reward_cap_each": 900, "reward_steps": step}, "reward_steps"),
    ):
        assert wrong_fields(await mia.post(deals, json=LOAF | fields)) == [name]
    exact = {"reward": 250, "reward_cap_each": 301, "reward_cap": 301, "reward_steps": step}
    address = f"{deals}/{(await mia.post(deals, json=LOAF | exact)).json()['id']}"
    for change, names in (
        ({"reward": 302}, ["reward_cap_each", "reward_cap"]),
        ({"reward_cap": 300}, ["reward_steps"]),
        ({"reward_steps": [{"after_minutes": 5, "reward": 302}]}, ["reward_steps"]),
    ):
        assert wrong_fields(await mia.patch(address, json=change)) == names
    assert (await mia.patch(address, json={"reward": 301})).status_code == 200


async def test_an_undo_does_not_pass_the_caps_either(house: House) -> None:
    mia, deals = house.merchandiser, f"{API}/staff/deals"
    address = f"{deals}/{(await mia.post(deals, json=LOAF | {'reward': 500})).json()['id']}"
    for change in ({"reward": 100}, {"reward_cap": 200}):
        assert (await mia.patch(address, json=change)).status_code == 200
    trail = (await mia.get(f"{API}/staff/audit")).json()["items"]
    lowered = next(one for one in trail if one["after"].get("reward") == 100)
    assert (await mia.post(f"{API}/staff/audit/{lowered['id']}/undo")).status_code == 409


async def test_more_than_the_caps_let_a_helper_have_is_told_in_the_form(house: House) -> None:
    mia = house.merchandiser
    typed = {"title": "Loaf", "price": "49.99", "quantity": "60"}
    over = {"reward": "2.50", "reward_cap": "2.00", "reward_cap_each": "", "reward_steps": ""}
    answer = await mia.post("/desk/deals/new", data=typed | over)
    assert (answer.status_code, 'id="reward_cap-error"' in answer.text, LOW in answer.text) == (
        422,
        True,
        True,
    )
    assert (await mia.post("/desk/deals/new", data=typed | TYPED)).status_code == 303
    changed = typed | TYPED | {"version": "1", "reward_steps": "15: 30.00"}
    answer = await mia.post("/desk/deals/1", data=changed)
    assert (answer.status_code, HIGH in answer.text) == (422, True)


def test_more_than_the_caps_let_a_helper_have_is_told_of_a_file() -> None:
    header = "title,price,quantity,reward,reward_cap,reward_steps"
    parsed = parse(f"{header}\nLoaf,49.99,60,2.50,2.00,\nCrumb,1,5,1.00,2.00,9: 3.00\n")
    assert problems(parsed) == [(2, "reward_cap"), (3, "reward_steps")]


def test_in_a_file_it_stands_in_columns_of_our_own() -> None:
    header = ",".join(["title", "price", "quantity", *TYPED])
    parsed = parse(f"{header}\nLoaf,49.99,60,{','.join(TYPED.values())}\nCrumb,1,5{',' * len(TYPED)}\n")
    assert parsed.wrong == []
    loaf, crumb = (row.deal.model_dump() for row in parsed.good)
    assert {name: loaf[name] for name in HELP} == HELP
    assert not any(crumb[name] for name in HELP)


def test_in_a_file_each_wrong_cell_is_told() -> None:
    header = "title,price,quantity,reward_steps,pot,pot_minutes,friends_discount"
    parsed = parse(f"{header}\nLoaf,49.99,60,soon,none,half,3 EUR\nCrumb,1,5,9: 5.00; 12: 3.00,,,\n")
    wrong = [
        (2, "reward_steps"),
        (2, "pot"),
        (2, "pot_minutes"),
        (2, "friends_discount"),
        (3, "reward_steps"),
    ]
    assert sorted(problems(parsed)) == sorted(wrong)


def test_a_row_that_was_queued_before_there_were_these_columns_is_known_again() -> None:
    deal = new_deal(title="A Very Long Spoon", price=1299, quantity=40, reward=250, stall_after_minutes=20)
    then = "b29ff9aa4024d8b54c7437ad3aa2c5e422006a1add53f8e3785fbf7b776b1e8a"
    assert _digest(deal.model_copy(update={"limit": 3}), "", "A Very Long Spoon") == then
    for said in ({"reward_cap": 250}, {"pot": 5000}, {"reward_steps": HELP["reward_steps"]}):
        other = type(deal).model_validate(deal.model_dump() | {"limit": 3} | said)
        assert _digest(other, "", "A Very Long Spoon") != then, said
