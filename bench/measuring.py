"""Puts a load on a server and watches what everybody's processor time goes to meanwhile."""

import subprocess
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from bench.load import Load, Report
from bench.processes import ROOT, ChildError, clean_environment, cpu_seconds, machine_cpu_seconds, python

Meter = Callable[[], list[int]]  # tells the processes that it is about


class Measured(Struct, frozen=True):
    """A report, and the processor time of each part in cores: 1.0 is one core, busy all the time.

    `others` is whatever ran on the machine beside the load generator and the parts: noise, mostly.
    """

    report: Report
    cores: dict[str, float]


def measure(load: Load, meters: Mapping[str, Meter], meanwhile: Callable[[], None] | None = None) -> Measured:
    """Run the load to its end. `meanwhile` is called when the measuring begins, and should be done before it ends.

    Raises ChildError.
    """
    process = subprocess.Popen(  # noqa: S603
        python("bench.http_load"),
        env=clean_environment(),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(load).decode())
            process.stdin.close()
            _wait_for(process, "measuring")
            before = _used(meters)
            if meanwhile is not None:
                meanwhile()
            _wait_for(process, "measured")
            after = _used(meters)
            report = msgspec.json.decode(_line(process), type=Report)
        except BaseException:
            process.kill()
            raise
    used = {name: max(0.0, after[name] - before[name]) for name in after}
    if not report.answers:
        raise ChildError(f"the server at port {load.port} did not answer once")
    machine = used.pop("machine")
    used["loader"] = report.cpu_seconds
    used["others"] = max(0.0, machine - sum(used.values()))
    return Measured(report, {name: seconds / report.seconds for name, seconds in used.items()})


def _used(meters: Mapping[str, Meter]) -> dict[str, float]:
    return {name: cpu_seconds(pids()) for name, pids in meters.items()} | {"machine": machine_cpu_seconds()}


def _wait_for(process: "subprocess.Popen[str]", word: str) -> None:
    line = _line(process)
    if line.strip() != word:
        raise ChildError(f"the load generator said {line!r} where {word!r} was due")


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise ChildError("the load generator ended before its time; what it wrote above says why")
    return line
