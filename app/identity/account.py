"""Coming in, and one's own account, as programs ask for it: docs/decisions/0027 says when it is loaded."""

import email_validator  # noqa: F401 - or the first who signs up would wait for it

from app.identity.account_routes import router as account_router
from app.identity.address_routes import router as address_router
from app.identity.passkey_routes import router as passkey_router
from app.identity.routes import router

routers = (router, account_router, address_router, passkey_router)

__all__ = ["routers"]
