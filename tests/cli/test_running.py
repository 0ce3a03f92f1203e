"""up and serve, as somebody at a terminal meets them."""

import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from app.platform.migrations import needed_version
from tests.factories.running_shop import BREADMAKER, GRACE_IS_OVER, environment, running_shop
from tests.factories.shoppers import buy, sign_up


def run(environs: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """`breadmaker` with these words, to its end."""
    return subprocess.run(
        [BREADMAKER, *words], env=environs, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"COLOUR": "red"}, "BREADMAKER_COLOUR"),
        ({"PORT": "many"}, "BREADMAKER_PORT"),
        ({"TIME_ZONE": "Mars/Olympus"}, "BREADMAKER_TIME_ZONE"),
        ({"CURRENCY": "DUCATS"}, "BREADMAKER_CURRENCY"),
    ],
)
def test_an_unknown_or_wrong_setting_is_named(
    servers: EmbeddedServers, tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    ended = run(environment(servers, tmp_path, **settings), "up")
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def test_one_server_without_the_other_is_refused(servers: EmbeddedServers, tmp_path: Path) -> None:
    environs = environment(servers, tmp_path)
    del environs["REDIS_URL"]
    ended = run(environs, "serve")
    assert (ended.returncode, "REDIS_URL" in ended.stderr) == (2, True)


def test_a_port_that_was_asked_for_and_is_taken_changes_nothing(
    servers: EmbeddedServers, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run(environment(servers, tmp_path, PORT=str(port)), "up")
    assert ended.returncode == 2
    assert f"127.0.0.1:{port}" in ended.stderr
    assert list(tmp_path.iterdir()) == []


async def test_serve_refuses_an_old_schema_in_plain_words(
    servers: EmbeddedServers, engine: AsyncEngine, tmp_path: Path
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    try:
        ended = run(environment(servers, tmp_path), "serve")
    finally:
        async with engine.begin() as connection:
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :newest"),
                {"newest": needed_version().revision},
            )
    assert ended.returncode == 1
    assert "breadmaker migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_the_first_owner_comes_by_the_printed_link_and_runs_the_desk(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> None:
    with running_shop(servers, tmp_path, "up", SAMPLE="off") as shop:
        printed = (tmp_path / "shop.log").read_text()
        link = next(word for word in printed.split() if "/welcome/" in word)
        owner = {"name": "Olive", "email": "olive@example.com", "password": "correct horse battery"}
        with httpx.Client(follow_redirects=True, timeout=20) as browser:
            assert browser.get(link + "x").status_code == 404
            assert "first owner" in browser.get(link).text
            assert browser.post(link, data=owner).status_code == 200
            assert browser.get(f"{shop.address}/api/v1/me").json()["role"] == "owner"
            assert browser.get(link).status_code == 404, "there is an owner now"
            assert browser.get(f"{shop.address}/api/v1/live").json()["show"]["phase"] == "closed"
            deal = {"title": "A spoon", "price": 300, "quantity": 2}
            assert browser.post(f"{shop.address}/api/v1/staff/deals", json=deal).status_code == 201
            show = browser.put(
                f"{shop.address}/api/v1/staff/show", json={"mode": "woot-off", "paused": False}
            )
            assert show.json()["phase"] == "live"
        findings = json.loads(shop.command("doctor", "--json").stdout)["findings"]
        assert all(finding["ok"] for finding in findings), findings


async def test_a_stop_signal_ends_open_streams_and_the_shop_at_once(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> None:
    with running_shop(servers, tmp_path, "up") as shop:
        opened, ended = threading.Event(), threading.Event()

        def watch() -> None:
            with httpx.stream("GET", f"{shop.address}/api/v1/stream", timeout=30) as stream:
                for _ in stream.iter_bytes():
                    opened.set()
            ended.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert opened.wait(20)
        shop.process.send_signal(signal.SIGTERM)
        assert ended.wait(60)
        watcher.join()
        assert shop.process.wait(60) in (0, -signal.SIGTERM)
    assert GRACE_IS_OVER not in (tmp_path / "shop.log").read_text(), "uvicorn's own patience was not needed"


async def test_two_workers_sell_one_queue_and_a_killed_one_is_replaced(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> None:
    with running_shop(servers, tmp_path, "up", WORKERS="2") as shop:
        for expected in ("1-1", "1-2", "1-3"):
            with sign_up(shop.address) as shopper:
                assert buy(shopper, 1).json()["number"] == expected
        workers = _children(shop.process.pid)
        os.kill(workers[0], signal.SIGKILL)
        with sign_up(shop.address) as shopper:
            assert buy(shopper, 1).json()["number"] == "1-4"
        async with engine.connect() as connection:
            sold = (await connection.execute(text("SELECT sold FROM offers WHERE deal_id = 1"))).scalar_one()
        assert sold == 4


def _children(pid: int) -> list[int]:
    """The processes that serve: children that listen, which the resource tracker does not."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
