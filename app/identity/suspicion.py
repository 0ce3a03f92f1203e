"""Work before a sign-up or sign-in: only where too much of it comes from one address, or the operator asks it of all.

Ordinary people never see it. See docs/decisions/0026-what-bots-pay-and-people-do-not.md.
"""

import time
from typing import Any, Literal

from limits import RateLimitItemPerMinute

from app.identity.limits import SIGN_UP, Limits, Policy
from app.platform.errors import SlowDown
from app.platform.puzzles import Puzzles
from app.platform.rush import Rush

Use = Literal["sign-up", "sign-in"]

FAILED = Policy("failed-sign-in", None, RateLimitItemPerMinute(2000, 10))
CALM_SIGN_UPS = 100  # of an address in a minute
CALM_FAILURES = 30  # of an address in ten minutes: whoever guesses passwords of many accounts has more


class Suspicion:
    """Who has to work first. Counts with `limits`, over all processes."""

    def __init__(self, limits: Limits, puzzles: Puzzles, rush: Rush) -> None:
        self._limits, self._puzzles, self._rush = limits, puzzles, rush

    async def puzzle(self, use: Use, address: str | None) -> dict[str, Any] | None:
        """What has to be solved first, from this address; None where nothing has."""
        return self._puzzles.make(use, address or "") if await self._is_asked(use, address) else None

    async def check(self, use: Use, address: str | None, answer: str | None) -> None:
        """Raises ProofOfWorkRequired where work is asked and was not done."""
        if await self._is_asked(use, address):
            await self._puzzles.accept(answer, use, address or "")

    async def failed(self, address: str | None) -> None:
        """A sign-in from there was none."""
        try:
            await self._limits.count(FAILED, account=None, address=address)
        except SlowDown:
            return  # what is asked of such an address is asked already

    async def _is_asked(self, use: Use, address: str | None) -> bool:
        if self._rush.mode == "off":
            return False
        if self._rush.is_on(time.monotonic()):
            return True
        if use == "sign-up":
            return await self._limits.used(SIGN_UP, address) > CALM_SIGN_UPS
        return await self._limits.used(FAILED, address) > CALM_FAILURES
