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


def test_whoever_wants_a_session_gets_one() -> None:
    """The engines are loaded without, and the ORM comes with whoever asks."""
    told = run(
        LIGHT
        + """
import sys
import sqlalchemy.ext.asyncio as engines
print(hasattr(engines, "nonsense"), hasattr(engines, "Any"), "sqlalchemy.orm" in sys.modules)
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
print(async_sessionmaker(class_=AsyncSession).class_.__module__, async_scoped_session.__module__)
print("sqlalchemy.orm" in sys.modules)
"""
    ).stdout
    assert told.splitlines() == [
        "False False False",
        "sqlalchemy.ext.asyncio.session sqlalchemy.ext.asyncio.scoping",
        "True",
    ]


def test_an_address_is_checked_as_ever() -> None:
    """FastAPI was told that nobody can; that is over when it is loaded."""
    told = run(
        LIGHT
        + """
import fastapi
from app.identity.credentials import clean_email
print(clean_email(" Ada@Example.COM "))
try:
    clean_email("ada@@example.com")
except ValueError as refused:
    print(refused)
"""
    ).stdout
    assert told.splitlines() == ["ada@example.com", "This is not an e-mail address."]
