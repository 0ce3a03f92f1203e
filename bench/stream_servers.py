"""The servers whose streams are compared; each is started the way that suits it best, with one worker."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from bench.processes import child, clean_environment, family, free_port, listens, python

HERE = Path(__file__).parent
PATH = "/api/v1/stream"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NGINX = """\
load_module {module};
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  nchan_shared_memory_size 128M;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    keepalive_requests 1000000;
    location = /pub {{
      nchan_publisher;
      nchan_channel_id show;
      nchan_message_buffer_length 1;
    }}
    location = {path} {{
      nchan_subscriber eventsource;
      nchan_channel_id show;
      nchan_subscriber_first_message oldest;
    }}
  }}
}}
"""


class StreamServer(Struct, frozen=True):
    """A server that is up. `probe` is a path that answers something small, where there is one."""

    port: int
    pid: int
    probe: str | None

    def pids(self) -> list[int]:
        """Its processes, without PostgreSQL and Valkey."""
        return family(self.pid)


Serving = Callable[[Path], AbstractContextManager[StreamServer]]


def found_servers(folder: Path) -> dict[str, tuple[str, Serving]]:
    """By key, title and how to serve it: ours, and of the others those that this machine can run."""
    servers: dict[str, tuple[str, Serving]] = {"ours": ("ours", partial(_ours, fast=True))}
    if bare := _compiled(folder):
        servers["bare"] = ("bare send() loop in C", partial(_bare, bare))
    if shutil.which("nginx") and NCHAN.exists():
        servers["nchan"] = ("nchan in nginx", _nchan)
    servers["asgi"] = ("ours through sse-starlette", partial(_ours, fast=False))
    return servers


@contextmanager
def _ours(folder: Path, *, fast: bool) -> Iterator[StreamServer]:
    port = free_port()
    command = python("bench.stream_alone", "--port", str(port), *([] if fast else ["--ordinary"]))
    ready = partial(listens, port)
    with child(command, folder / "ours.log", clean_environment(), ready) as pid:
        yield StreamServer(port, pid, "/probe")


@contextmanager
def _bare(program: Path, folder: Path) -> Iterator[StreamServer]:
    port = free_port()
    with child(
        [str(program), str(port)], folder / "bare.log", clean_environment(), partial(listens, port)
    ) as pid:
        yield StreamServer(port, pid, None)


@contextmanager
def _nchan(folder: Path) -> Iterator[StreamServer]:
    port = free_port()
    user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(module=NCHAN, user=user, folder=folder, port=port, path=PATH))
    command = [shutil.which("nginx") or "nginx", "-c", str(config), "-p", str(folder)]
    with child(command, folder / "nchan.log", clean_environment(), partial(listens, port)) as pid:
        yield StreamServer(port, pid, None)


def _compiled(folder: Path) -> Path | None:
    """The bare loop as a program; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    program = folder / "bare_loop"
    subprocess.run([compiler, "-O2", "-o", program, HERE / "bare_loop.c"], check=True)  # noqa: S603
    return program
