"""HTML for shoppers. Pages that nobody opens the shop with are in `later`, which `app/main.py` loads apart."""

from app.pages.feeds import Feeds
from app.pages.feeds import router as feeds_router
from app.pages.help_stories import HelpStories
from app.pages.landings import Landings
from app.pages.rendering import problem_page, site
from app.pages.screens import router as front_router
from app.pages.share_pictures import router as share_pictures_router
from app.pages.share_screens import router as landing_router

routers = (share_pictures_router, feeds_router)
# All that is in `later` lies below these, and nothing else does but what stands before it.
LATER = (
    "/account",
    "/friends",
    "/line",
    "/newsletter",
    "/orders",
    "/promises",
    "/share",
    "/sign-in",
    "/sign-out",
    "/sign-up",
    "/welcome",
    "/who-helped",
)
# Mail programs post to it by themselves, some of them from a page of theirs: whoever has the address may.
KEYED = (r"/newsletter/out/[^/]+", r"/friends/out/[^/]+")

__all__ = [
    "KEYED",
    "LATER",
    "Feeds",
    "HelpStories",
    "Landings",
    "front_router",
    "landing_router",
    "problem_page",
    "routers",
    "site",
]
