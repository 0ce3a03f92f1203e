"""Work before a sign-up or sign-in: never in calm, and from then on for one address only."""

from collections.abc import Callable

import pytest
from httpx import AsyncClient, Response
from limits import RateLimitItemPerMinute

from app.identity import Identity
from app.identity import suspicion as room
from app.identity.limits import SIGN_IN, SIGN_UP, Policy
from app.platform import puzzles
from app.platform.rush import Rush
from tests.factories.house import problem
from tests.factories.identity import PASSWORD, newcomer
from tests.factories.work import solved

API = "/api/v1"
FEW = 3


@pytest.fixture(autouse=True)
def easily_suspicious(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few tries are many, accounts are tried as often as one likes, and a puzzle takes no time."""
    monkeypatch.setattr(room, "CALM_SIGN_UPS", FEW)
    monkeypatch.setattr(room, "CALM_FAILURES", FEW)
    monkeypatch.setattr(puzzles, "FEWEST", 2)
    monkeypatch.setattr(puzzles, "MOST", 6)
    for policy in (SIGN_IN, SIGN_UP):
        # An hour, so that no machine is slow enough for the minute to be over.
        patient = Policy(policy.name, RateLimitItemPerMinute(1000, 60), RateLimitItemPerMinute(1000, 60))
        monkeypatch.setattr(f"app.identity.routes.{policy.name.replace('-', '_').upper()}", patient)
        if policy is SIGN_UP:
            monkeypatch.setattr(room, "SIGN_UP", patient)


async def sign_up(client: AsyncClient, **fields: str) -> Response:
    body = newcomer().model_dump(mode="json") | {"password": PASSWORD}
    return await client.post(f"{API}/shoppers", json=body, headers=fields)


async def sign_in(client: AsyncClient, email: str, password: str, **fields: str) -> Response:
    return await client.post(f"{API}/session", json={"email": email, "password": password}, headers=fields)


async def test_many_sign_ups_from_one_address_are_asked_for_work(client: AsyncClient) -> None:
    answers = [await sign_up(client) for _ in range(FEW + 1)]
    assert [answer.status_code for answer in answers] == [201] * FEW + [429]
    assert problem(answers[-1]) == "proof-of-work-required"
    assert answers[-1].headers["retry-after"] == str(puzzles.WAIT_SECONDS)
    answer = solved(answers[-1].json()["challenge"])
    assert (await sign_up(client, **{puzzles.FIELD: answer})).status_code == 201
    assert (await sign_up(client, **{puzzles.FIELD: answer})).status_code == 429, "once"


async def test_wrong_passwords_from_one_address_cost_work_whosever_accounts_they_are(
    client: AsyncClient, identity: Identity
) -> None:
    ada = newcomer()
    await identity.shoppers.sign_up(ada)
    for n in range(FEW + 1):
        assert (await sign_in(client, f"nobody{n}@example.com", "wrong")).status_code == 401
    asked = await sign_in(client, ada.email, PASSWORD)
    assert (asked.status_code, problem(asked)) == (429, "proof-of-work-required")
    tokens = await client.post(f"{API}/tokens", json={"email": ada.email, "password": PASSWORD})
    assert (tokens.status_code, problem(tokens)) == (429, "proof-of-work-required"), "and by no other door"
    answer = solved(asked.json()["challenge"])
    assert (await sign_up(client, **{puzzles.FIELD: answer})).status_code == 201, "signing up is calm"
    assert (await sign_in(client, ada.email, PASSWORD, **{puzzles.FIELD: answer})).status_code == 200


async def test_good_sign_ins_are_never_suspicious(client: AsyncClient, identity: Identity) -> None:
    """The control: as many, and none of them wrong."""
    ada = newcomer()
    await identity.shoppers.sign_up(ada)
    answers = [await sign_in(client, ada.email, PASSWORD) for _ in range(FEW + 3)]
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda suspicion: setattr(suspicion, "_rush", Rush("off")), 201),
        (lambda suspicion: setattr(suspicion._limits, "_by_address", False), 201),
        (lambda _: None, 429),
    ],
)
async def test_the_settings_lift_it(
    client: AsyncClient, identity: Identity, change: Callable[[object], None], status: int
) -> None:
    change(identity.suspicion)
    answers = [await sign_up(client) for _ in range(FEW + 2)]
    assert answers[-1].status_code == status


async def test_the_operator_may_ask_it_of_everybody(client: AsyncClient, identity: Identity) -> None:
    identity.suspicion._rush.mode = "always"
    asked = await sign_up(client)
    assert (asked.status_code, problem(asked)) == (429, "proof-of-work-required")
    answer = solved(asked.json()["challenge"])
    assert (await sign_up(client, **{puzzles.FIELD: answer})).status_code == 201
