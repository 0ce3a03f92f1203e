"""Who helped with a deal, read once for a crowd: all look at the moment when a stall is cleared."""

import asyncio
import time
from collections import OrderedDict

from fastapi import Request

from app.identity import identity_of
from app.inventory import read_past_stage
from app.pages.who_helped_views import WhoHelpedView, who_helped_view
from app.platform.settings import settings_of
from app.sales import count_team
from app.sharing import pot_won, read_helpers, who_helped

KEPT, KEPT_SECONDS = 64, 2.0


class HelpStories:
    """What this process has read of who helped, a moment ago."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[float, WhoHelpedView | None]] = OrderedDict()
        self._reading = asyncio.Lock()

    async def of(self, request: Request, deal_id: int) -> WhoHelpedView | None:
        """The view of a deal; None where it was never on stage."""
        async with self._reading:
            known = self._kept.get(deal_id)
            if known is not None and time.monotonic() < known[0]:
                return known[1]
            view = await _read(request, deal_id)
            self._kept.pop(deal_id, None)  # it is the newest now
            self._kept[deal_id] = time.monotonic() + KEPT_SECONDS, view
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return view


async def _read(request: Request, deal_id: int) -> WhoHelpedView | None:
    identity = identity_of(request)
    settings = settings_of(request)
    async with identity.engine.connect() as connection:
        stage = await read_past_stage(connection, deal_id)
        if stage is None:
            return None
        helpers = await read_helpers(connection, deal_id)
        return who_helped_view(
            stage.title,
            who_helped(helpers, stage.over_at, identity.clock.now()),
            over_at=stage.over_at,
            held_up=stage.held_up,
            team=await count_team(connection, deal_id),
            pot=await pot_won(connection, deal_id),
            zone=settings.zone,
        )
