"""queue and show, as a merchandiser runs them in a terminal."""

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories.inventory import history
from tests.factories.terminal import Terminal

HEADER = "title,price,quantity\n"


async def test_a_queue_is_loaded_and_its_show_run_from_a_terminal(
    terminal: Terminal, engine: AsyncEngine
) -> None:
    broken, good = terminal.folder / "broken.csv", terminal.folder / "good.csv"
    broken.write_text(f"{HEADER}Loaf,1.00,1\n,free,0\n")
    good.write_text(f"{HEADER}Loaf,1.00,5\nCrumb,2.50,6\n")
    said = await terminal.run("queue", "import", str(broken), "--dry-run", exit_code=1)
    tried = await terminal.facts("queue", "import", str(good), "--dry-run")
    refused = await terminal.run("show", "pause", exit_code=1)
    assert "line 3, price: not an amount in USD, such as 49.99" in said
    assert "line 3, title: is missing; it must be one line of text" in said
    assert "line 3, quantity: there is nothing to sell; it must be a whole number, 1 or more" in said
    assert "1 of 2 rows are good, 3 problems (simple-csv)." in said
    assert "1 deals would be queued." in said
    assert (tried["format"], tried["rows"], tried["good"], tried["problems"]) == ("simple-csv", 2, 2, [])
    assert [deal["id"] for deal in tried["deals"]] == [None, None]
    assert "the show has not been started" in refused

    deals = (await terminal.facts("queue", "import", str(good)))["deals"]
    first, second = (deal["id"] for deal in deals)
    assert (first, second) == (1, 2), "nothing was queued before"
    listed, status = await terminal.say_apart("queue", "list"), await terminal.facts("show", "status")
    assert (listed.code, listed.err) == (0, "")
    assert listed.out.splitlines() == [
        "     1       5 × $1.00      Loaf",
        "     2       6 × $2.50      Crumb",
    ]
    assert (status["phase"], status["started"], status["queued"]) == ("closed", False, 2)

    started = await terminal.facts("show", "start", "--mode", "woot-off")
    assert (started["phase"], started["live"], started["queued"]) == ("live", first, 1)
    assert (await terminal.facts("show", "pause"))["phase"] == "paused"
    said = await terminal.run("show", "resume")
    assert said.splitlines()[:2] == ["woot-off, live, 1 wait", f"on stage  {first}  Loaf"]
    skipped = await terminal.facts("show", "skip", str(first))
    refused = await terminal.run("show", "skip", "999", exit_code=1)
    assert (skipped["phase"], skipped["live"]) == ("live", second)
    assert refused == "breadmaker: There is no such deal.\n"
    assert await history(engine) == [(first, "ended", "skipped"), (second, "live", None)]
