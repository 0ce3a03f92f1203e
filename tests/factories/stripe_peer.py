"""A Stripe of our own, small and strict: PaymentIntents, Checkout in setup mode, refunds and signed webhooks.

Test cards do what the sandbox's do. Its strictness can be switched off, rule by rule, to see a test go red.
Facts about Stripe that it follows: what is kept under an idempotency key, which states may be confirmed or cancelled,
how a decline and an extra step look off session, and the currencies' rules.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from stripe import WebhookSignature

from app.payments.stripe import API_VERSION
from app.payments.stripe_amount import THREE_DECIMAL, TWO_THAT_ARE_NONE
from app.payments.test_cards import BY_NUMBER, TestCard
from app.platform.clock import Clock
from tests.factories.stripe_peer_answers import known, new_intent, unexpected, wrong
from tests.factories.stripe_peer_wire import Body, Refusal, Wire

API_KEY = "sk_test_peer"
WEBHOOK_SECRET = "whsec_peer"
LEAST = 50

Door = Callable[[bytes, Mapping[str, str]], Awaitable[object]]


class StripePeer(Wire):
    """`moved` is every time that money moved: PaymentIntent and amount. `letters` are webhooks that wait."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(self._act_on, API_KEY, API_VERSION)
        self.clock = clock
        self.strict_states = True  # off: what is paid can be cancelled
        self.strict_refunds = True  # off: more can be given back than came in
        self.address = ""
        self.customers: set[str] = set()
        self.methods: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.moved: list[tuple[str, int]] = []
        self.letters: list[bytes] = []
        self.refund_status = "succeeded"  # of those that are asked for now
        self._numbers = count(1)
        self._declined: set[str] = set()

    def charges_of(self, attempt: str) -> int:
        """How often money moved for an attempt."""
        of = {i["id"] for i in self.intents.values() if i["metadata"].get("attempt") == attempt}
        return sum(1 for intent, amount in self.moved if intent in of and amount > 0)

    def fill_in(self, form: str, number: str) -> str:
        """What a shopper does on Checkout's page, and where the browser goes on to."""
        session, method = self.sessions[form], self._name("pm")
        card = BY_NUMBER[number]
        self.methods[method] = {
            "id": method,
            "object": "payment_method",
            "customer": session["customer"],
            "card": {
                "brand": card.brand,
                "last4": card.last4,
                "exp_month": 12,
                "exp_year": 2040,
                "fingerprint": card.fingerprint,
            },
            "number": number,
        }
        session |= {"status": "complete", "setup_intent": self._name("seti"), "method": method}
        return str(session["success_url"].replace("{CHECKOUT_SESSION_ID}", form))

    def take_step(self, intent: str, *, agreed: bool) -> None:
        """What a shopper does at the bank."""
        found = self.intents[intent]
        assert found["status"] == "requires_action"
        found["next_action"] = None
        if agreed:
            self._succeed(found)
        else:
            self._decline(found, "payment_intent_authentication_failure", None, "The step was not taken.")

    def fail_refund(self, name: str) -> None:
        """The shopper's bank sends a refund back."""
        self.refunds[name]["status"] = "failed"
        intent = self.intents[self.refunds[name]["payment_intent"]]
        intent["latest_charge"]["amount_refunded"] -= self.refunds[name]["amount"]
        self._write("refund.failed", self.refunds[name])

    def forget_keys(self) -> None:
        """A day has passed."""
        self.kept.clear()

    def ripen(self) -> None:
        """Payments that are processing succeed."""
        for intent in self.intents.values():
            if intent["status"] == "processing":
                self._succeed(intent)

    async def deliver(self, door: Door) -> None:
        """Send the webhooks that wait, in the order of `letters`, signed now."""
        while self.letters:
            body = self.letters.pop(0)
            await door(body, self.signed(body))

    def signed(self, body: bytes, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
        """The header that goes with a body."""
        at = int(self.clock.now().timestamp())
        header = WebhookSignature.generate_signature_header(body.decode(), secret, at)
        return {"stripe-signature": header}

    def _act_on(self, method: str, path: str, sent: Body) -> dict[str, Any]:
        match [method, *path.removeprefix("/v1/").split("/")]:
            case ["POST", "customers"]:
                self.customers.add(name := self._name("cus"))
                return {"id": name, "object": "customer"}
            case ["POST", "checkout", "sessions"]:
                return self._open_session(sent)
            case ["GET", "checkout", "sessions", name]:
                return self._session(known(self.sessions, name), sent)
            case ["POST", "payment_methods", name, "detach"]:
                found = known(self.methods, name)
                if found["customer"] is None:
                    raise wrong("It is not attached", code="payment_method_unexpected_state")
                return found | {"customer": found.update(customer=None)}
            case ["POST", "payment_intents"]:
                return self._create(sent)
            case ["GET", "payment_intents"]:
                return self._list(sent)
            case ["GET", "payment_intents", name]:
                return dict(known(self.intents, name))
            case ["POST", "payment_intents", name, "confirm"]:
                return self._confirm(known(self.intents, name), sent)
            case ["POST", "payment_intents", name, "cancel"]:
                return self._cancel(known(self.intents, name))
            case ["POST", "refunds"]:
                return self._refund(known(self.intents, sent["payment_intent"]), sent)
            case ["GET", "refunds"]:
                known(self.intents, sent["payment_intent"])
                of = [one for one in self.refunds.values() if one["payment_intent"] == sent["payment_intent"]]
                return {"object": "list", "data": of, "has_more": False, "url": "/v1/refunds"}
            case ["GET", "refunds", name]:
                return dict(known(self.refunds, name))
        raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path})")

    def _open_session(self, sent: Body) -> dict[str, Any]:
        if sent["mode"] != "setup" or sent["customer"] not in self.customers:
            raise wrong("No such customer, or another mode than setup", code="resource_missing")
        if not sent["success_url"].startswith("http") or sent["payment_method_types[0]"] != "card":
            raise wrong("Not a valid URL, or no card", code="url_invalid")
        name = self._name("cs")
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "customer": sent["customer"],
            "status": "open",
            "setup_intent": None,
            "success_url": sent["success_url"],
            "url": f"{self.address}/pay/{name}",
        }
        return dict(self.sessions[name])

    def _session(self, found: dict[str, Any], sent: Body) -> dict[str, Any]:
        shown = dict(found)
        method = shown.pop("method", None)
        if method and sent.get("expand[0]") == "setup_intent.payment_method":
            card = {key: value for key, value in self.methods[method].items() if key != "number"}
            shown["setup_intent"] = {
                "id": shown["setup_intent"],
                "object": "setup_intent",
                "payment_method": card,
            }
        return shown

    def _create(self, sent: Body) -> dict[str, Any]:
        amount, currency = int(sent["amount"]), sent["currency"]
        if currency != currency.lower() or amount < LEAST:
            raise wrong("Amount must be at least 50", code="amount_too_small", param="amount")
        tens = (
            10 if currency.upper() in THREE_DECIMAL else 100 if currency.upper() in TWO_THAT_ARE_NONE else 1
        )
        if amount % tens:
            raise wrong("Invalid amount for this currency", code="parameter_invalid_integer", param="amount")
        method = self.methods.get(sent["payment_method"])
        if method is None or sent["customer"] not in self.customers or method["customer"] != sent["customer"]:
            raise wrong("No such PaymentMethod", code="resource_missing", param="payment_method")
        name = self._name("pi")
        made_at = int(self.clock.now().timestamp())
        self.intents[name] = new_intent(name, amount, sent, made_at)
        return dict(self.intents[name])

    def _list(self, sent: Body) -> dict[str, Any]:
        since, wanted = int(sent.get("created[gte]", 0)), sent.get("customer")
        found = [i for i in self.intents.values() if i["created"] >= since]
        found = [i for i in reversed(found) if wanted in (None, i["customer"])]
        if after := sent.get("starting_after"):
            found = found[[i["id"] for i in found].index(after) + 1 :]
        most = int(sent.get("limit", 10))
        full = sent.get("expand[0]") == "data.latest_charge"
        data = [i if full or not i["latest_charge"] else i | {"latest_charge": "ch"} for i in found[:most]]
        return {"object": "list", "data": data, "has_more": len(found) > most, "url": "/v1/payment_intents"}

    def _confirm(self, intent: dict[str, Any], sent: Body) -> dict[str, Any]:
        again = intent["status"] == "requires_payment_method" and "payment_method" in sent
        if intent["status"] != "requires_confirmation" and not again:
            raise unexpected(intent)
        method = self.methods[intent["payment_method"]]
        if method["customer"] is None:
            raise wrong("The provided PaymentMethod was detached from a Customer. It may not be used again.")
        card = BY_NUMBER[method["number"]]
        if card.deed == "step" and sent.get("off_session") == "true":
            raise self._decline(intent, "authentication_required", None, "The bank wants to see you.")
        if card.deed == "decline" or (card.deed == "decline-once" and self._is_first(intent)):
            raise self._decline(intent, "card_declined", card.code, "Your card was declined.")
        return self._take(intent, card, sent)

    def _take(self, intent: dict[str, Any], card: TestCard, sent: Body) -> dict[str, Any]:
        if card.deed == "step":
            if not sent.get("return_url", "").startswith("http"):
                raise wrong("A return_url is needed", code="parameter_missing", param="return_url")
            url = f"{self.address}/steps/{intent['id']}"
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url}}
            self._become(intent, "requires_action", "payment_intent.requires_action")
        elif card.deed == "late":
            self._become(intent, "processing", "payment_intent.processing")
        else:
            self._succeed(intent, letters={"time-out": 0, "twice": 2}.get(card.deed, 1))
        return dict(intent) | ({"unheard": True} if card.deed == "time-out" else {})

    def _cancel(self, intent: dict[str, Any]) -> dict[str, Any]:
        if self.strict_states and intent["status"] in ("succeeded", "processing", "canceled"):
            raise unexpected(intent)
        self._become(intent, "canceled", "payment_intent.canceled")
        return dict(intent)

    def _refund(self, intent: dict[str, Any], sent: Body) -> dict[str, Any]:
        amount, charge = int(sent["amount"]), intent["latest_charge"]
        if charge is None:
            raise wrong("This PaymentIntent has no successful charge", code="payment_intent_unexpected_state")
        left = intent["amount_received"] - charge["amount_refunded"]
        if self.strict_refunds and not 0 < amount <= left:
            code = "charge_already_refunded" if left == 0 else None
            raise wrong("Refund amount is greater than unrefunded amount on charge", code=code)
        charge["amount_refunded"] += amount
        self.moved.append((intent["id"], -amount))
        name = self._name("re")
        facts = {"amount": amount, "currency": intent["currency"], "payment_intent": intent["id"]}
        facts["metadata"] = {k[9:-1]: v for k, v in sent.items() if k.startswith("metadata[")}
        self.refunds[name] = {"id": name, "object": "refund", "status": self.refund_status, **facts}
        self._write("charge.refunded", charge)
        return dict(self.refunds[name])

    def _is_first(self, intent: dict[str, Any]) -> bool:
        first = intent["payment_method"] not in self._declined
        self._declined.add(intent["payment_method"])
        return first

    def _succeed(self, intent: dict[str, Any], letters: int = 1) -> None:
        self.moved.append((intent["id"], intent["amount"]))
        intent["amount_received"] = intent["amount"]
        charge = {"id": self._name("ch"), "object": "charge", "amount_refunded": 0}
        intent["latest_charge"] = charge | {"payment_intent": intent["id"], "metadata": intent["metadata"]}
        self._become(intent, "succeeded", "payment_intent.succeeded", letters)

    def _decline(self, intent: dict[str, Any], code: str, decline_code: str | None, words: str) -> Refusal:
        error = {"type": "card_error", "code": code, "message": words, "decline_code": decline_code}
        intent["last_payment_error"] = error
        self._become(intent, "requires_payment_method", "payment_intent.payment_failed")
        members = {"code": code, "decline_code": decline_code, "payment_intent": dict(intent)}
        return Refusal(402, "card_error", words, **members)

    def _become(self, intent: dict[str, Any], status: str, kind: str, letters: int = 1) -> None:
        intent["status"] = status
        self._write(kind, intent, letters)

    def _write(self, kind: str, about: dict[str, Any], times: int = 1) -> None:
        event = {"id": self._name("evt"), "object": "event", "type": kind, "data": {"object": about}}
        self.letters += [json.dumps(event).encode()] * times

    def _name(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers)}"


@asynccontextmanager
async def stripe_peer(clock: Clock) -> AsyncIterator[StripePeer]:
    """A peer that listens."""
    peer = StripePeer(clock)
    peer.address = await peer.start()
    try:
        yield peer
    finally:
        await peer.stop()
