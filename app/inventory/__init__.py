"""The deal queue, its rotation, and the showrunner who runs the show. What merchandisers do with them: desk.py."""

from app.inventory.audit import audit_show
from app.inventory.gone import GoneDeal, read_gone
from app.inventory.held_up import PastStage, read_past_stage
from app.inventory.limits import BODY_LIMITS
from app.inventory.photos.errands import PhotoErrands
from app.inventory.photos.keeping import read_photo_file
from app.inventory.photos.routes import photo_router
from app.inventory.routes import live_snapshot, router
from app.inventory.sample_queue import start_sample
from app.inventory.shown import read_shown
from app.inventory.showrunner import Showrunner
from app.inventory.stalling import was_stalled

__all__ = [
    "BODY_LIMITS",
    "GoneDeal",
    "PastStage",
    "PhotoErrands",
    "Showrunner",
    "audit_show",
    "live_snapshot",
    "photo_router",
    "read_gone",
    "read_past_stage",
    "read_photo_file",
    "read_shown",
    "router",
    "start_sample",
    "was_stalled",
]
