"""The stream over HTTP: server-sent events."""

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse

from app.stream.room import Stream
from app.stream.viewer import Viewer

router = APIRouter(tags=["stream"])

NEVER = 10**6  # seconds; our own ping is a named event
STUCK_SECONDS = 60  # a reader that has taken nothing for so long is dropped


def stream_of(request: Request) -> Stream:
    """The stream of the process that serves this request."""
    stream: Stream = request.app.state.stream
    return stream


@router.get(
    "/stream",
    operation_id="stream",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "Events `live`, `stock` and `ping`", "content": {"text/event-stream": {}}}
    },
)
async def stream(request: Request) -> EventSourceResponse:
    """The live deal, pushed: the whole present at once, then whatever changes."""
    viewer = Viewer(stream_of(request).hub)
    return EventSourceResponse(
        viewer.frames(), ping=NEVER, send_timeout=STUCK_SECONDS, headers={"Cache-Control": "no-store"}
    )
