"""Friends lists when several do something at the same moment; and what happens without turns."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.lease import take_turns
from app.sharing import friend_acceptance, friend_invitations
from app.sharing.friend_acceptance import FriendsListFull, accept
from app.sharing.friend_invitations import InvitationOver, TooManyInvitations, take_off, turn_of
from app.sharing.friend_rules import MOST_OPEN
from tests.factories.friends import Circle
from tests.factories.identity import MovableClock
from tests.factories.sales import people
from tests.sharing.test_links import until_somebody_waits

MANY = 64
Outcome = object


@pytest.fixture
def circle(engine: AsyncEngine, clock: MovableClock) -> Circle:
    return Circle(engine, clock)


async def at_once(*all_of_them: Coroutine[Any, Any, Any]) -> list[Any]:
    return await asyncio.gather(*all_of_them, return_exceptions=True)


async def test_of_many_who_have_one_link_one_becomes_a_friend(circle: Circle) -> None:
    ada, *crowd = await people(circle.engine, 1 + MANY)
    invitation = await circle.invites(ada)
    found = await at_once(*(circle.accepts(one, invitation) for one in crowd))
    refused = [one for one in found if isinstance(one, InvitationOver)]
    assert len(refused) == MANY - 1, found
    (friend,) = await circle.list_of(ada)
    assert friend == crowd[[isinstance(one, InvitationOver) for one in found].index(False)]


async def test_two_who_accept_each_others_invitation_at_once_are_friends_once(circle: Circle) -> None:
    ada, bea = await people(circle.engine, 2)
    for _ in range(8):
        by_ada = await circle.invites_the_account_of(ada, bea)
        by_bea = await circle.invites_the_account_of(bea, ada)
        found = await at_once(
            circle.accepts(bea, by_ada, by_link=False),
            circle.accepts(ada, by_bea, by_link=False),
        )
        assert not any(isinstance(one, Exception) for one in found), found
        assert (await circle.count("friendships"), await circle.count("friend_invitations")) == (1, 0)
        assert await circle.takes_off(ada, found[0].id)


async def test_whoever_takes_back_what_is_just_accepted_has_no_friend(circle: Circle) -> None:
    """The race made to happen: the acceptance has done all but commit when the inviter takes it back."""
    ada, bea = await people(circle.engine, 2)
    invitation = await circle.invites(ada)
    async with circle.engine.connect() as accepting:
        await accept(accepting, invitation.id, bea, circle.clock.now(), by_link=True)
        back = asyncio.create_task(circle.takes_off(ada, invitation.id))
        await until_somebody_waits(circle.engine)
        await accepting.commit()
    assert await back
    assert (await circle.count("friendships"), await circle.count("friend_invitations")) == (0, 0)


async def test_without_turns_they_would_be_friends_and_told_that_they_are_not(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: it looks for a friendship before that is there."""
    ada, bea = await people(circle.engine, 2)
    invitation = await circle.invites(ada)
    monkeypatch.setattr(friend_invitations, "take_turns", no_turns)
    async with circle.engine.connect() as accepting:
        await accept(accepting, invitation.id, bea, circle.clock.now(), by_link=True)
        back = asyncio.create_task(circle.takes_off(ada, invitation.id))
        await until_somebody_waits(circle.engine)
        await accepting.commit()
    assert not await back
    assert await circle.list_of(ada) == [bea]


async def no_turns(connection: AsyncConnection, name: str) -> None:
    """Nobody waits for anybody."""


async def test_an_account_that_is_deleted_meanwhile_makes_no_friend(circle: Circle) -> None:
    ada, bea = await people(circle.engine, 2)
    invitation = await circle.invites(ada)
    gone = text("UPDATE shoppers SET email = NULL, name = '', password_hash = NULL WHERE id = :id")
    async with circle.engine.connect() as deleting:
        await deleting.execute(text("SELECT FROM shoppers WHERE id = :id FOR UPDATE"), {"id": ada})
        accepting = asyncio.create_task(circle.accepts(bea, invitation))
        await until_somebody_waits(circle.engine)
        await deleting.execute(gone, {"id": ada})
        await deleting.commit()
    with pytest.raises(InvitationOver):
        await accepting
    assert await circle.count("friendships") == 0


async def test_a_list_never_gets_longer_than_it_may_however_many_come_at_once(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(friend_acceptance, "MOST_FRIENDS", 3)
    ada, *crowd = await people(circle.engine, 1 + 12)
    links = [await circle.invites(ada) for _ in crowd]
    found = await at_once(*(circle.accepts(one, link) for one, link in zip(crowd, links, strict=True)))
    assert sum(isinstance(one, FriendsListFull) for one in found) == 9, found
    assert len(await circle.list_of(ada)) == 3


async def test_so_many_open_invitations_however_many_are_made_at_once(circle: Circle) -> None:
    (ada,) = await people(circle.engine, 1)
    found = await at_once(*(circle.invites(ada) for _ in range(MANY)))
    assert sum(isinstance(one, TooManyInvitations) for one in found) == MANY - MOST_OPEN, found
    assert await circle.count("friend_invitations") == MOST_OPEN


async def test_one_address_invited_many_times_at_once_is_invited_once(circle: Circle) -> None:
    (ada,) = await people(circle.engine, 1)
    found = await at_once(*(circle.invites(ada, "bob@example.com") for _ in range(MANY)))
    assert {one.id for one in found} == {found[0].id}


async def test_the_table_itself_holds_two_people_once_and_in_one_order(circle: Circle) -> None:
    ada, bea = await people(circle.engine, 2)
    await circle.befriends(ada, bea)
    plain = text("INSERT INTO friendships (id, one_id, other_id, since) VALUES ('x', :one, :other, now())")
    for one, other, guard in ((ada, bea, "uq_friendships"), (bea, ada, "once"), (ada, ada, "once")):
        with pytest.raises(IntegrityError, match=guard):
            async with circle.engine.begin() as connection:
                await connection.execute(plain, {"one": one, "other": other})


async def test_two_who_take_each_others_turns_do_not_wait_for_ever(circle: Circle) -> None:
    """Whatever the order of the people, turns are taken in one order."""
    ada, bea = await people(circle.engine, 2)
    by_ada, by_bea = await circle.invites(ada), await circle.invites(bea)
    async with circle.engine.connect() as held:
        await take_turns(held, turn_of(min(ada, bea)))
        both = [
            asyncio.create_task(one) for one in (circle.accepts(bea, by_ada), circle.accepts(ada, by_bea))
        ]
        await until_somebody_waits(circle.engine)
        await held.commit()
    found = await asyncio.gather(*both)
    assert found[0].id == found[1].id
    async with circle.engine.begin() as connection:
        assert await take_off(connection, found[0].id, ada, circle.clock.now())
