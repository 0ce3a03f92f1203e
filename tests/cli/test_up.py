"""What a start has to load: it is waited for by everybody who runs the shop."""

import subprocess
import sys

SELDOM_NEEDED = (
    "PIL",
    "aiosmtplib",
    "alembic",
    "charset_normalizer",
    "httpx",
    "python_calamine",
    "webauthn",
)
LOADS = "import sys, app.cli.up, app.cli.running; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def test_a_start_does_not_load_what_is_seldom_needed() -> None:
    """Each of them would add a tenth of a second or so, and most of them bring others."""
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(SELDOM_NEEDED) == set()
