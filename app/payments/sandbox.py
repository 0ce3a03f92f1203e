"""The embedded provider: a bank of our own that moves no money, in which test cards do what cards do.

What it says is kept in tables, and each answer is decided under the lock of the payment's row. So it holds the same
promises as a real provider, across processes and restarts.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments.money import Money
from app.payments.provider import (
    FORM,
    AttemptReused,
    Cancelled,
    CardForm,
    CardOnFile,
    Charge,
    Declined,
    NeverArrived,
    NotFinished,
    Outcome,
    Paid,
    ProviderEvent,
    Refunded,
    RefundRefused,
    Standing,
    StepNeeded,
    Unresolved,
)
from app.payments.sandbox_letters import letter, read_letter
from app.payments.sandbox_tables import bank_cards, bank_letters, bank_payments, bank_refunds
from app.payments.test_cards import BY_NUMBER, DECLINES, SPARE, TestCard
from app.platform.clock import Clock
from app.platform.signing import Signer

PAGES = "/payments/sandbox"
LATE = timedelta(seconds=20)
EXPIRES = (12, 2040)
SPARE_TOKEN = "card_spare"  # noqa: S105 - the name of a test card


class Sandbox(Struct, frozen=True):
    """A provider whose bank is in our own database."""

    engine: AsyncEngine
    clock: Clock
    signer: Signer
    name: str = "sandbox"
    spare_card: str | None = SPARE_TOKEN

    async def open_customer(self, key: str) -> str:
        """A name made of the key: the bank keeps no list of people."""
        return f"customer_{key}"

    async def begin_card(self, customer: str, return_address: str) -> CardForm:
        """A page of the sandbox's own, where a test card is chosen."""
        form = secrets.token_urlsafe(18)
        onward = return_address.replace(FORM, form)
        blank = {"form": form, "customer": customer, "return_address": onward, "dropped": False}
        async with self.engine.begin() as connection:
            await connection.execute(insert(bank_cards).values(**blank, made_at=self.clock.now()))
        return CardForm(form, f"{PAGES}/cards/{form}")

    async def fill_in(self, form: str, number: str) -> str | None:
        """What the shopper does on that page, once. The address to go on to; None for no such form or number."""
        number = "".join(number.split())
        if number not in BY_NUMBER:
            return None
        mine = bank_cards.c.form == form
        typed = {"token": f"card_{secrets.token_urlsafe(12)}", "number": number}
        async with self.engine.begin() as connection:
            await connection.execute(
                update(bank_cards).where(mine, bank_cards.c.token.is_(None)).values(**typed)
            )
            return (await connection.execute(select(bank_cards.c.return_address).where(mine))).scalar()

    async def finish_card(self, customer: str, form: str) -> CardOnFile | NotFinished:
        """The card that was chosen."""
        mine = (bank_cards.c.form == form, bank_cards.c.customer == customer, bank_cards.c.token.is_not(None))
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(bank_cards).where(*mine))).one_or_none()
        if row is None:
            return NotFinished()
        card = BY_NUMBER[row.number]
        return CardOnFile(row.token, card.brand, card.last4, *EXPIRES, card.fingerprint)

    async def drop_card(self, token: str) -> None:
        """The bank takes it no more."""
        async with self.engine.begin() as connection:
            await connection.execute(
                update(bank_cards).where(bank_cards.c.token == token).values(dropped=True)
            )

    async def charge(self, charge: Charge) -> Outcome:
        """What the card does. The card of lost answers is charged, and we do not hear of it."""
        async with self.engine.begin() as connection:
            payment = await self._locked(connection, charge)
            if payment.state != "new":
                return _outcome(payment)
            card = await _card(connection, charge)
            changes = await self._decide(connection, charge, card)
            payment = await self._become(connection, payment, changes, card)
        return Unresolved(None) if card and card.deed == "time-out" else _outcome(payment)

    async def look_up(self, charge: Charge, _reference: str | None) -> Outcome:
        """How it stands by now."""
        async with self.engine.begin() as connection:
            found = bank_payments.c.attempt == charge.attempt
            payment = (await connection.execute(select(bank_payments).where(found).with_for_update())).first()
            if payment is None:
                return NeverArrived()
            return _outcome(await self._ripened(connection, payment))

    async def cancel(self, charge: Charge, _reference: str | None) -> Cancelled | Paid | Unresolved:
        """Where the charge has not come yet, it finds itself cancelled when it does."""
        async with self.engine.begin() as connection:
            payment = await self._locked(connection, charge)
            if payment.state == "paid":
                return Paid(payment.reference, Money(payment.amount, payment.currency))
            if payment.state != "cancelled":
                await self._become(connection, payment, {"state": "cancelled"})
            return Cancelled(payment.reference)

    async def refund(self, reference: str, amount: Money, key: str) -> Refunded | RefundRefused | Unresolved:
        """Under the payment's lock, so that two refunds see each other."""
        async with self.engine.begin() as connection:
            found = bank_payments.c.reference == reference
            payment = (await connection.execute(select(bank_payments).where(found).with_for_update())).first()
            if payment is None:
                return RefundRefused("no_such_payment", "There is no such payment.")
            asked = {"reference": reference, "amount": amount.amount, "currency": amount.currency}
            by_key = select(bank_refunds).where(bank_refunds.c.key == key)
            before = (await connection.execute(by_key)).first()
            if before is not None and any(getattr(before, name) != value for name, value in asked.items()):
                raise AttemptReused(f"the refund key {key} was used for another refund")
            if before is not None:
                return Refunded(before.id, amount)
            if refusal := _refusal(payment, amount):
                return refusal
            refund_id = f"refund_{secrets.token_urlsafe(12)}"
            await connection.execute(insert(bank_refunds).values(key=key, id=refund_id, **asked))
            changes = {"refunded": payment.refunded + amount.amount}
            await self._become(connection, payment, changes, kind="refunded")
            return Refunded(refund_id, amount)

    async def take_step(self, reference: str, *, agreed: bool) -> str | None:
        """What the shopper does on the page of the extra step. The address to go on to; None for no such payment."""
        async with self.engine.begin() as connection:
            found = bank_payments.c.reference == reference
            payment = (await connection.execute(select(bank_payments).where(found).with_for_update())).first()
            if payment is None:
                return None
            if payment.state == "step":
                refused = {"state": "declined", "code": "step_refused"}
                await self._become(connection, payment, {"state": "paid"} if agreed else refused)
            address: str = payment.return_address
            return address

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """A letter of our own bank's."""
        return read_letter(self.signer, body, headers, self.clock.now())

    async def statement(self, since: datetime) -> AsyncIterator[Standing]:
        """All that was paid."""
        of_then = (bank_payments.c.made_at >= since, bank_payments.c.state == "paid")
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(bank_payments).where(*of_then))).all()
        for row in rows:
            paid, refunded = Money(row.amount, row.currency), Money(row.refunded, row.currency)
            yield Standing(row.reference, row.attempt, row.order_id, paid, refunded)

    async def ripen(self) -> None:
        """Late payments whose time has come are paid, though nobody asks."""
        late = select(bank_payments).where(
            bank_payments.c.state == "processing", bank_payments.c.ripe_at <= self.clock.now()
        )
        async with self.engine.begin() as connection:
            for payment in (await connection.execute(late.with_for_update(skip_locked=True))).all():
                await self._ripened(connection, payment)

    async def close(self) -> None:
        """There is nothing to let go."""

    async def _locked(self, connection: AsyncConnection, charge: Charge) -> Row[Any]:
        """The payment of this attempt, made now if it is new, and ours until the transaction ends."""
        body = {
            "order_id": charge.order_id,
            "customer": charge.customer,
            "card": charge.card,
            "amount": charge.amount.amount,
            "currency": charge.amount.currency,
        }
        new = {
            "attempt": charge.attempt,
            "reference": f"payment_{secrets.token_urlsafe(12)}",
            "return_address": charge.return_address,
            "state": "new",
            "code": "",
            "refunded": 0,
            "made_at": self.clock.now(),
        }
        await connection.execute(insert(bank_payments).values(**body, **new).on_conflict_do_nothing())
        mine = bank_payments.c.attempt == charge.attempt
        payment = (await connection.execute(select(bank_payments).where(mine).with_for_update())).one()
        if any(getattr(payment, name) != value for name, value in body.items()):
            raise AttemptReused(f"the attempt {charge.attempt} was sent before with another body")
        return await self._ripened(connection, payment)

    async def _ripened(self, connection: AsyncConnection, payment: Row[Any]) -> Row[Any]:
        if payment.state == "processing" and payment.ripe_at <= self.clock.now():
            return await self._become(connection, payment, {"state": "paid"})
        return payment

    async def _decide(
        self, connection: AsyncConnection, charge: Charge, card: TestCard | None
    ) -> dict[str, object]:
        match card.deed if card else "gone":
            case "gone":
                return {"state": "declined", "code": "card_gone"}
            case "decline":
                return {"state": "declined", "code": card.code if card else ""}
            case "decline-once" if not await _declined_before(connection, charge):
                return {"state": "declined", "code": card.code if card else ""}
            case "step" if not charge.return_address:
                return {"state": "declined", "code": "step_refused"}
            case "step":
                return {"state": "step"}
            case "late":
                return {"state": "processing", "ripe_at": self.clock.now() + LATE}
        return {"state": "paid"}

    async def _become(
        self,
        connection: AsyncConnection,
        payment: Row[Any],
        changes: Mapping[str, object],
        card: TestCard | None = None,
        kind: str = "",
    ) -> Row[Any]:
        """Change a payment, and write of it to the shop in the same transaction."""
        mine = bank_payments.c.attempt == payment.attempt
        changed = update(bank_payments).where(mine).values(**changes).returning(bank_payments)
        row: Row[Any] = (await connection.execute(changed)).one()
        deed = card.deed if card else ""
        body = letter(f"event_{secrets.token_urlsafe(12)}", kind or row.state, row)
        for _ in range({"time-out": 0, "twice": 2}.get(deed, 1)):
            await connection.execute(insert(bank_letters).values(body=body))
        return row


