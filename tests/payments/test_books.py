"""The money ledger, and what it promises."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import (
    BooksDisagree,
    Money,
    Payment,
    Provider,
    Sum,
    audit_payments,
    sums_by_day,
    sums_by_order,
    write_charge,
    write_failed_refund,
    write_refund,
)
from app.payments.audit import LIKE_THE_PROVIDER, PROMISES, unlike_the_provider
from app.platform.proof import Breach
from tests.factories.audit import broken, broken_by
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES, PRICE, Bank, charge_with, paid
from tests.factories.stripe_peer import StripePeer

PAYMENT = Payment("sandbox", "order-1", "payment-1")
SOME = Money(2000, "USD")
TWICE = "No order is charged twice, unless one of the charges was given back."
MORE_BACK = "Of no payment more was given back than came in."


async def test_a_move_is_written_once_however_often(engine: AsyncEngine, clock: MovableClock) -> None:
    now = clock.now()
    for fresh in (True, False):
        async with engine.begin() as connection:
            assert await write_charge(connection, PAYMENT, PRICE, now) is fresh
            assert await write_refund(connection, PAYMENT, "refund-1", SOME, now) is fresh
            assert await write_failed_refund(connection, PAYMENT, "refund-1", SOME, now) is fresh
    async with engine.connect() as connection:
        sums = await sums_by_order(connection, ["order-1", "order-2"])
    assert sums == {"order-1": [Sum(PRICE, Money(0, "USD"))]}
    assert sums["order-1"][0].net == PRICE


async def test_what_contradicts_the_books_is_not_written(engine: AsyncEngine, clock: MovableClock) -> None:
    now = clock.now()
    other = Payment("sandbox", "order-2", "payment-1")
    async with engine.begin() as connection:
        await write_charge(connection, PAYMENT, PRICE, now)
        await write_refund(connection, PAYMENT, "refund-1", SOME, now)
        for move in (
            write_charge(connection, PAYMENT, SOME, now),
            write_charge(connection, other, PRICE, now),
            write_refund(connection, PAYMENT, "refund-1", Money(1, "USD"), now),
            write_refund(connection, PAYMENT, "refund-2", PRICE, now),
            write_refund(connection, PAYMENT, "refund-2", Money(1, "EUR"), now),
            write_refund(connection, Payment("sandbox", "order-3", "unknown"), "refund-3", SOME, now),
            write_failed_refund(connection, PAYMENT, "refund-9", SOME, now),
        ):
            with pytest.raises(BooksDisagree):
                await move
    async with engine.connect() as connection:
        assert await sums_by_order(connection, ["order-1"]) == {"order-1": [Sum(PRICE, SOME)]}


async def test_a_move_is_there_when_its_transaction_is(engine: AsyncEngine, clock: MovableClock) -> None:
    async with engine.connect() as connection:
        await write_charge(connection, PAYMENT, PRICE, clock.now())
        await connection.rollback()
        assert await sums_by_order(connection, ["order-1"]) == {}


async def test_refunds_written_at_once_never_come_to_more_than_the_payment(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    async with engine.begin() as connection:
        await write_charge(connection, PAYMENT, PRICE, clock.now())

    async def refund(number: int) -> bool:
        async with engine.begin() as connection:
            return await write_refund(connection, PAYMENT, f"refund-{number}", SOME, clock.now())

    answers = await asyncio.gather(*(refund(number) for number in range(5)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["BooksDisagree"] * 3 + ["bool"] * 2


async def test_a_row_takes_from_one_account_what_it_puts_into_another(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    async with engine.begin() as connection:
        await write_charge(connection, PAYMENT, PRICE, clock.now())
        await write_refund(connection, PAYMENT, "refund-1", SOME, clock.now())
        accounts = await connection.execute(
            text(
                "SELECT account, sum(amount) FROM (SELECT debit AS account, amount FROM money_moves"
                " UNION ALL SELECT credit, -amount FROM money_moves) sides GROUP BY 1 ORDER BY 1"
            )
        )
        assert [tuple(row) for row in accounts] == [("provider", 2999), ("refunds", 2000), ("sales", -4999)]
    for wrong in ("amount = 0", "amount = -1", "debit = 'sales', credit = 'provider'"):
        with pytest.raises(IntegrityError):
            async with engine.begin() as connection:
                await connection.execute(text(f"UPDATE money_moves SET {wrong}"))


async def test_sums_by_day_go_by_the_shops_own_days(engine: AsyncEngine, clock: MovableClock) -> None:
    evening = clock.now().replace(hour=5)  # 23:00 of the day before, in Chicago
    yen = Payment("sandbox", "order-2", "payment-2")
    async with engine.begin() as connection:
        await write_charge(connection, PAYMENT, PRICE, evening)
        await write_refund(connection, PAYMENT, "refund-1", SOME, evening + timedelta(hours=2))
        await write_charge(connection, yen, Money(500, "JPY"), evening + timedelta(hours=2))
        days = await sums_by_day(connection, date(2026, 11, 20), date(2026, 11, 22), "America/Chicago")
    nothing = Money(0, "USD")
    assert {day: sorted(sums, key=str) for day, sums in days.items()} == {
        date(2026, 11, 21): [Sum(PRICE, nothing)],
        date(2026, 11, 22): [Sum(nothing, SOME), Sum(Money(500, "JPY"), Money(0, "JPY"))],
    }


def move(kind: str, amount: int, *, order: str = "o", reference: str = "p", name: str = "n") -> str:
    """A row that nobody would write."""
    accounts = {"charged": "'provider', 'sales'", "refunded": "'refunds', 'provider'"}
    accounts["refund-failed"] = accounts["charged"].replace("sales", "refunds")
    return (
        "INSERT INTO money_moves (kind, provider, order_id, reference, name, debit, credit, amount, currency, at)"
        f" VALUES ('{kind}', 'sandbox', '{order}', '{reference}', '{name}', {accounts[kind]}, {amount}, 'USD', now())"
    )


@pytest.mark.parametrize(
    ("statements", "sentences"),
    [
        ([move("charged", 100), move("refunded", 100, name="r")], set()),
        ([move("charged", 100), move("refunded", 101, name="r")], {MORE_BACK}),
        ([move("charged", 100), move("charged", 100, reference="q", name="m")], {TWICE}),
        (
            [
                move("charged", 100),
                move("charged", 100, reference="q", name="m"),
                move("refunded", 100, name="r"),
            ],
            set(),
        ),
        (
            [move("charged", 100), move("charged", 5, order="x", name="m")],
            {"A payment is one order's, in one currency."},
        ),
        (
            [
                move("charged", 100),
                move("refunded", 90, name="r"),
                move("refund-failed", 80, name="r"),
            ],
            {"A refund that failed had been made, with the same amount."},
        ),
        (
            [
                "INSERT INTO payment_cards VALUES"
                " ('i', 1, 'sandbox', 't', 'visa', '4242', 1, 2030, 'f', false, now())"
            ],
            {"Of a shopper's cards one is charged."},
        ),
    ],
)
async def test_books_that_were_tampered_with_are_found(
    engine: AsyncEngine, statements: list[str], sentences: set[str]
) -> None:
    assert set(await broken_by(engine, PROMISES, *statements)) == sentences


async def test_the_ledger_is_what_the_provider_says(
    bank: Bank, provider: Provider, engine: AsyncEngine
) -> None:
    began = bank.clock.now()
    charge = await charge_with(bank, provider, APPROVES)
    payment = await paid(provider, charge)
    booked = Payment(provider.name, charge.order_id, payment.reference)

    async def differences() -> list[Breach]:
        async with engine.connect() as connection:
            return await unlike_the_provider(connection, provider, began)

    [unbooked] = await differences()
    assert unbooked.words == f"{payment.reference}: nothing here, $49.99 in and $0.00 back there"
    async with engine.begin() as connection:
        await write_charge(connection, booked, payment.amount, bank.clock.now())
    assert await differences() == []
    await provider.refund(payment.reference, SOME, f"{payment.reference}-a")
    assert len(await differences()) == 1
    async with engine.begin() as connection:
        await write_refund(connection, booked, "refund-1", SOME, bank.clock.now())
    examined = await audit_payments(engine, provider, began, patience=0)
    assert broken(examined) == {}
    assert LIKE_THE_PROVIDER in {promise.sentence for promise in examined}


async def test_a_payment_that_the_provider_does_not_know_is_found(
    bank: Bank, provider: Provider, engine: AsyncEngine
) -> None:
    began = bank.clock.now()
    later = began + timedelta(days=2)
    async with engine.begin() as connection:
        await write_charge(connection, Payment(provider.name, "o", "invented"), PRICE, later)
    examined = await audit_payments(engine, provider, began, patience=0)
    assert broken(examined) == {LIKE_THE_PROVIDER: {None}}


async def test_a_provider_that_does_not_answer_is_said_to_be_unseen(
    stripe: Provider, peer: StripePeer, engine: AsyncEngine, clock: MovableClock
) -> None:
    peer.fault("list", "cut-before")
    *_, compared = await audit_payments(engine, stripe, clock.now(), patience=0)
    assert compared.sentence == LIKE_THE_PROVIDER
    assert compared.note == "not seen: Payments do not answer right now"
