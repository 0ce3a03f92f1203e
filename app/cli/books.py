"""verify and recount: whether the books are right, and counting the live deal's stock again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from msgspec import to_builtins
from msgspec.structs import asdict

from app.cli.opening import CannotError, Shop, open_shop, tell
from app.cli.servers import with_servers
from app.inventory import audit_show
from app.payments import audit_payments, open_provider
from app.platform.proof import Examined
from app.platform.settings import load_settings
from app.sales import audit_sales, recount_live
from app.sharing import audit_sharing
from app.stream import audit_stream

Json = Annotated[bool, typer.Option("--json", help="Print facts for a program.")]
Found = TypeVar("Found")

COMPARED = timedelta(days=31)  # with what the payment provider says


def verify(as_json: Json = False) -> None:
    """Prove the books, also while the shop sells; exit 1 where something is wrong, with the deal."""
    examined = _with_shop(_examine)
    fine = not any(promise.breaches for promise in examined)
    tell(
        {"ok": fine, "promises": to_builtins(examined)},
        "\n".join(line for promise in examined for line in _lines(promise)),
        as_json=as_json,
    )
    raise typer.Exit(0 if fine else 1)


def recount(
    deal: Annotated[
        int | None, typer.Option(min=1, help="The live deal that is meant; else whichever is.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Close, count and open the live deal's gate. The shop does so by itself whenever it is in doubt."""
    counted = _with_shop(lambda shop: recount_live(shop.engine, shop.redis, deal))
    if counted is None:
        raise CannotError("nothing is on sale" if deal is None else f"deal {deal} is not on sale")
    words = (
        f"Deal {counted.deal_id}: epoch {counted.epoch} is open, {counted.left} left,"
        f" {counted.orders} orders, counted in {counted.seconds:.3f} s."
    )
    tell(asdict(counted), words, as_json=as_json)


async def _examine(shop: Shop) -> list[Examined]:
    provider = open_provider(shop.settings, shop.engine, shop.clock, shop.signer)
    try:
        return [
            *await audit_sales(shop.engine, shop.redis),
            *await audit_sharing(shop.engine),
            *await audit_show(shop.engine),
            *await audit_stream(shop.engine, shop.redis),
            *await audit_payments(shop.engine, provider, shop.clock.now() - COMPARED),
        ]
    finally:
        await provider.close()


def _lines(promise: Examined) -> list[str]:
    mark = "NO " if promise.breaches else "ok "
    note = f" ({promise.note})" if promise.note else ""
    breaches = [
        f"    {'' if breach.deal_id is None else f'deal {breach.deal_id}: '}{breach.words}"
        for breach in promise.breaches
    ]
    return [f"{mark} {promise.sentence}{note}", *breaches]


def _with_shop(work: Callable[[Shop], Awaitable[Found]]) -> Found:
    async def opened() -> Found:
        async with open_shop(complete, may_migrate=settings.database_url is None) as shop:
            return await work(shop)

    settings = load_settings()
    with with_servers(settings) as complete:
        return asyncio.run(opened())
