"""The least that a server can do: a ready answer to whatever comes. It shows where the load generator's limit is."""

import asyncio
import sys
from typing import cast

import uvloop

BODY = b'{"id": "%s"}' % (b"x" * 500)  # about as long as an order
ANSWER = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"


class AnswersAtOnce(asyncio.Protocol):
    """Believes that every piece of data is one request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._answer = ANSWER % (len(BODY), BODY)

    def data_received(self, _: bytes) -> None:
        self._transport.write(self._answer)


async def main(port: int) -> None:
    """Serve on `port` until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(AnswersAtOnce, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
