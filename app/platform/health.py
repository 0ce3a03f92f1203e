"""Is this process alive, and is it fit to be sent shoppers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette.responses import JSONResponse

Check = Callable[[], Awaitable[object]]
CHECK_SECONDS = 3.0


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """/healthz answers while the process lives; /readyz runs `checks`, which raise where something is wrong."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", operation_id="healthz")
    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    @router.get("/readyz", operation_id="readyz")
    async def readyz() -> JSONResponse:
        """Database, Redis, migrations, gate and show are fine: 200, or 503 with each part's state in words."""
        states = await asyncio.gather(*(_state(check) for check in checks.values()))
        found = dict(zip(checks, states, strict=True))
        ready = all(state == "ok" for state in found.values())
        return JSONResponse(
            {"status": "ok" if ready else "unavailable", "checks": found},
            status_code=200 if ready else 503,
            headers={"Cache-Control": "no-store"} | ({} if ready else {"Retry-After": "2"}),
        )

    return router


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return "does not answer"
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not ready
        return f"{type(error).__name__}: not ready"
    return "ok"
