"""Coming in, whichever way: a fresh session, and the browser's earlier one ends."""

from msgspec import Struct

from app.identity.person import Person, PersonRow, as_person
from app.identity.sessions import Sessions, SignedIn, Ticket


class Arrival(Struct, frozen=True):
    """Someone who has just come in, and the session that says so."""

    person: Person
    ticket: Ticket


async def arrived(sessions: Sessions, row: PersonRow, ticket: Ticket, instead_of: SignedIn | None) -> Arrival:
    """After the commit: `instead_of` is over. Nobody can be made to use a session that somebody else began."""
    if instead_of:
        await sessions.end(instead_of.session_id)
    return Arrival(as_person(row), ticket)
