"""A real shop in a process of its own, as a newcomer would start it, and a real browser in front of it."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from msgspec import Struct
from playwright.async_api import expect

from app.platform.embedded import EmbeddedServers

BREADMAKER = Path(sys.executable).with_name("breadmaker")
GRACE_IS_OVER = (
    "timeout graceful shutdown exceeded"  # what uvicorn says where it has waited for a stream in vain
)
START_SECONDS = 60
expect.set_options(timeout=30_000)  # where something has to come true, on a busy machine as well
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class RunningShop(Struct, frozen=True):
    """A shop that answers at `address`; `command` runs another breadmaker on the same servers."""

    address: str
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `breadmaker` with these words to its end."""
        return subprocess.run(
            [BREADMAKER, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )


def free_port() -> int:
    """A port that nobody listens on at this moment, and that the kernel gives to nobody's outgoing connection."""
    while True:
        port = random.randrange(10_240, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(servers: EmbeddedServers, data: Path, **settings: str) -> dict[str, str]:
    """The environment of a shop on these servers."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BREADMAKER_")}
    given = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "BREADMAKER_DATA": str(data),
    }
    return ours | given | {f"BREADMAKER_{name}": value for name, value in settings.items()}


@contextmanager
def running_shop(servers: EmbeddedServers, data: Path, *words: str, **settings: str) -> Iterator[RunningShop]:
    """`breadmaker WORDS` (such as up, or serve --workers 2), waited for until it is ready; ended with SIGTERM."""
    port = free_port()
    environs = environment(servers, data, PORT=str(port), **settings)
    log = (data / "shop.log").open("ab")
    process = subprocess.Popen(
        [BREADMAKER, *words], env=environs, stdout=log, stderr=log, start_new_session=True
    )
    shop = RunningShop(f"http://127.0.0.1:{port}", environs, process)
    try:
        _wait_until_ready(shop, data)
        yield shop
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            log.close()


def _wait_until_ready(shop: RunningShop, data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert shop.process.poll() is None, (data / "shop.log").read_text()
        try:
            if httpx.get(f"{shop.address}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)  # asking again, not hoping
    raise AssertionError(f"the shop is not ready: {(data / 'shop.log').read_text()}")


def browser_path() -> str:
    """Where Chromium is; skips with a reason where it is not, which CI does not allow."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        reason = "no Chromium on this machine (on Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the browser tests, but there is {reason}")
        pytest.skip(reason)
    return found
