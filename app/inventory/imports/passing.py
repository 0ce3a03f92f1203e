"""What was found in a file, as bytes: between processes, and between the two steps at the desk."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.inventory.deal import NewDeal
from app.inventory.imports.findings import Asked, Bad, Good, Parsed, Wrong


def pack(parsed: Parsed) -> bytes:
    """One line of JSON for each finding, so that reading them again never holds a process for long."""
    return b"".join(_lines(parsed))


def _lines(parsed: Parsed) -> Iterator[bytes]:
    yield _line(["file", parsed.format, parsed.rows])
    for row in parsed.good:
        yield _line(["good", row.line, row.photo, row.alt, row.digest])
        yield row.deal.model_dump_json().encode() + b"\n"
    for problem in parsed.wrong:
        yield _line(["wrong", problem.line, problem.field, problem.message])
    for bad in parsed.bad:
        yield _line(["bad", bad.line, bad.texts])


def unpack(packed: bytes) -> Parsed:
    """What `pack` was given."""
    lines = iter(packed.splitlines())
    _, form, rows = json.loads(next(lines))
    parsed = Parsed(form, rows, [], [], [])
    for line in lines:
        kind, *parts = json.loads(line)
        if kind == "good":
            number, photo, alt, digest = parts
            parsed.good.append(Good(number, NewDeal.model_validate_json(next(lines)), photo, alt, digest))
        elif kind == "wrong":
            parsed.wrong.append(Wrong(*parts))
        else:
            parsed.bad.append(Bad(*parts))
    return parsed


def pack_asked(asked: Asked) -> bytes:
    """What a file is read for, as one line."""
    values = {
        "currency": asked.currency,
        "zone": str(asked.zone),
        "now": asked.now.isoformat(),
        "quantity": asked.quantity,
        "mended": {str(line): dict(cells) for line, cells in asked.mended.items()},
    }
    return _line(values)


def unpack_asked(packed: bytes) -> Asked:
    """What `pack_asked` was given."""
    values = json.loads(packed)
    return Asked(
        values["currency"],
        ZoneInfo(values["zone"]),
        datetime.fromisoformat(values["now"]),
        values["quantity"],
        {int(line): cells for line, cells in values["mended"].items()},
    )


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
