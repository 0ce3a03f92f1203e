"""Every route says who may take it; a route that says nothing is a fault."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.identity import desk, freshly_signed_in, maybe_signed_in, signed_in
from app.main import DESK, LATER, create_app
from app.platform.settings import Settings
from tests.factories.house import API, House, problem

# Open to everyone, and on purpose. What is not here asks who is there.
OPEN = {
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",  # a token's, where one is set; else nobody's
    f"GET {API}/live",
    f"GET {API}/stream",
    f"POST {API}/shoppers",
    f"POST {API}/session",
    f"DELETE {API}/session",
    f"POST {API}/tokens",
    f"POST {API}/session/link",
    f"POST {API}/session/passkey",
    f"POST {API}/session/passkey/options",
    f"POST {API}/orders",  # asks by itself: it has its own way in
    "POST /payments/events",  # the payment provider's, which signs what it sends
    "GET /payments/sandbox/cards/{form}",  # the sandbox's bank knows nobody; its addresses can not be guessed
    "POST /payments/sandbox/cards/{form}",
    "GET /payments/sandbox/steps/{reference}",
    "POST /payments/sandbox/steps/{reference}",
    "GET /photos/{token}/{name}",
    "GET /",
    "GET /buy",
    "GET /feed.atom",
    "GET /feed.json",
    "GET /h/{code}/qr.svg",  # whoever has a link
    "GET /h/{code}/card.png",
    "POST /h/{code}/removal",
    f"POST {API}/share-links",  # asks by itself: who is not signed in gets a link, too
    "POST /share",
    "GET /how",
    "GET /who-helped",  # everybody is told
    "GET /who-helped/{deal_id}",
    "GET /problems/{slug}",
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-in/passkey",
    "POST /sign-in/link",
    "GET /sign-in/mailed",
    "GET /sign-in/link/{secret}",  # a link in a mail
    "POST /sign-in/link/{secret}",
    "GET /newsletter/in",
    "GET /newsletter/in/{secret}",  # a link in a mail
    "POST /newsletter/in/{secret}",
    "GET /newsletter/out/{signed}",  # a link in each newsletter, and mail programs' one click
    "POST /newsletter/out/{signed}",
    "POST /friends/join/{signed}/removal",  # whoever has an invitation's link
    "GET /friends/out/{signed}",  # a link in each invitation, and mail programs' one click
    "POST /friends/out/{signed}",
    "GET /promises",
    "GET /sign-up",
    "POST /sign-up",
    "POST /sign-out",
    "GET /welcome/{token}",
    "POST /welcome/{token}",
}
STAFF = (f"{API}/staff", "/desk")


def routes(paths: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """Every route there is as `METHOD address`, however deep it was included."""
    described = set(paths.openapi()["paths"])  # has the later ones loaded, too
    found = list(_walk(paths.routes, ""))
    assert {path for path, _ in found} >= described, "none is overlooked"
    for path, route in found:
        for method in sorted(route.methods or ()):
            yield f"{method} {path}", route


def _walk(some: Any, prefix: str) -> Iterator[tuple[str, APIRoute]]:
    for route in some:
        if isinstance(route, APIRoute):
            yield prefix + route.path, route
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from _walk(inner.routes, prefix + route.include_context.prefix)


def asks(dependant: Dependant, *who: Callable[..., Any]) -> bool:
    """Whether one of these dependencies decides before the route does anything."""
    return dependant.call in who or any(asks(inner, *who) for inner in dependant.dependencies)


def without_policy(app: FastAPI) -> list[str]:
    """The routes for which nobody has said who may take them."""
    return [
        name
        for name, route in routes(app)
        if name not in OPEN and not asks(route.dependant, desk, signed_in, freshly_signed_in, maybe_signed_in)
    ]


def staff_routes(app: FastAPI) -> list[tuple[str, APIRoute]]:
    """The desk's routes."""
    return [(name, route) for name, route in routes(app) if name.split(" ")[1].startswith(STAFF)]


def test_every_route_says_who_may_take_it(settings: Settings) -> None:
    app = create_app(settings)
    assert without_policy(app) == []
    assert {name for name, _ in routes(app)} >= OPEN, "what is open no more is struck from the list"


def test_a_route_that_says_nothing_is_found(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/forgotten")
    async def forgotten() -> None:
        """Nobody thought of who may ask this."""

    assert without_policy(app) == ["GET /forgotten"]


def test_every_later_route_lies_below_an_address_that_waits_for_it(settings: Settings) -> None:
    """Or the first who asks would be told that there is no such page."""
    app = create_app(settings)
    before = {name for name, _ in _walk(app.routes, "")}
    for later, addresses in zip(app.state.later, (LATER, DESK), strict=True):
        later.load()
        late = {name for name, _ in _walk(app.routes, "")} - before
        assert late
        assert [path for path in sorted(late) if not path.startswith(addresses)] == []
        before |= late


def test_every_staff_route_is_the_desks(settings: Settings) -> None:
    app = create_app(settings)
    staff = staff_routes(app)
    assert len(staff) >= 10
    assert [name for name, route in staff if not asks(route.dependant, desk)] == []


async def test_every_staff_route_refuses_everybody_else(house: House) -> None:
    for name, _ in staff_routes(house.app):
        method, path = name.split(" ")
        path = re.sub(r"\{\w+\}", "1", path)
        stranger = await house.visitor.request(method, path)
        if path.startswith(API):
            assert (stranger.status_code, problem(stranger)) == (401, "sign-in-required"), name
        else:
            assert stranger.status_code == 303, name
            assert stranger.headers["location"].startswith("/sign-in?next="), name
        shopper = await house.shopper.request(method, path)
        assert (shopper.status_code, problem(shopper)) == (403, "not-allowed"), name
