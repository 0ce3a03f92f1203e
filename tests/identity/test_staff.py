"""Staff, and the owner that a shop always keeps."""

import asyncio

import pytest

from app.identity import Credentials, Identity, Role
from app.identity.shoppers import WrongCredentials
from app.identity.staff import LastOwner
from tests.factories.identity import PASSWORD, newcomer


async def test_the_first_owner_is_made_from_nothing_and_can_sign_in(identity: Identity) -> None:
    assert not await identity.staff.has_owner()
    person = await identity.staff.add(" Boss@Example.com", Role.OWNER, PASSWORD)
    assert (person.email, person.name, person.role) == ("boss@example.com", "boss", Role.OWNER)
    assert await identity.staff.has_owner()
    arrival = await identity.shoppers.sign_in(Credentials(email="boss@example.com", password=PASSWORD))
    assert arrival.person == person


async def test_whoever_took_a_colleagues_address_first_does_not_come_to_the_desk(identity: Identity) -> None:
    squatter = await identity.shoppers.sign_up(newcomer(email="boss@example.com", password="squatter's own"))
    boss = await identity.staff.add("boss@example.com", Role.OWNER, PASSWORD)
    assert boss.id == squatter.person.id
    await identity.sessions.refresh()
    assert identity.sessions.identify(squatter.ticket.text, None) is None
    with pytest.raises(WrongCredentials):
        await identity.shoppers.sign_in(Credentials(email="boss@example.com", password="squatter's own"))


async def test_a_password_replaced_while_it_is_checked_lets_nobody_in(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    await identity.shoppers.sign_up(newcomer(email="boss@example.com"))
    verify = identity.passwords.verify

    async def verify_slowly(password: str, known_hash: str | None) -> bool:
        right = await verify(password, known_hash)
        await identity.staff.add("boss@example.com", Role.OWNER, "another password")
        return right

    monkeypatch.setattr(identity.passwords, "verify", verify_slowly)
    with pytest.raises(WrongCredentials):
        await identity.shoppers.sign_in(Credentials(email="boss@example.com", password=PASSWORD))


async def test_the_last_owner_is_not_lowered(identity: Identity) -> None:
    await identity.staff.add("one@example.com", Role.OWNER, PASSWORD)
    with pytest.raises(LastOwner):
        await identity.staff.add("one@example.com", Role.MERCHANDISER, PASSWORD)
    await identity.staff.add("two@example.com", Role.OWNER, PASSWORD)
    lowered = await identity.staff.add("one@example.com", Role.MERCHANDISER, PASSWORD)
    assert lowered.role is Role.MERCHANDISER


async def test_of_two_owners_lowered_at_the_same_moment_one_stays(identity: Identity) -> None:
    emails = ["one@example.com", "two@example.com"]
    for email in emails:
        await identity.staff.add(email, Role.OWNER, PASSWORD)
    outcomes = await asyncio.gather(
        *(identity.staff.add(email, Role.MERCHANDISER, PASSWORD) for email in emails), return_exceptions=True
    )
    assert sum(isinstance(outcome, LastOwner) for outcome in outcomes) == 1
    assert await identity.staff.has_owner()


async def test_a_merchandiser_can_come_before_any_owner(identity: Identity) -> None:
    person = await identity.staff.add("m@example.com", Role.MERCHANDISER, PASSWORD)
    assert person.role is Role.MERCHANDISER
    assert not await identity.staff.has_owner()


@pytest.mark.parametrize(
    ("email", "role", "password"),
    [
        ("s@example.com", Role.SHOPPER, PASSWORD),
        ("no address", Role.OWNER, PASSWORD),
        ("s@example.com", Role.OWNER, "short"),
    ],
)
async def test_what_makes_no_staff_is_refused(
    identity: Identity, email: str, role: Role, password: str
) -> None:
    with pytest.raises(ValueError, match=r"role|e-mail|password"):
        await identity.staff.add(email, role, password)
