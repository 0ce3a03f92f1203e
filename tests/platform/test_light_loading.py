"""What a shop that opens leaves out, while everything works the same."""

import subprocess
import sys

LIGHT = """
from app.platform.light_loading import load_lightly
load_lightly()
"""
DESCRIBES = """
import json
from app.main import create_app
from app.platform.settings import Settings
print(json.dumps(create_app(Settings(secret="s" * 40)).openapi(), sort_keys=True))
"""
LOGS = """
from app.platform.logging import configure_logging, get_logger
configure_logging("text")
try:
    raise ValueError("no bread")
except ValueError:
    get_logger("oven").exception("it went out")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, because what is loaded stays."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_the_app_describes_the_same() -> None:
    """Every model of every route is made ready for it."""
    light = run(LIGHT + DESCRIBES).stdout
    assert light == run(DESCRIBES).stdout
    assert "/api/v1/staff/deals" in light


def test_the_log_tells_of_an_error_with_its_traceback() -> None:
    told = run(LIGHT + LOGS).stderr
    assert "it went out" in told
    assert "ValueError: no bread" in told
