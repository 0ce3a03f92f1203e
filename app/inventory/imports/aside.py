"""Reading a file in a process of its own, so that no file, however made, stalls the shop or fills its memory."""

import asyncio
import os
import sys
from pathlib import Path

from app.inventory.imports.findings import Asked, Parsed, Wrong
from app.inventory.imports.passing import pack_asked, unpack

AT_ONCE = 2
WAITING = 8  # files that wait for their turn; each is held in memory
DEADLINE_SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[3]

# Rooms' faces would load the whole shop for a process that lives a moment, so their packages are entered beside them.
START = """
import sys, types
sys.path.insert(0, sys.argv[1])
for name in ("app.inventory", "app.inventory.imports", "app.payments"):
    room = sys.modules[name] = types.ModuleType(name)
    room.__path__ = ["/".join([sys.argv[1], *name.split(".")])]
from app.inventory.imports.child import main
main()
"""

_turns = asyncio.Semaphore(AT_ONCE)
_waiting = 0


class BusyError(Exception):
    """Too many files are being read already."""


async def parse_aside(body: bytes, asked: Asked) -> Parsed:
    """What `parse_file` finds, found elsewhere; whoever comes third waits. Raises BusyError where many do."""
    global _waiting
    if _waiting >= WAITING:
        raise BusyError
    _waiting += 1
    try:
        async with _turns:
            packed = await _ask_child(pack_asked(asked) + body)
    finally:
        _waiting -= 1
    if packed is None:
        message = "takes too much memory or time to read; split it, or save its table as CSV UTF-8"
        return Parsed("unknown", 0, [], [Wrong(1, "file", message)], [])
    return await asyncio.to_thread(unpack, packed)


async def _ask_child(given: bytes) -> bytes | None:
    """The child's answer; None where it died of its limits."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-X",
        "utf8",
        "-c",
        START,
        str(ROOT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONTZPATH") if name in os.environ},
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            answer, _ = await child.communicate(given)
    except TimeoutError:
        return None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return answer if child.returncode == 0 else None
