"""What the benchmarks' tests share."""

from pathlib import Path

import pytest


@pytest.fixture
def tokens(tmp_path: Path) -> str:
    """A file with a token a line."""
    path = tmp_path / "tokens"
    path.write_text("one\ntwo\n")
    return str(path)
