"""Friends & family as pages and programs ask for it: the room's third face, loaded a moment after the shop is open."""

from app.sharing.advice import ADVICE_LENGTH, AdviceTooLong, clean_advice
from app.sharing.friend_acceptance import FriendsListFull, accept
from app.sharing.friend_asking import (
    clean_address,
    invitation_in,
    invitations_for,
    invite_friend,
    link_of_invitation,
    mailbox_in,
    recommend_live,
)
from app.sharing.friend_invitations import (
    Invitation,
    InvitationOver,
    Invited,
    TooManyInvitations,
    decline,
    invitations_of,
    open_invitation,
    take_off,
)
from app.sharing.friend_list import Friend, friends_of, mute_friend
from app.sharing.friend_recommendations import (
    Recommendation,
    Recommended,
    own_recommendation,
    recommendations_of,
    recommended_to,
    stop_recommending,
)
from app.sharing.friend_refusals import allow_again, digest_of, is_refused, refuse
from app.sharing.friend_routes import router
from app.sharing.recommendation_routes import router as recommendations_router

routers = (router, recommendations_router)

__all__ = [
    "ADVICE_LENGTH",
    "AdviceTooLong",
    "Friend",
    "FriendsListFull",
    "Invitation",
    "InvitationOver",
    "Invited",
    "Recommendation",
    "Recommended",
    "TooManyInvitations",
    "accept",
    "allow_again",
    "clean_address",
    "clean_advice",
    "decline",
    "digest_of",
    "friends_of",
    "invitation_in",
    "invitations_for",
    "invitations_of",
    "invite_friend",
    "is_refused",
    "link_of_invitation",
    "mailbox_in",
    "mute_friend",
    "open_invitation",
    "own_recommendation",
    "recommend_live",
    "recommendations_of",
    "recommended_to",
    "refuse",
    "routers",
    "stop_recommending",
    "take_off",
]
