"""HEAD, which RFC 9110 (9.3.2) wants wherever GET is: link previews and those who watch over a site ask so."""

from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadLikeGet:
    """Answer HEAD as GET is answered, without the body. Not at `endless`: answers there never end."""

    def __init__(self, app: ASGIApp, endless: Collection[str] = ()) -> None:
        self.app, self.endless = app, endless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] in self.endless:
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                await send({"type": "http.response.body"})

        await self.app({**scope, "method": "GET"}, receive, send_without_body)
