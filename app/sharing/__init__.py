"""Helping to sell it out: links, who helped with which order, coupons."""

from app.sharing.advice import ADVICE_LENGTH, AdviceTooLong, clean_advice
from app.sharing.audit import audit_sharing
from app.sharing.browser import (
    CAME_BY,
    claim_in,
    device_in,
    forget_visit,
    is_makers_browser,
    is_own,
    keep_visit,
    referral_by,
    referral_in,
    referral_of,
    sharing_of,
    visit_in,
    visits_in,
)
from app.sharing.card import CardWords
from app.sharing.coupon_choice import best_first
from app.sharing.coupon_letters import CouponLetters
from app.sharing.coupon_routes import router as coupon_router
from app.sharing.coupons import Discount, quote
from app.sharing.discounts import taken_off
from app.sharing.evidence import Evidence
from app.sharing.friend_forgetting import forget_gone_friends
from app.sharing.friend_list import are_friends
from app.sharing.friend_recommendations import Recommended, recommended_to
from app.sharing.helped_orders import order_is_over, order_is_paid, orders_begun
from app.sharing.helping import NO_HELP, Help, Helper, count_help, read_help, read_helpers, sum_help
from app.sharing.links import Link, forget_sharers, link_of, links_of
from app.sharing.opening import Shared, Sharing
from app.sharing.pots import PotWon, issue_pot, pot_won
from app.sharing.qr import qr_svg
from app.sharing.referral import Referral
from app.sharing.reviewing import HeldReward, decide_held, held_rewards
from app.sharing.reward_case import CouponState, RewardTerms
from app.sharing.rewarding import Rewarding
from app.sharing.rewards import Earned, earned_of
from app.sharing.routes import NotOnStage, link_url, make_for, router
from app.sharing.terms import set_terms, terms_of
from app.sharing.wallet import Coupon, coupon_for, coupons_of, usable_coupons, worth_of
from app.sharing.who_helped import NamedHelper, WhoHelped, who_helped

__all__ = [
    "ADVICE_LENGTH",
    "CAME_BY",
    "NO_HELP",
    "AdviceTooLong",
    "CardWords",
    "Coupon",
    "CouponLetters",
    "CouponState",
    "Discount",
    "Earned",
    "Evidence",
    "HeldReward",
    "Help",
    "Helper",
    "Link",
    "NamedHelper",
    "NotOnStage",
    "PotWon",
    "Recommended",
    "Referral",
    "RewardTerms",
    "Rewarding",
    "Shared",
    "Sharing",
    "WhoHelped",
    "are_friends",
    "audit_sharing",
    "best_first",
    "claim_in",
    "clean_advice",
    "count_help",
    "coupon_for",
    "coupon_router",
    "coupons_of",
    "decide_held",
    "device_in",
    "earned_of",
    "forget_gone_friends",
    "forget_sharers",
    "forget_visit",
    "held_rewards",
    "is_makers_browser",
    "is_own",
    "issue_pot",
    "keep_visit",
    "link_of",
    "link_url",
    "links_of",
    "make_for",
    "order_is_over",
    "order_is_paid",
    "orders_begun",
    "pot_won",
    "qr_svg",
    "quote",
    "read_help",
    "read_helpers",
    "recommended_to",
    "referral_by",
    "referral_in",
    "referral_of",
    "router",
    "set_terms",
    "sharing_of",
    "sum_help",
    "taken_off",
    "terms_of",
    "usable_coupons",
    "visit_in",
    "visits_in",
    "who_helped",
    "worth_of",
]
