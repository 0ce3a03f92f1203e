"""The stream over HTTP, the ordinary way: server-sent events from an ASGI app."""

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse
from starlette.types import Message, Receive, Scope, Send

from app.platform.errors import Problem, SlowDown, Unavailable
from app.platform.openapi import problems
from app.stream.admission import TooManyViewers
from app.stream.hub import STUCK_SECONDS
from app.stream.reader import Reader
from app.stream.room import Stream

router = APIRouter(tags=["stream"])

GRACE_SECONDS = 5.0  # in which we end streams ourselves at the stop signal; else they are cut off in mid-word
NO_COMMENTS = 0  # our own ping is a named event


def stream_of(request: Request) -> Stream:
    """The stream of the process that serves this request."""
    stream: Stream = request.app.state.stream
    return stream


class Watched(EventSourceResponse):
    """What a reader sees. However the response ends, and if it never began, the reader has left by then."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(
            reader.chunks(),
            ping=NO_COMMENTS,
            send_timeout=STUCK_SECONDS,
            shutdown_grace_period=GRACE_SECONDS,
            headers={"Cache-Control": "no-store"},
        )
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. That somebody hangs up in mid-word is no mistake of ours."""
        scope["headers"].clear()  # they have been decided on, and may be megabytes
        left = False

        async def hearing() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        async def unless_left(message: Message) -> None:
            nonlocal left
            try:
                await send(message)
            except (RuntimeError, OSError) as error:  # uvloop's word for a transport that is closed
                left = True
                raise OSError("the viewer has left") from error

        try:
            await super().__call__(scope, hearing, unless_left)
        except* OSError:
            if not left:
                raise
        finally:
            self._reader.leave()


@router.get(
    "/stream",
    operation_id="stream",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events `live`, `stock`, `chat`, `cheer`, `you` and `ping`",
            "content": {"text/event-stream": {}},
        },
        **problems(TooManyViewers, SlowDown, Unavailable),
    },
)
async def stream(request: Request) -> EventSourceResponse:
    """The live deal, pushed: the whole present at once, then whatever changes."""
    room = stream_of(request)
    guest = room.admission.decide(request.scope)
    if isinstance(guest, Problem):
        room.count_refusal(guest)
        raise guest
    return Watched(Reader(room.hub, guest))
