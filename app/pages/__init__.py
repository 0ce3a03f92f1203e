"""HTML for shoppers."""

from app.pages.account_export import router as account_export_router
from app.pages.account_screens import router as account_router
from app.pages.accounts import router as accounts_router
from app.pages.card_screens import router as cards_router
from app.pages.feeds import Feeds
from app.pages.feeds import router as feeds_router
from app.pages.line_screens import router as line_router
from app.pages.newsletter_screens import ONE_CLICK
from app.pages.newsletter_screens import router as newsletter_router
from app.pages.order_screens import router as orders_router
from app.pages.promise_screen import router as promises_router
from app.pages.rendering import problem_page, site
from app.pages.screens import router as front_router
from app.pages.sign_in_ways import router as sign_in_router

routers = (
    accounts_router,
    sign_in_router,
    account_router,
    account_export_router,
    newsletter_router,
    orders_router,
    cards_router,
    line_router,
    promises_router,
    feeds_router,
)
KEYED = (ONE_CLICK,)

__all__ = ["KEYED", "Feeds", "front_router", "problem_page", "routers", "site"]
