"""Holds on to a real PostgreSQL and a real Valkey in the data folder, for a shop that was given neither.

All apps on one data folder share one pair. The first app starts a supervisor (`embedded_supervisor`), which
ends with the last app; each app says that it is there by a shared lock, which the kernel takes back even from
a killed one.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from app.platform import embedded_supervisor
from app.platform.embedded_servers import (
    POSTGRES_FOLDER,
    POSTGRES_LOCK,
    POSTGRES_SOCKET,
    VALKEY_SOCKET,
    EmbeddedServersError,
    create_cluster,
    environment,
    postgres,
    postgres_answers,
    valkey,
    valkey_answers,
)
from app.platform.embedded_supervisor import Server, try_lock

__all__ = ["EmbeddedServers", "EmbeddedServersError"]

START_SECONDS = 60.0
POLL_SECONDS = 0.01
LONGEST_SOCKET = 100  # bytes; Linux takes 107, macOS 103
LONGEST_LOG = 5_000_000  # bytes


class EmbeddedServers:
    """PostgreSQL 18 and Valkey 9 on unix sockets; nothing listens on the network.

    PostgreSQL's data stays in `data` between runs, Valkey's does not. Keep the object for as long as they
    are needed.
    """

    def __init__(self, data: Path) -> None:
        self._data = data.resolve()
        self._log = self._data / "servers.log"
        self._address = _address(self._data)
        self._hold: int | None = None
        self.database_url = (
            f"postgresql+asyncpg://breadmaker@/breadmaker?host={self._address / POSTGRES_FOLDER}"
        )
        self.redis_url = f"unix://{self._address / VALKEY_SOCKET}"

    def start(self) -> Self:
        """Returns when both servers answer: in well under a second, the very first time in one or two.

        Waits 60 seconds at most; may be called again, should the servers have been ended by force with their
        supervisor: where that fails, what this object holds already stays held. Raises EmbeddedServersError.
        """
        deadline = time.monotonic() + START_SECONDS
        came_with_hold = self._hold is not None
        try:
            self._prepare_folder()
            if self._hold is None:
                self._hold = self._wait_for_lock("apps.lock", fcntl.LOCK_SH, deadline)
            with self._starting_alone(deadline):
                if not (self._data / POSTGRES_FOLDER / "PG_VERSION").exists():
                    self._create_cluster(deadline)
                self._start_what_is_down(deadline)
        except OSError as error:
            self._let_go_unless(came_with_hold)
            reason = error.strerror or error
            raise EmbeddedServersError(
                f"The data folder {self._data} cannot be used ({reason}); set BREADMAKER_DATA to another."
            ) from error
        except BaseException:
            self._let_go_unless(came_with_hold)
            raise
        return self

    def stop(self) -> None:
        """Lets go, at once; the servers end by themselves when the last app has."""
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None

    def _let_go_unless(self, came_with_hold: bool) -> None:
        """A failed look at running servers must not end them."""
        if not came_with_hold:
            self.stop()

    def _prepare_folder(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        (self._data / "valkey").mkdir(mode=0o700, exist_ok=True)
        if self._address != self._data:
            _link(self._address, self._data)

    def _create_cluster(self, deadline: float) -> None:
        lock = self._wait_for_lock(POSTGRES_LOCK, fcntl.LOCK_EX, deadline)
        try:
            with self._log.open("ab") as log:
                create_cluster(self._data, log, lock)
        finally:
            os.close(lock)

    def _start_what_is_down(self, deadline: float) -> None:
        servers = [postgres(self._data, self._address), valkey(self._data, self._address)]
        tried = False
        while time.monotonic() < deadline:
            if not self._is_supervised():
                if tried:
                    break
                self._start_supervisor(servers, deadline)
                tried = True
            elif postgres_answers(servers[0].socket) and valkey_answers(servers[1].socket):
                return
            time.sleep(POLL_SECONDS)
        raise EmbeddedServersError(f"PostgreSQL and Valkey do not start; {self._log} says why.")

    def _is_supervised(self) -> bool:
        lock = try_lock(self._data / "supervisor.lock", fcntl.LOCK_SH)
        if lock is not None:
            os.close(lock)
        return lock is None

    def _start_supervisor(self, servers: list[Server], deadline: float) -> None:
        """Returns when it has left a child behind, in a session that no Ctrl-C of ours reaches."""
        if self._log.exists() and self._log.stat().st_size > LONGEST_LOG:
            self._log.replace(self._log.with_suffix(".log.old"))
        with self._log.open("ab") as log, suppress(subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603
                [sys.executable, "-I", "-S", embedded_supervisor.__file__, str(self._data)],
                input=json.dumps([server._asdict() for server in servers]).encode(),
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,
                timeout=deadline - time.monotonic(),
                check=False,
            )

    @contextmanager
    def _starting_alone(self, deadline: float) -> Iterator[None]:
        lock = self._wait_for_lock("starting.lock", fcntl.LOCK_EX, deadline)
        try:
            yield
        finally:
            os.close(lock)

    def _wait_for_lock(self, name: str, how: int, deadline: float) -> int:
        while (lock := try_lock(self._data / name, how)) is None:
            if time.monotonic() > deadline:
                raise EmbeddedServersError(
                    f"Another process holds {self._data / name} and does not let go of it."
                )
            time.sleep(POLL_SECONDS)
        return lock


def _address(data: Path) -> Path:
    """The path for sockets: the folder's own, or where that is too long or too odd, a short link's."""
    if _suits_sockets(data):
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"breadmaker-{os.getuid()}-{name}"


def _suits_sockets(folder: Path) -> bool:
    # PostgreSQL takes a comma for the end of a folder's name, and URLs have their own opinion on odd letters.
    plain = re.fullmatch(r"[A-Za-z0-9/._-]+", str(folder)) is not None
    return plain and len(str(folder / POSTGRES_SOCKET)) <= LONGEST_SOCKET


def _link(address: Path, data: Path) -> None:
    if not _suits_sockets(address):
        raise EmbeddedServersError(
            f"The path {data} is too long for a unix socket; set BREADMAKER_DATA to a shorter."
        )
    with suppress(FileExistsError):
        address.symlink_to(data)
    if address.lstat().st_uid != os.getuid() or address.readlink() != data:
        raise EmbeddedServersError(f"{address} is in the way: it is not the shop's link to {data}.")
