"""The real stream room alone, for measuring: its hub, its ways in, and a `POST /pub` whose body is one event, as it is.

`python -m bench.stream_alone --port 8080` starts it on the embedded servers of a data folder of its own.
"""

import argparse
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.routing import Route

from app.platform.clock import SystemClock
from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers
from app.platform.guards import strict_fields
from app.platform.listening import listen
from app.platform.migrations import migrate
from app.platform.redis import connect_redis
from app.platform.server import serve
from app.stream import Door, Stream, router


def create_app() -> FastAPI:
    """The app: the stream and `/pub`, on the servers that DATABASE_URL and REDIS_URL name."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        engine = connect_database(os.environ["DATABASE_URL"])
        redis = connect_redis(os.environ["REDIS_URL"], timeout=2.0)
        subscription = connect_redis(os.environ["REDIS_URL"], timeout=None)
        await migrate(engine)
        stream = app.state.stream = Stream(
            engine, redis, subscription, SystemClock(), limits=False, fields=strict_fields(False)
        )
        await stream.start()
        yield {"stream": stream}
        await stream.stop()
        await redis.aclose()
        await subscription.aclose()
        await engine.dispose()

    versions = count(1)

    async def publish(request: Request) -> Response:
        version = f"{int(SystemClock().now().timestamp() * 1e6):020d}.{next(versions):012d}"
        await request.app.state.stream.publish("live", msgspec.json.decode(await request.body()), version)
        return Response(status_code=202)

    async def probe(_: Request) -> Response:
        return Response(b"fine", media_type="text/plain")

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.routes.append(Route("/pub", publish, methods=["POST"]))
    app.routes.append(Route("/probe", probe))
    app.include_router(router, prefix="/api/v1")
    return app


def serve_alone(port: int, *, workers: int = 1, fast: bool = True) -> None:
    """Serve it on 127.0.0.1 until told to stop; `fast` or the ordinary way. Raises PortTakenError."""
    listener = listen("127.0.0.1", port)
    with tempfile.TemporaryDirectory(prefix="bm-") as folder:
        servers = EmbeddedServers(Path(folder)).start()
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.database_url, servers.redis_url
        try:
            app = "bench.stream_alone:create_app"
            serve(app, listener, workers=workers, trusted_proxies=None, http=Door if fast else None)
        finally:
            servers.stop()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--ordinary", action="store_true", help="the ASGI way")
    chosen = parser.parse_args()
    serve_alone(chosen.port, workers=chosen.workers, fast=not chosen.ordinary)


if __name__ == "__main__":
    main()
