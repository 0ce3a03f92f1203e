"""Invitations to a friends list: two people have to say yes, and nobody learns whose an address is."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import SignInRequired
from app.platform.signing import Signer
from app.sharing import friend_acceptance
from app.sharing.friend_acceptance import FriendsListFull
from app.sharing.friend_forgetting import forget_gone_friends, forget_old_invitations
from app.sharing.friend_invitations import (
    InvitationOver,
    Invited,
    TooManyInvitations,
    decline,
    invitations_of,
    invitations_to,
    open_invitation,
)
from app.sharing.friend_list import are_friends, friends_of, mute_friend
from app.sharing.friend_refusals import allow_again, digest_of, is_refused, refuse
from app.sharing.friend_rules import LASTS, MOST_OPEN
from tests.factories.friends import Circle
from tests.factories.identity import MovableClock
from tests.factories.sales import people


@pytest.fixture
def circle(engine: AsyncEngine, clock: MovableClock) -> Circle:
    return Circle(engine, clock)


async def sees(circle: Circle, shopper: int) -> list[Invited]:
    async with circle.engine.connect() as connection:
        return await invitations_to(connection, shopper, circle.clock.now(), most=9)


async def waits_for(circle: Circle, shopper: int) -> list[str | None]:
    async with circle.engine.connect() as connection:
        return [one.email for one in await invitations_of(connection, shopper, circle.clock.now())]


async def test_nobody_is_on_a_list_before_both_have_said_yes_and_then_each_is_on_the_others(
    circle: Circle,
) -> None:
    ada, bea = await people(circle.engine, 2)
    invitation = await circle.invites_the_account_of(ada, bea)
    assert (await circle.list_of(ada), await circle.list_of(bea)) == ([], [])
    assert [(one.id, one.inviter_id) for one in await sees(circle, bea)] == [(invitation.id, ada)]
    friend = await circle.accepts(bea, invitation, by_link=False)
    assert (friend.id, friend.shopper_id) == (invitation.id, ada)
    assert (await circle.list_of(ada), await circle.list_of(bea)) == ([bea], [ada])
    assert await circle.count("friend_invitations") == 0, "and with it the address is gone"
    assert await sees(circle, bea) == []


async def test_an_invitation_to_an_address_is_for_nobody_else_but_whoever_has_its_link(
    circle: Circle,
) -> None:
    ada, bea, eve = await people(circle.engine, 3)
    invitation = await circle.invites_the_account_of(ada, bea)
    assert await sees(circle, eve) == []
    for stranger in (eve, ada):
        with pytest.raises(InvitationOver):
            await circle.accepts(stranger, invitation, by_link=False)
    with pytest.raises(InvitationOver):
        await circle.accepts(ada, invitation, by_link=True)
    await circle.accepts(eve, invitation, by_link=True)
    assert await circle.list_of(ada) == [eve]
    with pytest.raises(InvitationOver):
        await circle.accepts(bea, invitation, by_link=False)


async def test_the_same_address_again_is_the_same_invitation_and_others_may_invite_it_too(
    circle: Circle,
) -> None:
    ada, eve = await people(circle.engine, 2)
    first = await circle.invites(ada, "bob@example.com")
    assert await circle.invites(ada, "bob@example.com") == first
    assert (await circle.invites(eve, "bob@example.com")).id != first.id
    assert (await circle.invites(ada)).id != (await circle.invites(ada)).id, "of links there may be some"


async def test_to_accept_twice_is_the_same_as_once(circle: Circle) -> None:
    ada, bea, eve = await people(circle.engine, 3)
    invitation = await circle.invites(ada)
    first = await circle.accepts(bea, invitation)
    assert await circle.accepts(bea, invitation) == first
    with pytest.raises(InvitationOver):
        await circle.accepts(eve, invitation)
    again = await circle.invites(bea)
    assert await circle.accepts(ada, again) == (await friends_list(circle, ada))[0], (
        "they were friends already"
    )
    assert (await circle.count("friendships"), await circle.count("friend_invitations")) == (1, 0)


async def friends_list(circle: Circle, shopper: int) -> list[object]:
    async with circle.engine.connect() as connection:
        return list(await friends_of(connection, shopper))


async def test_one_that_is_taken_back_declined_or_old_holds_no_more(circle: Circle) -> None:
    ada, bea = await people(circle.engine, 2)
    back, no, out = [await circle.invites(ada) for _ in range(3)]
    assert await circle.takes_off(ada, back.id)
    async with circle.engine.begin() as connection:
        await decline(connection, no.id, circle.clock.now())
    circle.clock.advance(LASTS.total_seconds())
    for invitation in (back, no, out):
        with pytest.raises(InvitationOver):
            await circle.accepts(bea, invitation)
        async with circle.engine.connect() as connection:
            assert await open_invitation(connection, invitation.id, circle.clock.now()) is None
    assert await circle.list_of(ada) == []


async def test_who_is_declined_does_not_see_it_and_cannot_ask_once_more_for_a_while(circle: Circle) -> None:
    ada, bea = await people(circle.engine, 2)
    invitation = await circle.invites_the_account_of(ada, bea)
    unanswered = await waits_for(circle, ada)
    assert await circle.takes_off(bea, invitation.id)
    assert await waits_for(circle, ada) == unanswered
    assert await sees(circle, bea) == []
    assert (await circle.invites_the_account_of(ada, bea)).id == invitation.id
    assert await sees(circle, bea) == []
    assert not await circle.takes_off(bea, invitation.id)
    circle.clock.advance(LASTS.total_seconds())
    await circle.invites_the_account_of(ada, bea)
    assert len(await sees(circle, bea)) == 1


async def test_who_is_declined_and_takes_it_back_cannot_ask_once_more_either_and_is_told_nothing(
    circle: Circle,
) -> None:
    ada, bea = await people(circle.engine, 2)
    first = await circle.invites_the_account_of(ada, bea)
    unanswered = await circle.invites(ada, "nobody@example.com")
    assert await circle.takes_off(bea, first.id)
    for one in (first, unanswered):
        assert await circle.takes_off(ada, one.id)
        assert not await circle.takes_off(ada, one.id)
    assert await waits_for(circle, ada) == []
    again = await circle.invites_the_account_of(ada, bea)
    assert (again.id != first.id, again.is_declined) == (True, True)
    assert await waits_for(circle, ada) == [again.email]
    assert await sees(circle, bea) == []
    with pytest.raises(InvitationOver):
        await circle.accepts(bea, again)
    assert not (await circle.invites(ada, "nobody@example.com")).is_declined


async def test_whoever_leaves_is_not_asked_anew_by_what_was_open_between_the_two(circle: Circle) -> None:
    ada, bea = await people(circle.engine, 2)
    by_ada = await circle.invites_the_account_of(ada, bea)
    by_bea = await circle.invites_the_account_of(bea, ada)
    waiting = await circle.invites(ada, "bob@example.com")
    await circle.accepts(bea, by_ada)
    assert await circle.takes_off(ada, by_ada.id)
    assert await sees(circle, ada) == [], "bea has not asked anew"
    with pytest.raises(InvitationOver):
        await circle.accepts(ada, by_bea)
    assert await waits_for(circle, bea) == [by_bea.email], "nor is she told"
    assert await waits_for(circle, ada) == [waiting.email]


async def test_whoever_leaves_a_list_takes_the_other_off_theirs(circle: Circle) -> None:
    ada, bea, eve = await people(circle.engine, 3)
    friendship = await circle.befriends(ada, bea)
    assert not await circle.takes_off(eve, friendship), "nobody else's business"
    assert await circle.takes_off(bea, friendship)
    assert (await circle.list_of(ada), await circle.list_of(bea)) == ([], [])
    assert not await circle.takes_off(ada, friendship)
    assert not await circle.takes_off(ada, "a\0b")


async def test_muting_is_ones_own(circle: Circle) -> None:
    ada, bea, eve = await people(circle.engine, 3)
    friendship = await circle.befriends(ada, bea)
    for shopper, known in ((ada, True), (eve, False)):
        async with circle.engine.begin() as connection:
            assert await mute_friend(connection, friendship, shopper, True) is known
    async with circle.engine.connect() as connection:
        assert [one.muted for one in await friends_of(connection, ada)] == [True]
        assert [one.muted for one in await friends_of(connection, bea)] == [False]


async def test_whoever_deletes_their_account_is_on_no_list_from_that_moment_and_nothing_is_left(
    circle: Circle,
) -> None:
    ada, bea, eve = await people(circle.engine, 3)
    await circle.befriends(ada, bea)
    await circle.befriends(eve, ada)
    to_bea = await circle.invites_the_account_of(ada, bea)
    await circle.invites_the_account_of(eve, bea)
    await circle.forget(ada)
    assert (await circle.list_of(bea), await circle.list_of(eve)) == ([], [])
    assert [one.inviter_id for one in await sees(circle, bea)] == [eve]
    async with circle.engine.connect() as connection:
        assert not await are_friends(connection, ada, bea)
    with pytest.raises(InvitationOver):
        await circle.accepts(bea, to_bea)
    with pytest.raises(SignInRequired):
        await circle.invites(ada)
    with pytest.raises(SignInRequired):
        await circle.accepts(ada, await circle.invites(bea))
    async with circle.engine.begin() as connection:
        await forget_gone_friends(connection)
    assert (await circle.count("friendships"), await circle.count("friend_invitations")) == (0, 2)


async def test_addresses_are_forgotten_when_their_invitation_has_run_out(circle: Circle) -> None:
    (ada,) = await people(circle.engine, 1)
    await circle.invites(ada, "bob@example.com")
    circle.clock.advance(timedelta(days=1).total_seconds())
    await circle.invites(ada, "cem@example.com")
    circle.clock.advance((LASTS - timedelta(days=1)).total_seconds())
    async with circle.engine.begin() as connection:
        await forget_old_invitations(connection, circle.clock.now())
    assert await waits_for(circle, ada) == ["cem@example.com"]


async def test_so_many_invitations_and_friends_and_no_more(
    circle: Circle, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bea, eve = await people(circle.engine, 3)
    made = [await circle.invites(ada, f"bob{n}@example.com") for n in range(MOST_OPEN)]
    assert await circle.invites(ada, "bob0@example.com") == made[0]
    with pytest.raises(TooManyInvitations):
        await circle.invites(ada)
    await circle.takes_off(ada, made[0].id)
    invitation = await circle.invites(ada)
    monkeypatch.setattr(friend_acceptance, "MOST_FRIENDS", 1)
    await circle.befriends(bea, eve)
    for shopper in (bea, eve):
        with pytest.raises(FriendsListFull):
            await circle.accepts(shopper, invitation)


async def test_a_mailbox_that_wants_none_is_known_by_a_digest_in_all_its_spellings(circle: Circle) -> None:
    signer, other = Signer("s" * 40), Signer("t" * 40)
    digest = digest_of(signer, "bob+shop@gmail.com")
    assert digest == digest_of(signer, "B.o.b@googlemail.com") != digest_of(other, "bob@gmail.com")
    assert "bob" not in digest
    async with circle.engine.begin() as connection:
        for _ in range(2):
            await refuse(connection, digest, circle.clock.now())
        assert await is_refused(connection, digest)
        await allow_again(connection, digest)
        assert not await is_refused(connection, digest)
