"""A terminal on the tests' servers."""

import asyncio
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec import Struct

import app.cli
from app.platform.embedded import EmbeddedServers
from tests.factories.running_shop import BREADMAKER, environment


class Said(Struct, frozen=True):
    """What a command said, and its exit."""

    out: str
    err: str
    code: int


class Terminal:
    """Runs breadmaker: in this process, one command after another, since a process of its own takes seconds to load."""

    def __init__(self, servers: EmbeddedServers, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._environment = environment(servers, folder, **settings)
        self._turn = asyncio.Lock()

    async def say(self, *words: str) -> Said:
        """Run a command to its end."""
        async with self._turn:
            said = await asyncio.to_thread(self._here, words)
        assert "Traceback" not in said.err
        return said

    async def say_apart(self, *words: str) -> Said:
        """The same in a process of its own, as people run it."""
        return await asyncio.to_thread(self._apart, words)

    async def run(self, *words: str, exit_code: int = 0) -> str:
        """What it says to people; what went wrong, where it says nothing else."""
        said = await self.say(*words)
        assert said.code == exit_code, said.err
        return said.out if exit_code == 0 or said.out else said.err

    async def facts(self, *words: str, exit_code: int = 0) -> dict[str, Any]:
        """What it says to a program."""
        found: dict[str, Any] = json.loads(await self.run(*words, "--json", exit_code=exit_code))
        return found

    def _here(self, words: tuple[str, ...]) -> Said:
        out, err, code = io.StringIO(), io.StringIO(), 0
        with (
            patch.dict(os.environ, self._environment, clear=True),
            patch.object(sys, "argv", ["breadmaker", *words]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _logging_as_it_was(),
        ):
            try:
                app.cli.main()
            except SystemExit as end:
                code = int(end.code or 0)
        return Said(out.getvalue(), err.getvalue(), code)

    def _apart(self, words: tuple[str, ...]) -> Said:
        done = subprocess.run(
            [BREADMAKER, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Said(done.stdout, done.stderr, done.returncode)


@contextlib.contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """A command has every line of its process go to its standard error, of which the tests after it have another."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
