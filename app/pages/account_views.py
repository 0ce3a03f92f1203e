"""Plain views of an account: what its page shows, in words."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from msgspec import Struct

from app.identity import Passkey, Person, Visit

NEVER = "not used yet"


class PasskeyView(Struct, frozen=True):
    id: str
    name: str
    made: str
    used: str


class SessionView(Struct, frozen=True):
    id: str
    device: str
    since: str
    seen: str
    here: bool


class AccountView(Struct, frozen=True):
    """`fresh`: signed in so lately that what guards the account may be changed."""

    name: str
    email: str
    newsletter: bool
    newsletter_asked: bool  # ticked, but not said once more by mail
    named_in_records: bool
    fresh: bool
    passkeys_here: bool  # whether a browser would make one for this address
    passkeys: tuple[PasskeyView, ...]
    sessions: tuple[SessionView, ...]

    @property
    def has_others(self) -> bool:
        return any(not session.here for session in self.sessions)


def account_view(
    person: Person,
    passkeys: Iterable[Passkey],
    visits: Iterable[Visit],
    *,
    newsletter_asked: bool = False,
    named_in_records: bool,
    fresh: bool,
    passkeys_here: bool,
    zone: tzinfo,
) -> AccountView:
    """Everything, with days and hours in the shop's time zone."""
    return AccountView(
        person.name,
        person.email,
        person.newsletter,
        newsletter_asked,
        named_in_records,
        fresh,
        passkeys_here,
        tuple(
            PasskeyView(one.id, one.name, day(one.created_at, zone), _used(one.used_at, zone))
            for one in passkeys
        ),
        tuple(
            SessionView(
                one.id,
                _device(one),
                day(one.created_at, zone),
                "now" if one.here else _seen(one.seen_at, zone),
                one.here,
            )
            for one in visits
        ),
    )


def masked(email: str) -> str:
    """`a…@example.com`: enough to know one's own, and to see that it is another's."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def day(at: datetime, zone: tzinfo) -> str:
    """Such as: November 22, 2026"""
    local = at.astimezone(zone)
    return f"{local:%B} {local.day}, {local.year}"


def _device(visit: Visit) -> str:
    device = visit.device or "Some browser"
    return f"{device}, by token" if visit.kind == "token" else device


def _used(at: datetime | None, zone: tzinfo) -> str:
    return NEVER if at is None else f"last used {day(at, zone)}"


def _seen(at: datetime | None, zone: tzinfo) -> str:
    if at is None:
        return "not since"
    local = at.astimezone(zone)
    return f"{local:%B} {local.day}, around {local.hour % 12 or 12} {local:%p}"
