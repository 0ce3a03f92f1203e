"""Events to browsers. It knows topics and bytes, not shoppers or deals."""

from app.stream.admission import Asker, TooManyViewers
from app.stream.audit import audit_stream
from app.stream.door import Door
from app.stream.event import SHOW, shopper_topic
from app.stream.room import Stream
from app.stream.routes import router, stream_of

__all__ = [
    "SHOW",
    "Asker",
    "Door",
    "Stream",
    "TooManyViewers",
    "audit_stream",
    "router",
    "shopper_topic",
    "stream_of",
]
