"""The whole of giving a deal its photo: look at the deal, make the sizes, keep them, tell everyone, clear away."""

from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.changes import Who
from app.inventory.photos.asking import GivenPhoto, wanted_alt
from app.inventory.photos.changes import DealPhoto, check_may_change, describe_photo, set_photo, sweep_photos
from app.inventory.photos.keeping import make_photo_aside
from app.inventory.showrunner import Showrunner
from app.platform.clock import Clock


async def give_photo(
    engine: AsyncEngine, showrunner: Showrunner, clock: Clock, deal_id: int, given: GivenPhoto, who: Who
) -> DealPhoto:
    """Give a queued or live deal this photo; without any description its title stands in.

    A live deal's is on every open page when this returns. Raises NotFound, DealIsOver, NotAPhotoError, Invalid.
    """
    async with engine.connect() as connection:  # nothing is held while the sizes are made
        deal = await check_may_change(connection, deal_id)
    made = await make_photo_aside(given.body, wanted_alt(given.alt, deal.title))
    async with engine.begin() as connection:
        changed = await set_photo(connection, deal_id, made, who=who, now=clock.now())
    await _tell(showrunner, changed)
    async with engine.begin() as connection:
        await sweep_photos(connection, clock.now())
    return changed


async def give_description(
    engine: AsyncEngine, showrunner: Showrunner, clock: Clock, deal_id: int, alt: str, who: Who
) -> DealPhoto:
    """Say what is to be seen on a deal's photo, empty where it decorates. Raises NotFound, DealIsOver, NoPhotoYet."""
    async with engine.begin() as connection:
        changed = await describe_photo(connection, deal_id, wanted_alt(alt, ""), who=who, now=clock.now())
    await _tell(showrunner, changed)
    return changed


async def _tell(showrunner: Showrunner, changed: DealPhoto) -> None:
    if changed.state == "live":
        await showrunner.tick()
