"""An account in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.identity import Passkey, Person, Role, Visit
from app.identity.tables import Kind
from app.pages.account_views import AccountView, account_view, masked

CHICAGO = ZoneInfo("America/Chicago")
LATE = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # still the 22nd in Chicago
ADA = Person(1, "Ada", "ada@example.com", Role.SHOPPER, newsletter=False)


def view(visits: list[Visit], passkeys: list[Passkey] | None = None) -> AccountView:
    return account_view(
        ADA,
        passkeys or [],
        visits,
        named_in_records=False,
        fresh=True,
        passkeys_here=True,
        zone=CHICAGO,
    )


def visit(*, here: bool = False, kind: Kind = Kind.COOKIE, device: str = "", seen: bool = False) -> Visit:
    return Visit("x", kind, device, LATE, LATE if seen else None, here)


def test_days_and_hours_are_the_shops() -> None:
    (shown,) = view([visit(device="Firefox on Linux", seen=True)]).sessions
    assert (shown.since, shown.seen) == ("November 22, 2026", "November 22, around 9 PM")


def test_a_session_says_what_it_is() -> None:
    here, token, old = view(
        [visit(here=True), visit(kind=Kind.TOKEN, device="Some program"), visit()]
    ).sessions
    assert (here.seen, here.here) == ("now", True)
    assert token.device == "Some program, by token"
    assert (old.device, old.seen) == ("Some browser", "not since")


def test_there_are_others_only_where_there_are() -> None:
    assert not view([visit(here=True)]).has_others
    assert view([visit(here=True), visit()]).has_others


def test_a_passkey_says_when_it_was_used() -> None:
    never, once = view([], [Passkey("a", "A", LATE, None), Passkey("b", "B", LATE, LATE)]).passkeys
    assert never.used == "not used yet"
    assert once.used == "last used November 22, 2026"


def test_an_address_is_known_to_its_owner_only() -> None:
    assert masked("ada@example.com") == "a…@example.com"
