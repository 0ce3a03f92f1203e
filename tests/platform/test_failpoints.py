"""Failpoints: harmless unless armed, armed only in test mode."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from app.platform import failpoints
from app.platform.failpoints import NAMES, FailpointError, parse, reach
from app.platform.settings import SettingsError, load_settings


async def test_nothing_happens_at_a_place_that_nobody_armed() -> None:
    await reach("after-admit")
    with failpoints.armed("before-admit", FailpointError()):
        await reach("after-admit")


async def test_a_test_can_hold_a_purchase_at_a_place_and_let_it_go() -> None:
    here, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        here.set()
        await go.wait()

    with failpoints.armed("after-admit", hold):
        purchase = asyncio.create_task(reach("after-admit"))
        await here.wait()
        assert not purchase.done()
        go.set()
        await purchase
    here.clear()
    await reach("after-admit")
    assert not here.is_set()


async def test_an_error_is_raised_at_a_place_each_time_while_it_is_armed() -> None:
    with failpoints.armed("before-commit", OSError("the disk is full")):
        for _ in range(2):
            with pytest.raises(OSError, match="disk"):
                await reach("before-commit")
    await reach("before-commit")


async def test_an_inner_trap_gives_the_outer_one_back() -> None:
    with failpoints.armed("after-commit", FailpointError("outer")):
        with (
            failpoints.armed("after-commit", FailpointError("inner")),
            pytest.raises(FailpointError, match="inner"),
        ):
            await reach("after-commit")
        with pytest.raises(FailpointError, match="outer"):
            await reach("after-commit")


async def test_a_plan_fires_at_the_time_it_names_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_traps", parse("before-answer=fail:after=3,after-commit=wait:seconds=0"))
    await reach("after-commit")
    for _ in range(2):
        await reach("before-answer")
    with pytest.raises(FailpointError, match="before-answer"):
        await reach("before-answer")
    await reach("before-answer")


@pytest.mark.parametrize(
    "plan",
    [
        "nowhere=kill",
        "after-admit",
        "after-admit=explode",
        "after-admit=kill:after=0",
        "after-admit=kill:after=x",
        "after-admit=kill:seconds=1",
        "after-admit=wait",
        "after-admit=wait:seconds=-1",
        "after-admit=wait:seconds=.",
        "=kill",
    ],
)
def test_a_plan_that_cannot_be_read_stops_the_start_and_names_the_variable(
    plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREADMAKER_TEST_MODE", "on")
    monkeypatch.setenv("BREADMAKER_FAILPOINTS", plan)
    with pytest.raises(SettingsError, match="BREADMAKER_FAILPOINTS: "):
        load_settings()


def test_failpoints_without_test_mode_stop_the_start_and_name_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BREADMAKER_FAILPOINTS", "after-admit=kill")
    with pytest.raises(SettingsError, match=r"BREADMAKER_FAILPOINTS: .*BREADMAKER_TEST_MODE"):
        load_settings()
    monkeypatch.setenv("BREADMAKER_TEST_MODE", "on")
    assert load_settings().failpoints == "after-admit=kill"


@pytest.mark.parametrize("name", NAMES)
def test_every_place_can_be_planned(name: str) -> None:
    assert list(parse(f"{name}=kill:after=2")) == [name]


@pytest.mark.parametrize(("action", "number"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
def test_a_process_dies_or_stops_at_a_place(action: str, number: signal.Signals) -> None:
    program = (
        "import asyncio\nfrom app.platform import failpoints\n"
        f"failpoints.arm('after-commit={action}')\nasyncio.run(failpoints.reach('after-commit'))\nprint('went on')"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    if number is signal.SIGSTOP:
        _, status = _wait_for_stop(process.pid)
        assert status == number
        process.send_signal(signal.SIGCONT)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == ((-number, b"") if action == "kill" else (0, b"went on\n"))


def _wait_for_stop(pid: int) -> tuple[int, int]:
    found, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    return found, os.WSTOPSIG(status)
