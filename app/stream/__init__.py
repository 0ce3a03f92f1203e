"""Events to browsers. It knows topics and bytes, not shoppers or deals."""

from app.stream.room import Stream
from app.stream.routes import router, stream_of

__all__ = ["Stream", "router", "stream_of"]
