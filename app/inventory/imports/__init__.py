"""Merchandisers' files: one format a file."""

from app.inventory.imports.aside import BusyError, parse_aside
from app.inventory.imports.findings import COLUMNS, WHAT_IS_WRONG, Asked, Bad, Good, Parsed, Wrong
from app.inventory.imports.parsing import MAX_FILE_BYTES, parse_file
from app.inventory.imports.passing import pack, unpack

__all__ = [
    "COLUMNS",
    "MAX_FILE_BYTES",
    "WHAT_IS_WRONG",
    "Asked",
    "Bad",
    "BusyError",
    "Good",
    "Parsed",
    "Wrong",
    "pack",
    "parse_aside",
    "parse_file",
    "unpack",
]
