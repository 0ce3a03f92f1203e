"""Compiled templates, kept beside their sources as Python keeps modules: a start's first page needs ten."""

import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import jinja2
from jinja2 import Environment
from jinja2.bccache import Bucket, FileSystemBytecodeCache


class CompiledTemplates(FileSystemBytecodeCache):
    """What was compiled by this Python and this Jinja, from this very source, in the ways of `environment`.

    Filters of one's own are no part of that: Jinja uses them while it compiles, where what they get is constant.

    Nothing goes wrong where a file can't be written or makes no sense: the template is compiled again.
    """

    def __init__(self, templates: Path, environment: Environment) -> None:
        ways = (
            jinja2.__version__,
            environment.autoescape,
            environment.trim_blocks,
            environment.lstrip_blocks,
        )
        digest = sha256(repr(ways).encode()).hexdigest()[:12]
        super().__init__(str(templates / "__pycache__"), f"%s-{sys.implementation.cache_tag}-{digest}.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill `bucket`, or leave it empty."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - half a file, or another program's: whatever it is, it is no use
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what is in `bucket`, where Python may keep its own."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
