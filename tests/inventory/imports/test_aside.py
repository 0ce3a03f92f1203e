"""The process that reads one file."""

import subprocess
import sys

from app.inventory.imports.aside import ROOT, START


def test_it_loads_what_it_needs_to_read_a_file_and_no_more() -> None:
    """A merchandiser waits for it: with the shop around it, it would take several times as long to begin."""
    code = START.replace("main()", "print(*sys.modules)")
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "msgspec" in loaded
    assert loaded & {"fastapi", "redis", "sqlalchemy", "starlette", "structlog"} == set()
