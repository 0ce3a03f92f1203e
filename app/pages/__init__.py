"""HTML for shoppers."""

from app.pages.account_export import router as account_export_router
from app.pages.account_screens import router as account_router
from app.pages.accounts import router as accounts_router
from app.pages.promise_screen import router as promises_router
from app.pages.rendering import problem_page, site
from app.pages.screens import router
from app.pages.sign_in_ways import router as sign_in_router

routers = (accounts_router, sign_in_router, account_router, account_export_router, promises_router, router)

__all__ = ["problem_page", "routers", "site"]
