"""Stripe, by its official SDK.

A charge takes two calls. The first makes a PaymentIntent under the attempt's key, and moves no money: sent again it
is the same one, so that an attempt whose answer was lost can be found, and cancelled, without charging it. The second
confirms it, which Stripe does once. Nothing is repeated here behind the caller's back.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from stripe import (
    APIConnectionError,
    CardError,
    HTTPXClient,
    InvalidRequestError,
    SignatureVerificationError,
    StripeClient,
    WebhookSignature,
)

from app.payments.money import Money
from app.payments.provider import (
    FORM,
    AttemptReused,
    Cancelled,
    CardForm,
    CardOnFile,
    Charge,
    Declined,
    ForgedEvent,
    NeverArrived,
    NotFinished,
    Outcome,
    Paid,
    ProviderAway,
    ProviderEvent,
    ProviderRefusesUs,
    Refunded,
    RefundRefused,
    Standing,
    Unresolved,
)
from app.payments.stripe_amount import NotChargeable, to_stripe
from app.payments.stripe_answers import CardRefused, asked, or_away, plain
from app.payments.stripe_reading import (
    Document,
    card_of,
    event_of,
    outcome_of,
    refund_of,
    standing_of,
    wants_step,
)
from app.platform.clock import Clock

API_VERSION = "2026-10-28.endive"  # what the SDK's types are of; to be raised with it, on purpose
ANSWER_SECONDS = 20.0
KEYS_LAST = timedelta(hours=20)  # Stripe may forget an idempotency key after 24
CLOCKS_DIFFER = timedelta(hours=1)
TOLERANCE = timedelta(minutes=5)  # of a signature's age
PAGE = 100

# A request that these codes refuse is the card's or the amount's fault; others are ours.
OF_THE_CARD = {"resource_missing", "payment_method_unexpected_state", "payment_method_customer_mismatch"}
OF_THE_AMOUNT = {"amount_too_small", "amount_too_large"}


class Stripe:
    """The provider `stripe`. `base` is where its API is, where that is not Stripe's own address."""

    name = "stripe"
    spare_card: str | None = None

    def __init__(self, api_key: str, webhook_secret: str, clock: Clock, base: str | None = None) -> None:
        self._http = HTTPXClient(timeout=ANSWER_SECONDS)
        self._client = StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": base} if base else {},
            max_network_retries=0,
            http_client=self._http,
        )
        self._webhook_secret = webhook_secret
        self._clock = clock

    async def open_customer(self, key: str) -> str:
        """A customer without a name or an address: Stripe needs neither."""
        made = await asked(self._client.v1.customers.create_async({}, {"idempotency_key": key}))
        return made.id

    async def begin_card(self, customer: str, return_address: str) -> CardForm:
        """Stripe's own page, by Checkout in setup mode."""
        params: Any = {
            "mode": "setup",
            "customer": customer,
            "payment_method_types": ["card"],
            "success_url": return_address.replace(FORM, "{CHECKOUT_SESSION_ID}"),
            "cancel_url": return_address.replace(FORM, ""),
        }
        session = await asked(self._client.v1.checkout.sessions.create_async(params))
        return CardForm(session.id, session.url or "")

    async def finish_card(self, customer: str, form: str) -> CardOnFile | NotFinished:
        """The card of a finished session, if it is this customer's."""
        try:
            session = await or_away(
                self._client.v1.checkout.sessions.retrieve_async(
                    form, {"expand": ["setup_intent.payment_method"]}
                )
            )
        except InvalidRequestError:
            return NotFinished()
        found = plain(session)
        method = (found.get("setup_intent") or {}).get("payment_method")
        if found["status"] != "complete" or found["customer"] != customer or not method:
            return NotFinished()
        return card_of(method)

    async def drop_card(self, token: str) -> None:
        """Detach it from its customer; it can never be charged again."""
        try:
            await or_away(self._client.v1.payment_methods.detach_async(token))
        except InvalidRequestError:
            return  # it is detached already

    async def charge(self, charge: Charge) -> Outcome:
        """Make it ready, then confirm it, off session; where the bank wants the shopper, on session once more."""
        reference: str | None = None
        try:
            reference = await self._ready(charge)
            outcome = await self._confirm(charge, reference, {"off_session": True}, "confirm")
            if wants_step(outcome) and charge.return_address:
                again = {"payment_method": charge.card, "return_url": charge.return_address}
                outcome = await self._confirm(charge, reference, again, "step")
        except ProviderAway:
            return Unresolved(reference)
        except NotChargeable as error:
            return Declined(None, "amount", str(error))
        except CardRefused as error:
            return Declined(reference, error.code, str(error))
        # Made ready, and confirmed by nobody: the call that should have done it may still be under way.
        return Unresolved(reference) if isinstance(outcome, NeverArrived) else outcome

    async def look_up(self, charge: Charge, reference: str | None) -> Outcome:
        """By its reference; without one, among the customer's PaymentIntents since the attempt was made."""
        try:
            intent = await (self._intent(reference) if reference else self._found(charge))
        except ProviderAway:
            return Unresolved(reference)
        return NeverArrived() if intent is None else outcome_of(intent)

    async def cancel(self, charge: Charge, reference: str | None) -> Cancelled | Paid | Unresolved:
        """What was never heard of is made ready, and cancelled: a charge that comes later finds it so."""
        try:
            reference = reference or await self._ready(charge)
            try:
                canceled = await or_away(self._client.v1.payment_intents.cancel_async(reference))
                outcome = outcome_of(plain(canceled))
            except InvalidRequestError:
                outcome = outcome_of(await self._intent(reference))  # it is too late, or was done before
        except ProviderAway:
            return Unresolved(reference)
        except (NotChargeable, CardRefused):
            return Cancelled(None)  # Stripe refuses to make it at all, now and later
        return outcome if isinstance(outcome, Cancelled | Paid) else Unresolved(reference)

    async def refund(self, reference: str, amount: Money, key: str) -> Refunded | RefundRefused | Unresolved:
        """Looked for first: Stripe forgets a key, and a refund that waits for its bank outlives it by days."""
        params: Any = {"payment_intent": reference, "amount": to_stripe(amount), "metadata": {"key": key}}
        refunds = self._client.v1.refunds
        try:
            found = await self._made(reference, key)
            if found is not None and found["amount"] != params["amount"]:
                raise AttemptReused(f"the refund key {key} was used for another amount")
            if found is not None:
                return refund_of(found)
            made = refund_of(plain(await or_away(refunds.create_async(params, {"idempotency_key": key}))))
        except ProviderAway:
            return Unresolved(None)
        except NotChargeable as error:
            return RefundRefused("amount", str(error))
        except InvalidRequestError as error:
            return RefundRefused(error.code or "refused", error.user_message or "Stripe refuses it.")
        return made

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """The SDK looks at the signature; its age is told by the shop's clock."""
        header = headers.get("stripe-signature", "")
        try:
            WebhookSignature.verify_header(body, header, self._webhook_secret)
            signed_at = _signed_at(header)
            event = json.loads(body)
        except (SignatureVerificationError, ValueError):
            raise ForgedEvent("the signature is not Stripe's") from None
        if abs(self._clock.now().timestamp() - signed_at) > TOLERANCE.total_seconds():
            raise ForgedEvent("it was signed long ago")
        return event_of(event)

    async def statement(self, since: datetime) -> AsyncIterator[Standing]:
        """Every PaymentIntent of the shop's since then that is paid."""
        params = {"created": {"gte": int(since.timestamp())}, "expand": ["data.latest_charge"]}
        async for intent in self._intents(params):
            if standing := standing_of(intent):
                yield standing

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _ready(self, charge: Charge) -> str:
        """The PaymentIntent of this attempt, made now where there is none.

        Raises ProviderAway, NotChargeable, CardRefused.
        """
        if self._clock.now() - charge.made_at > KEYS_LAST and (found := await self._found(charge)):
            return str(found["id"])
        params: Any = {
            "amount": to_stripe(charge.amount),
            "currency": charge.amount.currency.lower(),
            "customer": charge.customer,
            "payment_method": charge.card,
            "payment_method_types": ["card"],
            "metadata": {"attempt": charge.attempt, "order": charge.order_id},
        }
        making = self._client.v1.payment_intents.create_async(params, {"idempotency_key": charge.attempt})
        try:
            return (await or_away(making)).id
        except InvalidRequestError as error:
            if error.code in OF_THE_CARD | OF_THE_AMOUNT:
                raise CardRefused(error.code or "", error.user_message or "") from None
            raise ProviderRefusesUs(f"Stripe refuses the payment: {error.code} {error.param}") from None
        except ProviderAway:
            # A failure of Stripe's own is kept under the key, but the PaymentIntent may be there.
            if found := await self._found(charge):
                return str(found["id"])
            raise

    async def _confirm(self, charge: Charge, reference: str, how: Any, word: str) -> Outcome:
        """Have Stripe take the money. Whatever else it answers, what counts is how the PaymentIntent stands then.

        Raises CardRefused where it does not even try, as with a card that was removed meanwhile.
        """
        refused: InvalidRequestError | None = None
        options: Any = {"idempotency_key": f"{charge.attempt}:{word}"}
        confirming = self._client.v1.payment_intents.confirm_async(reference, how, options)
        with suppress(CardError):
            try:
                outcome = outcome_of(plain(await or_away(confirming)))
                if isinstance(outcome, Paid):
                    return outcome
            except InvalidRequestError as error:
                refused = error
            except ProviderAway as away:
                if isinstance(away.__cause__, APIConnectionError):
                    raise  # nothing was said; a failure that was said is kept under the key, and may hide a payment
        outcome = outcome_of(await self._intent(reference))  # a kept answer may be an old one
        if refused is None or not isinstance(outcome, NeverArrived):
            return outcome
        if refused.param not in (None, "payment_method"):
            raise ProviderRefusesUs(f"Stripe refuses the payment: {refused.code} {refused.param}")
        raise CardRefused(refused.code or "refused", "")  # its words are for programmers

    async def _intent(self, reference: str) -> Document:
        return plain(await asked(self._client.v1.payment_intents.retrieve_async(reference)))

    async def _found(self, charge: Charge) -> Document | None:
        """Listing sees what was just made, which Stripe's search need not."""
        since = int((charge.made_at - CLOCKS_DIFFER).timestamp())
        async for intent in self._intents({"customer": charge.customer, "created": {"gte": since}}):
            if (intent.get("metadata") or {}).get("attempt") == charge.attempt:
                return intent
        return None

    async def _made(self, reference: str, key: str) -> Document | None:
        """The refund that was made under a key, if one was; of a payment there are few."""
        query: Any = {"payment_intent": reference, "limit": PAGE}
        page = plain(await or_away(self._client.v1.refunds.list_async(query)))
        return next((one for one in page["data"] if (one.get("metadata") or {}).get("key") == key), None)

    async def _intents(self, params: dict[str, Any]) -> AsyncIterator[Document]:
        after: dict[str, Any] = {}
        while True:
            query: Any = params | after | {"limit": PAGE}
            page = plain(await asked(self._client.v1.payment_intents.list_async(query)))
            for intent in page["data"]:
                yield intent
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}


def _signed_at(header: str) -> int:
    """The first moment in a signature's header: that is the one which is signed."""
    return int(next(part for part in header.split(",") if part.startswith("t=")).split("=")[1])
