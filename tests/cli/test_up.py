"""What a start has to load: it is waited for by everybody who runs the shop."""

import subprocess
import sys

SELDOM_NEEDED = (
    "PIL",
    "aiosmtplib",
    "alembic",
    "charset_normalizer",
    "email_validator",
    "httpx",
    "pygments",
    "python_calamine",
    "rich",
    "valkey",
    "webauthn",
)
UNUSED = ("pydantic.v1", "sqlalchemy.orm")
LATER = (
    "app.admin",
    "app.identity.account",
    "app.inventory.desk",
    "app.inventory.imports",
    "app.inventory.orders.routes",
    "app.pages.later",
    "app.pages.account_screens",
    "app.pages.accounts",
    "app.pages.line_screens",
    "app.pages.order_screens",
    "app.sales.desk",
)
LOADS = """
import sys
from app.platform.light_loading import load_lightly
load_lightly()
import app.cli.up, app.cli.running
print(*(name for name, module in sys.modules.items() if module))
"""


def loaded_at_a_start() -> set[str]:
    """The names of the modules that the command has loaded before it opens the shop."""
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_start_does_not_load_what_is_seldom_needed() -> None:
    """Each of them would add a tenth of a second or so, and most of them bring others."""
    assert {name.partition(".")[0] for name in loaded_at_a_start()} & set(SELDOM_NEEDED) == set()


def test_a_start_does_not_load_what_libraries_bring_for_others() -> None:
    assert loaded_at_a_start() & set(UNUSED) == set()


def test_a_start_does_not_load_the_desk() -> None:
    """Half of all that the shop is made of, for a few people (docs/decisions/0027)."""
    assert loaded_at_a_start() & set(LATER) == set()