def _outcome(payment: Row[Any]) -> Outcome:
    match payment.state:
        case "paid":
            return Paid(payment.reference, Money(payment.amount, payment.currency))
        case "declined":
            return Declined(payment.reference, payment.code, DECLINES[payment.code])
        case "step":
            return StepNeeded(payment.reference, f"{PAGES}/steps/{payment.reference}")
        case "cancelled":
            return Cancelled(payment.reference)
        case _:
            return Unresolved(payment.reference)


def _refusal(payment: Row[Any], amount: Money) -> RefundRefused | None:
    if payment.state != "paid":
        return RefundRefused("not_paid", "Nothing was paid with it.")
    if amount.currency != payment.currency or not 0 < amount.amount <= payment.amount - payment.refunded:
        return RefundRefused("too_much", "That is more than is left of the payment.")
    return None


async def _card(connection: AsyncConnection, charge: Charge) -> TestCard | None:
    """The card, if this customer has it; None for a foreign one or one that is dropped."""
    if charge.card == SPARE_TOKEN:
        return SPARE
    mine = (
        bank_cards.c.token == charge.card,
        bank_cards.c.customer == charge.customer,
        ~bank_cards.c.dropped,
    )
    number = (await connection.execute(select(bank_cards.c.number).where(*mine))).scalar()
    return None if number is None else BY_NUMBER[number]


async def _declined_before(connection: AsyncConnection, charge: Charge) -> bool:
    tried = (bank_payments.c.card == charge.card, bank_payments.c.attempt != charge.attempt)
    counted = select(func.count()).where(*tried, bank_payments.c.code != "")
    return bool((await connection.execute(counted)).scalar())
