"""The live deal for everyone, over HTTP."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.inventory.documents import LiveDocument
from app.platform.errors import Unavailable
from app.platform.openapi import problems
from app.stream import stream_of

router = APIRouter(tags=["live"])


def live_snapshot(request: Request) -> dict[str, Any]:
    """The snapshot as this process shows it to everyone. Raises Unavailable where nothing could be read yet."""
    hub = stream_of(request).hub
    if hub.present is None:
        raise Unavailable("The shop is starting.")
    return hub.present | {"id": str(hub.id)}


@router.get("/live", operation_id="live", response_model=LiveDocument, responses=problems(Unavailable))
async def live(request: Request) -> Response:
    """The live deal, for everyone, the same for all."""
    shown = live_snapshot(request)
    etag = f'"{shown["id"]}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=1, stale-while-revalidate=5"}
    known = request.headers.get("if-none-match", "")
    if {etag, "*"} & {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return JSONResponse(shown, headers=headers)
