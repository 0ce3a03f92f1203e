"""The live page is light: everything that it fetches, but its photo and the font."""

import re
from posixpath import dirname, join, normpath

from httpx import AsyncClient

from tests.factories.house import House
from tests.factories.identity import MovableClock
from tests.factories.stalls import ALLOWED_MINUTES
from tests.factories.window_shopper import a_live_deal

MOST = 20_000  # bytes, packed; with some 300 of header fields for each answer the page stays under 25 KB
FETCHED = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script)[^>]* (?:href|src)="([^"]+)"')
IMPORTED = re.compile(r"""^import .* from '(\./[^']+)';$""", re.MULTILINE)


async def test_the_live_page_is_light_over_the_wire_also_while_its_deal_holds_up_the_show(
    house: House, clock: MovableClock
) -> None:
    await a_live_deal(house, stall_after_minutes=ALLOWED_MINUTES, reward=250, pot=5000)
    clock.advance(60 * ALLOWED_MINUTES)
    await house.app.state.showrunner.tick()
    assert "is holding up" in (await house.visitor.get("/")).text
    await assert_it_is_light(house)


async def test_the_live_page_is_light_over_the_wire(house: House) -> None:
    await assert_it_is_light(house)


async def assert_it_is_light(house: House) -> None:
    """All that the page fetches, whatever imports it."""
    weights = {"/": await weight(house.visitor, "/")}
    waiting = FETCHED.findall((await house.visitor.get("/")).text)
    while waiting:
        address = waiting.pop()
        if address in weights:
            continue
        weights[address] = await weight(house.visitor, address)
        if address.endswith(".js"):
            script = (await house.visitor.get(address)).text
            waiting += [normpath(join(dirname(address), name)) for name in IMPORTED.findall(script)]
    assert len(weights) >= 10, "the modules that others import are among them"
    assert sum(weights.values()) < MOST, weights


async def weight(client: AsyncClient, address: str) -> int:
    """How many bytes of body come over the wire."""
    async with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200, address
        return len(b"".join([part async for part in answer.aiter_raw()]))
