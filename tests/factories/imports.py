"""Files that merchants have, small and made up."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.inventory.imports import Asked, Parsed, parse_file

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def asked(**other: Any) -> Asked:
    """A shop in Chicago that sells in dollars."""
    usual: dict[str, Any] = {"currency": "USD", "zone": ZoneInfo("America/Chicago"), "now": NOW}
    return Asked(**(usual | other))


def parse(file: str | bytes, **other: Any) -> Parsed:
    """What is found in a file."""
    return parse_file(file.encode() if isinstance(file, str) else file, asked(**other))


def problems(parsed: Parsed) -> list[tuple[int, str]]:
    """Where something is wrong."""
    return [(problem.line, problem.field) for problem in parsed.wrong]


def titles(parsed: Parsed) -> list[str]:
    """What the good rows are called."""
    return [row.deal.title for row in parsed.good]


def table(header: str, rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    """A CSV with all columns of `header`, of which rows name those that they fill."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, next(csv.reader([header])), restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
