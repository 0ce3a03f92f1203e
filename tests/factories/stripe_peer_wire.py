"""How the Stripe peer speaks: HTTP on a socket, one API key, one version, idempotency keys, and faults on demand."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct, field

Body = dict[str, str]
Act = Callable[[str, str, Body], dict[str, Any]]  # method, path, fields -> document; raises Refusal
Kind = Literal["cut-before", "cut-after", "hold-before", "hold-after", "fail-before", "fail-after", "rate"]


class Refusal(Exception):
    """An answer that says no. `code` and the rest are the members of Stripe's error."""

    def __init__(self, status: int, kind: str, message: str, **members: Any) -> None:
        super().__init__(message)
        self.status = status
        self.document = {"error": {"type": kind, "message": message, **members}}


class Fault(Struct):
    """What goes wrong with one call. One that holds says when it has `come`, and goes on when it `may_go`."""

    kind: Kind
    come: asyncio.Event = field(default_factory=asyncio.Event)
    may_go: asyncio.Event = field(default_factory=asyncio.Event)


class Kept(Struct):
    """What was asked under a key, and what was answered; no answer while it is still under way."""

    asked: str
    answer: tuple[int, str] | None = None


class Wire:
    """A server. `strict_keys` off is a peer that ignores idempotency keys, as some do: for negative controls."""

    def __init__(self, act: Act, api_key: str, version: str) -> None:
        self.act = act
        self.api_key = api_key
        self.version = version
        self.strict_keys = True
        self.kept: dict[str, Kept] = {}
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self) -> str:
        """Listen, and answer the address."""
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Listen no more, and let go of everybody."""
        assert self._server is not None
        self._server.close()
        talks = [talk for talk in self._talks.values() if talk is not None]
        for writer in list(self._talks):
            writer.transport.abort()
        await asyncio.gather(*talks, return_exceptions=True)
        await self._server.wait_closed()

    def fault(self, verb: str, kind: Kind) -> Fault:
        """The next call of this kind (create, confirm, cancel, refund, read, list, …) goes wrong."""
        fault = Fault(kind)
        self.faults[verb].append(fault)
        return fault

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks[writer] = asyncio.current_task()
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                exact = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
                key = next((v for k, v in exact.items() if k.lower() == "idempotency-key"), None)
                bearer = next((v for k, v in exact.items() if k.lower() == "authorization"), "")
                body = (await reader.readexactly(int(fields.get("content-length", 0)))).decode()
                method, target, _ = head[0].split(" ")
                answer = await self._answer(method, target, body, key, bearer, fields.get("stripe-version"))
                if answer is None:
                    writer.transport.abort()
                    return
                status, text, replayed = answer
                more = "Idempotent-Replayed: true\r\n" if replayed else ""
                data = text.encode()
                writer.write(
                    f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nRequest-Id: req_peer\r\n"
                    f"{more}Content-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            self._talks.pop(writer, None)
            writer.close()

    async def _answer(
        self, method: str, target: str, body: str, key: str | None, bearer: str, version: str | None
    ) -> tuple[int, str, bool] | None:
        """Status, body, and whether it is an answer given before; None to cut the connection."""
        parts = urlsplit(target)
        sent = dict(parse_qsl(parts.query if method == "GET" else body, keep_blank_values=True))
        self.asked.append(f"{method} {parts.path}")
        if bearer != f"Bearer {self.api_key}":
            return _said(Refusal(401, "invalid_request_error", "Invalid API Key provided"))
        if version != self.version:
            return _said(Refusal(400, "invalid_request_error", f"Version {version} is not the pinned one"))
        faults = self.faults[verb_of(method, parts.path)]
        fault = faults.pop(0) if faults else None
        if fault and fault.kind == "cut-before":
            return None
        if fault and fault.kind == "rate":
            return _said(Refusal(429, "invalid_request_error", "Slow down", code="rate_limit"))
        if fault and fault.kind == "hold-before":
            fault.come.set()
            await fault.may_go.wait()
        kept = None
        if key and method == "POST" and self.strict_keys:
            asked = f"{parts.path}?{json.dumps(sent, sort_keys=True)}"
            kept = self.kept.get(key)
            if kept is not None:
                return _again(kept, asked)
            kept = self.kept[key] = Kept(asked)
        status, text, cut = self._act(method, parts.path, sent, fault)
        if fault and fault.kind == "hold-after":
            fault.come.set()
            await fault.may_go.wait()
        if kept is not None and key:
            # A request that was not carried out is not kept under its key.
            kept.answer = (status, text)
            if status not in (200, 402, 500):
                del self.kept[key]
        return None if cut else (status, text, False)

    def _act(self, method: str, path: str, sent: Body, fault: Fault | None) -> tuple[int, str, bool]:
        """Status, body, and whether nobody is to hear of it."""
        broken = Refusal(500, "api_error", "Something is wrong on our side")
        if fault and fault.kind == "fail-before":
            return broken.status, json.dumps(broken.document), False
        cut = fault is not None and fault.kind == "cut-after"
        try:
            document = self.act(method, path, sent)
        except Refusal as refusal:
            return refusal.status, json.dumps(refusal.document), cut
        if fault and fault.kind == "fail-after":
            return broken.status, json.dumps(broken.document), False
        cut = document.pop("unheard", cut)  # the card of lost answers
        return 200, json.dumps(document), cut


def verb_of(method: str, path: str) -> str:
    """What a call is called when it is to go wrong."""
    last = path.rsplit("/", 1)[1]
    if method == "GET":
        return "list" if last in ("payment_intents", "refunds") else "read"
    return {"payment_intents": "create", "refunds": "refund", "sessions": "session"}.get(last, last)


def _said(refusal: Refusal) -> tuple[int, str, bool]:
    return refusal.status, json.dumps(refusal.document), False


def _again(kept: Kept, asked: str) -> tuple[int, str, bool]:
    if kept.asked != asked:
        return _said(
            Refusal(400, "idempotency_error", "Keys can only be used with the same parameters as before")
        )
    if kept.answer is None:
        in_use = "There is another request under way with this key"
        return _said(Refusal(409, "idempotency_error", in_use, code="idempotency_key_in_use"))
    return *kept.answer, True
