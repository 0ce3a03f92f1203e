"""HTML for shoppers."""

from app.pages.accounts import router as accounts_router
from app.pages.rendering import RELEASE, STATIC, StaticAssets, problem_page
from app.pages.screens import router

__all__ = ["RELEASE", "STATIC", "StaticAssets", "accounts_router", "problem_page", "router"]
