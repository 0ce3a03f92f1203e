"""A browser window as a person has it: one tab is in front, the others are hidden, and may be frozen.

Playwright makes every one of its pages believe that it is in front; these tabs are driven without it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

from msgspec import Struct, field
from playwright.async_api import Browser, CDPSession

DEADLINE_SECONDS = 60


class ProtocolError(Exception):
    """What was asked can not be done, as while a page is not there yet."""


class Tab(Struct, eq=False):
    """One tab."""

    _window: "Window"
    _target: str
    _session: str

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def evaluate_later(self, promise: str) -> Any:
        """What a JavaScript promise becomes."""
        answer = await self._call(
            "Runtime.evaluate", expression=promise, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until a JavaScript expression holds; fails at the deadline."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not await self._holds(expression):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not in time: {expression}") from None

    async def _holds(self, expression: str) -> bool:
        with suppress(ProtocolError):
            return bool(await self.evaluate(expression))
        return False

    async def bring_to_front(self) -> None:
        """Look at it."""
        await self._window.cdp.send("Target.activateTarget", {"targetId": self._target})
        await self.until("!document.hidden")

    async def freeze(self) -> None:
        """What a browser does to a hidden tab that it wants to sleep."""
        await self._call("Page.setWebLifecycleState", state="frozen")

    async def thaw(self) -> None:
        """Wake it."""
        await self._call("Page.setWebLifecycleState", state="active")

    async def hang(self) -> None:
        """Stop its scripts where they are, without a word to it."""
        await self._call("Debugger.enable")
        await self._call("Debugger.pause")

    async def unhang(self) -> None:
        """Let its scripts go on."""
        await self._call("Debugger.disable")

    async def close(self) -> None:
        """Close it."""
        await self._window.cdp.send("Target.closeTarget", {"targetId": self._target})

    async def _call(self, method: str, **params: Any) -> Any:
        return await self._window.call(self._session, method, params)


class Window(Struct, eq=False):
    """Its cookies and stores are its own."""

    cdp: CDPSession
    context: str
    _numbers: "count[int]" = field(default_factory=count)
    _waiting: "dict[int, asyncio.Future[Any]]" = field(default_factory=dict)

    async def open(self, url: str) -> Tab:
        """A new tab, in front, at this address."""
        wanted = {"url": url, "browserContextId": self.context}
        target = (await self.cdp.send("Target.createTarget", wanted))["targetId"]
        attached = await self.cdp.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        tab = Tab(self, target, attached["sessionId"])
        await tab.until("document.readyState == 'complete'")
        return tab

    async def call(self, session: str, method: str, params: dict[str, Any]) -> Any:
        """One call of the browser's debugging protocol, in a tab."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        message = json.dumps({"id": number, "method": method, "params": params})
        await self.cdp.send("Target.sendMessageToTarget", {"sessionId": session, "message": message})
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await answer

    def hear(self, event: dict[str, Any]) -> None:
        """Take in a tab's answer."""
        message = json.loads(event["message"])
        waiting = self._waiting.pop(message.get("id"), None)
        if waiting is None:
            return
        if "error" in message:
            waiting.set_exception(ProtocolError(message["error"]["message"]))
        else:
            waiting.set_result(message["result"])


@asynccontextmanager
async def window(browser: Browser) -> AsyncIterator[Window]:
    """A window of this browser."""
    cdp = await browser.new_browser_cdp_session()
    context = (await cdp.send("Target.createBrowserContext"))["browserContextId"]
    opened = Window(cdp, context)
    cdp.on("Target.receivedMessageFromTarget", lambda event: opened.hear(event))
    try:
        yield opened
    finally:
        await cdp.send("Target.disposeBrowserContext", {"browserContextId": context})
        await cdp.detach()
