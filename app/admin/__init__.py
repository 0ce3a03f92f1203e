"""HTML for merchandisers: the desk."""

from app.admin.desk import router
from app.admin.screen import site

__all__ = ["router", "site"]
