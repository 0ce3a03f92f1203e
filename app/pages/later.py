"""The pages that nobody opens the shop with: docs/decisions/0027 says when they are loaded."""

from app.pages.account_export import router as account_export_router
from app.pages.account_screens import router as account_router
from app.pages.accounts import router as accounts_router
from app.pages.card_screens import router as cards_router
from app.pages.friend_doors import router as friend_doors_router
from app.pages.friend_screens import router as friends_router
from app.pages.line_screens import router as line_router
from app.pages.newsletter_screens import router as newsletter_router
from app.pages.order_screens import router as orders_router
from app.pages.promise_screen import router as promises_router
from app.pages.share_own import router as share_own_router
from app.pages.shares_screens import router as shares_router
from app.pages.sign_in_ways import router as sign_in_router
from app.pages.who_helped_screens import router as who_helped_router
from app.pages.who_helped_screens import team_router

routers = (
    accounts_router,
    line_router,
    sign_in_router,
    account_router,
    account_export_router,
    newsletter_router,
    orders_router,
    cards_router,
    share_own_router,
    shares_router,
    promises_router,
    friend_doors_router,
    friends_router,
    who_helped_router,
    team_router,
)

__all__ = ["routers"]
