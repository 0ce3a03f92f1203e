"""/metrics: for whoever has the token, and for all workers at once."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.main import create_app
from app.platform.embedded import EmbeddedServers
from app.platform.metrics import Pulse, Tally
from app.platform.settings import Settings, SettingsError, load_settings
from tests.factories.running_shop import running_shop

TOKEN = "a token of sixteen letters"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@asynccontextmanager
async def visitor(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who asks the whole shop."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client,
    ):
        yield client


def numbers(text: str) -> dict[str, float]:
    """The samples without labels, and the sums over those with."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def test_there_are_no_metrics_unless_a_token_is_set(
    engine: AsyncEngine, redis: Redis, settings: Settings
) -> None:
    async with visitor(settings) as somebody:
        assert (await somebody.get("/metrics", headers=WITH_TOKEN)).status_code == 404


async def test_only_the_token_opens_the_metrics(
    engine: AsyncEngine, redis: Redis, settings: Settings
) -> None:
    async with visitor(settings.model_copy(update={"metrics_token": TOKEN})) as somebody:
        for wrong in ("", TOKEN, "Bearer another", "Bearer é"):
            refused = await somebody.get("/metrics", headers=[(b"Authorization", wrong.encode())])
            assert (refused.status_code, refused.json()["type"]) == (401, "/problems/metrics-token-required")
            assert refused.headers["www-authenticate"].startswith("Bearer")
        given = await somebody.get("/metrics", headers=WITH_TOKEN)
    assert given.status_code == 200
    assert given.headers["content-type"].startswith("text/plain")
    assert numbers(given.text)["breadmaker_viewers"] == 0


async def test_a_tally_is_counted_as_soon_as_somebody_looks(
    engine: AsyncEngine, redis: Redis, settings: Settings
) -> None:
    tally = Tally("breadmaker_loaves", "Baked in this test.", "kind")
    async with visitor(settings.model_copy(update={"metrics_token": TOKEN})) as somebody:
        for kind in ("rye", "rye", "spelt"):
            tally.add(kind)
        text = (await somebody.get("/metrics", headers=WITH_TOKEN)).text
    assert 'breadmaker_loaves_total{kind="rye"} 2.0' in text
    assert 'breadmaker_loaves_total{kind="spelt"} 1.0' in text


async def test_a_pulse_sees_how_late_the_loop_is_and_what_it_follows() -> None:
    pulse, looked = Pulse(), asyncio.Event()

    def read() -> float:
        looked.set()
        return 7

    pulse.follow("breadmaker_ovens", "Of this test.", read)
    before = REGISTRY.get_sample_value("breadmaker_loop_lag_seconds_count") or 0
    await pulse.start()
    async with asyncio.timeout(60):
        await looked.wait()
    assert (REGISTRY.get_sample_value("breadmaker_loop_lag_seconds_count") or 0) > before
    assert REGISTRY.get_sample_value("breadmaker_ovens") == 7
    await pulse.stop()
    assert REGISTRY.get_sample_value("breadmaker_ovens") == 0


def test_a_short_token_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREADMAKER_METRICS_TOKEN", "short")
    with pytest.raises(SettingsError, match="BREADMAKER_METRICS_TOKEN: "):
        load_settings()


def test_whichever_worker_is_asked_answers_for_all(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> None:
    with (
        running_shop(servers, tmp_path, "serve", "--workers", "2", METRICS_TOKEN=TOKEN) as shop,
        ExitStack() as pages,
    ):
        for _ in range(8):
            pages.enter_context(httpx.stream("GET", f"{shop.address}/api/v1/stream"))
        assert viewers_settle_at(shop.address, 8)
        assert {viewers(shop.address) for _ in range(10)} == {8}
        first, _ = workers_of(shop.process.pid)
        os.kill(first, signal.SIGKILL)
        pages.close()
        assert viewers_settle_at(shop.address, 0), "the dead process still counts its viewers"


def viewers(address: str) -> float:
    """As one of the processes tells them."""
    response = httpx.get(f"{address}/metrics", headers=WITH_TOKEN)
    return numbers(response.text)["breadmaker_viewers"]


def viewers_settle_at(address: str, number: int) -> bool:
    """Whether they come to be so many; the other process may take a beat to write them down."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):  # a worker that was killed takes its connections with it
            if viewers(address) == number:
                return True
        time.sleep(0.05)
    return False


def workers_of(pid: int) -> list[int]:
    """The processes that serve."""
    every = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(line.split()[0]) for line in every.stdout.splitlines() if "spawn_main" in line]
