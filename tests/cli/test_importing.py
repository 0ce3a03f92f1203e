"""queue import, in a terminal."""

from tests.factories.terminal import Terminal


async def test_the_good_rows_are_queued_the_bad_ones_told_and_nothing_twice(terminal: Terminal) -> None:
    path = terminal.folder / "feed.tsv"
    path.write_text("title\tprice\tquantity\nLoaf\t1.00\t\nCrumb\tfree\t2\n")
    first = await terminal.facts("queue", "import", str(path), "--quantity", "5", exit_code=1)
    assert [(deal["title"], deal["quantity"]) for deal in first["deals"]] == [("Loaf", 5)]
    assert [problem["field"] for problem in first["problems"]] == ["price"]
    again = await terminal.facts("queue", "import", str(path), "--quantity", "5", "--again", exit_code=1)
    said = await terminal.run("queue", "import", str(path), "--quantity", "5", "--dry-run", exit_code=1)
    assert len(again["deals"]) == 1
    assert "1 were queued before" in said


async def test_a_file_whose_name_looks_like_a_command_for_the_terminal_is_read_all_the_same(
    terminal: Terminal,
) -> None:
    path = terminal.folder / "[red]\x1b[2J.csv"
    path.write_text("title,price,quantity\nLoaf,1.00,2\n")
    said = await terminal.say("queue", "import", str(path))
    assert (said.code, "\x1b[2J" in said.err) == (0, False)
    assert "Queued 1 deals." in said.out
