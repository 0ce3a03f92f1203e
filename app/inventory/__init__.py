"""The deal queue, its rotation, and the showrunner who runs the show."""

from app.inventory.audit import audit_show
from app.inventory.loading import Loaded, load_file
from app.inventory.queue import list_deals
from app.inventory.routes import desk_router, live_snapshot, photo_router, router, show_document
from app.inventory.sample_queue import start_sample
from app.inventory.showrunner import Showrunner

__all__ = [
    "Loaded",
    "Showrunner",
    "audit_show",
    "desk_router",
    "list_deals",
    "live_snapshot",
    "load_file",
    "photo_router",
    "router",
    "show_document",
    "start_sample",
]
