"""The live page is light: everything that it fetches, but its photo and the font."""

import re
from posixpath import dirname, join, normpath

from httpx import AsyncClient

from tests.factories.house import House

MOST = 20_000  # bytes, packed; with some 300 of header fields for each answer the page stays under 25 KB
FETCHED = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script)[^>]* (?:href|src)="([^"]+)"')
IMPORTED = re.compile(r"""^import .* from '(\./[^']+)';$""", re.MULTILINE)


async def test_the_live_page_is_light_over_the_wire(house: House) -> None:
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
