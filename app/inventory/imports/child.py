"""The process that reads one file: what was asked on the first line of its input, then the file.

What it found goes to its output. It is started by aside.py, and allows itself little memory and little time.
"""

import resource
import sys

from app.inventory.imports.parsing import parse_file
from app.inventory.imports.passing import pack, unpack_asked

MEMORY = 1024 * 1024 * 1024  # bytes of address space; a file within the limits takes a third of it
CPU_SECONDS = 40


def main() -> None:
    """Read, parse, write."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = unpack_asked(sys.stdin.buffer.readline())
    packed = pack(parse_file(sys.stdin.buffer.read(), asked))
    sys.stdout.buffer.write(packed)
