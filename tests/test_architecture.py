"""The house rules that a machine can keep: faces, sizes, and what a script says of itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
FACELESS = {"platform", "cli"}  # a floor of tools; and the top floor, above which there is nobody
SECOND_FACES = {
    ("identity", "account"),
    ("inventory", "desk"),
    ("pages", "later"),
    ("payments", "money"),  # for the process that reads a file, which has no use for the rest
    ("sales", "desk"),
    ("sharing", "desk"),
    ("sharing", "friends"),
}  # of rooms that open in two parts, docs/decisions/0027

LONGEST = 315  # lines: about 300
WRITTEN_BY_HAND = {".py", ".sql", ".lua", ".html", ".css", ".js"}
NOT_OURS = {"vendor"}
STILL_TOO_LONG = {  # to be split; this list only ever gets shorter
    "tests/factories/sales.py",
    "tests/inventory/test_routes.py",
    "tests/inventory/test_showrunner.py",
    "tests/platform/test_embedded.py",
    "tests/sales/test_ledger.py",
    "tests/sales/test_pipeline.py",
    "tests/sales/test_purchase.py",
    "tests/sales/test_routes.py",
}


def test_outsiders_import_a_rooms_face_only() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted(APP.rglob("*.py"))
        for line, name in _imports(path)
        if _is_behind_a_face(name, room_of_importer=path.relative_to(APP).parts[0])
    ]
    assert offenders == []


def test_every_room_says_what_its_face_is() -> None:
    faceless = [room for room in _rooms() if not _face(room)]
    assert faceless == []


def test_no_file_is_longer_than_it_may_be() -> None:
    files = [path for folder in ("app", "tests") for path in sorted((ROOT / folder).rglob("*"))]
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in files
        if path.suffix in WRITTEN_BY_HAND and not NOT_OURS & set(path.parts)
    }
    too_long = [f"{name}: {length}" for name, length in lengths.items() if length > LONGEST]
    assert [entry for entry in too_long if entry.partition(":")[0] not in STILL_TOO_LONG] == []


def test_every_script_opens_with_what_it_takes_answers_and_promises() -> None:
    unsaid = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in sorted(APP.rglob("*.lua"))
        for word in ("KEYS ", "ARGV ", "Answer ", "After this, ")
        if not any(line.startswith(f"-- {word}") for line in _head(path))
    ]
    assert unsaid == []


def _rooms() -> list[str]:
    return [
        path.parent.name for path in sorted(APP.glob("*/__init__.py")) if path.parent.name not in FACELESS
    ]


def _face(room: str, file: str = "__init__") -> list[str]:
    for statement in ast.parse((APP / room / f"{file}.py").read_text()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return list(ast.literal_eval(value))
    return []


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every dotted name that a module imports, wherever in it, with its line."""
    package = ["app", *path.relative_to(APP).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def _is_behind_a_face(name: str, *, room_of_importer: str) -> bool:
    match name.split("."):
        case ["app", room, *_] if room == room_of_importer:
            return False
        case ["app", room, second, inner] if (room, second) in SECOND_FACES:
            return inner not in _face(room, second)
        case ["app", room, inner, *deeper] if room in _rooms():
            return bool(deeper) or inner not in _face(room)
    return False


def _head(path: Path) -> list[str]:
    """The comment lines that a script begins with."""
    lines = path.read_text().splitlines()
    end = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return lines[:end]
