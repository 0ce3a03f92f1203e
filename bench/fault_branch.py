"""One of the shop's processes in a fault run: `breadmaker serve` at a port of its own, killed and started again."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from bench.desk import Desk
from bench.ground import SHOP, Ground
from bench.processes import START_SECONDS, ChildError, clean_environment, end, free_port


class Branch:
    """A process that serves, as an operator's service manager would keep it."""

    def __init__(self, ground: Ground) -> None:
        self.port = free_port()
        self.desk = Desk(self.port, ground.desk_token)
        self._ground = ground
        self._armed = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0  # bytes of the log
        self._log = ground.folder / f"branch-{self.port}.log"

    def start(self, failpoints: str = "") -> None:
        """Begin to start it; `failpoints` is a plan as BREADMAKER_FAILPOINTS takes it."""
        armed = {"BREADMAKER_TEST_MODE": "on", "BREADMAKER_FAILPOINTS": failpoints} if failpoints else {}
        environment = clean_environment(**self._ground.settings(), **armed)
        command = [sys.executable, "-c", SHOP, "serve", "--port", str(self.port)]
        self._armed = failpoints
        with self._log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603
                command,
                env=environment,
                cwd=self._ground.folder,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when it sells. One that has died is started again. Raises ChildError."""
        deadline = time.monotonic() + START_SECONDS
        while not self.is_alive() or not self.desk.is_open():
            if time.monotonic() > deadline:
                raise ChildError(f"a process does not get ready:\n{self._log.read_text()[-3000:]}")
            if not self.is_alive():
                self.start()
            time.sleep(0.05)

    @property
    def is_armed(self) -> bool:
        """Whether a failpoint waits in it."""
        return bool(self._armed)

    def is_alive(self) -> bool:
        """Whether the process is there, stopped or not."""
        return self._process is not None and self._process.poll() is None

    def read_mistakes(self) -> list[str]:
        """What it has logged as an error since it was asked last: faults are warnings, so these are ours."""
        with self._log.open("rb") as file:
            file.seek(self._read)
            said = file.read()
        self._read += len(said)
        return [line[:300] for line in said.decode(errors="replace").splitlines() if "[error" in line]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, where it is there."""
        if self.is_alive() and self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def kill(self) -> None:
        """SIGKILL, and see it gone."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def disarm(self) -> bool:
        """Put one without failpoints in the place of one that had some. Whether it had died of them already."""
        had_died = not self.is_alive()
        if self._armed:
            self.kill()
        if not self.is_alive():
            self.start()
        return had_died

    def end(self) -> None:
        """Ask it to end, and see it do so."""
        self.signal(signal.SIGCONT)
        if self._process is not None:
            end(self._process)
