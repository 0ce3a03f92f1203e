"""Where the provider's news come in, and the sandbox bank's pages, with the whole app around them."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Charge, Declined, NotFinished, Paid, Payments, StepNeeded
from app.payments.routes import EVENTS_PATH
from app.payments.tables import payment_events
from app.platform.settings import Settings
from tests.factories.house import House, opened, problem
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES, PRICE, WANTS_A_STEP, PeerBank, charge_with, paid
from tests.factories.stripe_peer import API_KEY, WEBHOOK_SECRET, StripePeer


@pytest.fixture
async def stripe_house(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: MovableClock, peer: StripePeer
) -> AsyncIterator[House]:
    """The whole app, with the peer for its Stripe."""
    chosen = settings.model_dump() | {
        "payments": "stripe",
        "stripe_api_key": API_KEY,
        "stripe_webhook_secret": WEBHOOK_SECRET,
        "stripe_api_base": peer.address,
    }
    async with opened(Settings(**chosen), clock) as house:
        yield house


async def stored(engine: AsyncEngine) -> int:
    """How many news there are."""
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(payment_events))).scalar_one()


async def test_signed_news_are_stored_once_and_forged_ones_never(
    stripe_house: House, peer_bank: PeerBank, peer: StripePeer, engine: AsyncEngine
) -> None:
    await stripe_house.app.state.settlement.stop()  # it would take them at once
    provider = peer_bank.opened()
    await paid(provider, await charge_with(peer_bank, provider, APPROVES))
    [body] = peer.letters
    forged = await _post(stripe_house.visitor, body, peer.signed(body, "whsec_of_somebody_else"))
    assert (forged.status_code, problem(forged)) == (400, "forged-news")
    bare = await _post(stripe_house.visitor, body, {})
    assert (bare.status_code, problem(bare)) == (400, "forged-news")
    assert await stored(engine) == 0
    for _ in range(3):
        assert (await _post(stripe_house.visitor, body, peer.signed(body))).status_code == 204
    assert await stored(engine) == 1
    assert stripe_house.app.state.payments.changed.is_set()


async def test_kinds_that_mean_nothing_to_us_are_acknowledged(
    stripe_house: House, peer: StripePeer, engine: AsyncEngine
) -> None:
    body = b'{"id": "evt_9", "object": "event", "type": "invoice.paid", "data": {"object": {}}}'
    assert (await _post(stripe_house.visitor, body, peer.signed(body))).status_code == 204
    assert await stored(engine) == 0


async def test_a_body_without_end_is_refused(stripe_house: House, peer: StripePeer) -> None:
    body = b" " * (512 * 1024 + 1)
    answer = await _post(stripe_house.visitor, body, peer.signed(body))
    assert (answer.status_code, problem(answer)) == (413, "too-large")


async def test_a_shop_that_takes_real_money_has_no_test_cards(stripe_house: House) -> None:
    for path in ("/payments/sandbox/cards/x", "/payments/sandbox/steps/x"):
        assert (await stripe_house.visitor.get(path)).status_code == 404
        assert (await stripe_house.visitor.post(path)).status_code == 404


@pytest.mark.parametrize("name", ["%00", "a%00b", "x" * 65, "%27", "a%20b"])
async def test_names_that_the_bank_never_gave_are_not_looked_for(house: House, name: str) -> None:
    for path in (f"/payments/sandbox/cards/{name}", f"/payments/sandbox/steps/{name}"):
        for sent in ({}, {"number": APPROVES, "agreed": "yes"}):
            answer = await house.visitor.post(path, data=sent)
            assert (answer.status_code, problem(answer)) == (422, "invalid"), path
        assert (await house.visitor.get(path)).status_code == 422


async def _post(client: AsyncClient, body: bytes, headers: dict[str, str]):  # type: ignore[no-untyped-def]
    return await client.post(EVENTS_PATH, content=body, headers=headers)


async def test_a_test_card_is_chosen_and_an_extra_step_taken_on_the_banks_pages(
    house: House, clock: MovableClock
) -> None:
    payments: Payments = house.app.state.payments
    form = await payments.cards.begin(7, "/orders/1")
    page = await house.visitor.get(form.address)
    assert page.status_code == 200
    assert WANTS_A_STEP in page.text
    wrong = await house.visitor.post(form.address, data={"number": "4111111111111111"})
    assert wrong.headers["location"] == f"{form.address}?wrong=true"
    assert "none of the test cards" in (await house.visitor.get(wrong.headers["location"])).text
    assert await payments.cards.finish(7, form.form) == NotFinished()
    chosen = await house.visitor.post(form.address, data={"number": WANTS_A_STEP})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/orders/1")
    again = await house.visitor.post(form.address, data={"number": APPROVES})
    assert again.status_code == 303
    card = await payments.cards.finish(7, form.form)
    assert not isinstance(card, NotFinished)
    assert card.last4 == WANTS_A_STEP[-4:], "what was typed first stays"

    for agreed, end in (("true", Paid), ("false", Declined)):
        charge = await _charge(payments, house, clock, f"order-1/{agreed}")
        step = await payments.provider.charge(charge)
        assert isinstance(step, StepNeeded)
        assert "Was that you?" in (await house.visitor.get(step.address)).text
        answer = await house.visitor.post(step.address, data={"agreed": agreed})
        assert (answer.status_code, answer.headers["location"]) == (303, "/orders/1")
        assert isinstance(await payments.provider.look_up(charge, None), end)


async def _charge(payments: Payments, house: House, clock: MovableClock, attempt: str) -> Charge:
    async with house.app.state.engine.connect() as connection:
        means = await payments.cards.means_of(connection, 7)
    assert means is not None
    return Charge(attempt, "order-1", PRICE, means.customer, means.card, clock.now(), "/orders/1")


async def test_the_banks_letters_arrive_by_themselves(
    house: House, clock: MovableClock, engine: AsyncEngine
) -> None:
    payments: Payments = house.app.state.payments
    await payments.provider.charge(await _charge_spare(payments, clock))
    await payments.events.changed.wait()
    assert await stored(engine) == 1


async def _charge_spare(payments: Payments, clock: MovableClock) -> Charge:
    assert payments.provider.spare_card is not None
    return Charge("order-9/1", "order-9", PRICE, "nobody_9", payments.provider.spare_card, clock.now())


async def test_nobody_else_can_write_the_banks_letters(house: House, engine: AsyncEngine) -> None:
    body = b'{"id": "e", "kind": "paid", "attempt": "a", "order_id": "o", "reference": "r"}'
    for headers in ({}, {"sandbox-signature": "1:0.forged"}):
        answer = await _post(house.visitor, body, headers)
        assert (answer.status_code, problem(answer)) == (400, "forged-news")
    assert await stored(engine) == 0
