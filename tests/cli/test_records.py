"""records, as a merchandiser reads them in a terminal."""

import json
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.records import past_deal
from tests.factories.terminal import Terminal


async def test_records_are_printed_for_people_for_programs_and_for_spreadsheets(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> None:
    deal_id = await past_deal(engine, [(0.8, 1, 1), (130.0, 3, 9)], limit=9, title="[bold]Bread", price=1000)

    terminal = Terminal(servers, tmp_path)
    every, table = await terminal.say("records", "--json"), await terminal.say_apart("records")
    one, sheet = await terminal.say("records", str(deal_id), "--json"), await terminal.say("records", "--csv")
    none, both = await terminal.say("records", "999"), await terminal.say("records", "--json", "--csv")
    assert [item["deal_id"] for item in json.loads(every.out)["items"]] == [deal_id]
    assert "[bold]Bread" in table.out
    assert "$100.00" in table.out
    assert json.loads(one.out)["curve"] == [1, 0, 9]
    assert len(sheet.out.splitlines()) == 2
    assert (none.code, "no record of that deal" in none.err) == (1, True)
    assert (both.code, both.out) == (2, "")
