"""What a run was made on, in a line."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

CROWDED_CORES = 0.2


def machine_words() -> str:
    """When, on how many cores of what, with which kernel and Python."""
    kernel = platform.release().partition("-")[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores of {_processor()}, Linux {kernel}, "
        f"Python {platform.python_version()}"
    )


def crowded(others: float) -> str | None:
    """A warning where others used so many cores at most that the figures tell of them, too."""
    if others < CROWDED_CORES:
        return None
    return f"- Others used up to {others:.1f} cores meanwhile. The machine was not ours alone: nothing here is decided."


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
