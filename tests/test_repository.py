"""What the files around the code promise: locks without addresses, a compose file that fits, documents that agree."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from app.platform.settings import FOR_COMMANDS, Settings

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ELSEWHERE = ("https://", "http://", "mailto:")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def test_no_lock_names_an_address() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))
    named = [path.name for path in locks if re.search(r"(https?|file)://", path.read_text())]
    assert len(locks) == 3
    assert named == []
    assert "resolved" not in _keys(json.loads((ROOT / "package-lock.json").read_text()))


def test_the_compose_file_has_the_shop_and_its_servers() -> None:
    services = _compose()["services"]
    images = {name: str(service.get("image", "")) for name, service in services.items()}
    assert services["app"]["command"] == ["serve"]
    assert services["migrate"]["command"] == ["migrate"]
    assert images["postgres"].startswith("postgres:")
    assert images["valkey"].startswith("valkey/valkey:")


def test_the_shop_in_containers_starts_when_its_schema_is_the_newest() -> None:
    services = _compose()["services"]
    waits_for = {name: what["condition"] for name, what in services["app"]["depends_on"].items()}
    assert waits_for == {"migrate": "service_completed_successfully", "valkey": "service_healthy"}
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "healthcheck" in services["postgres"]
    assert "healthcheck" in services["valkey"]


def test_the_compose_files_valkey_keeps_nothing_and_evicts_nothing() -> None:
    command = " ".join(word or "''" for word in _compose()["services"]["valkey"]["command"])
    assert "--save '' --appendonly no --maxmemory-policy noeviction" in command


def test_the_compose_file_sets_only_what_is_a_setting() -> None:
    given = set(_compose()["services"]["app"]["environment"])
    assert given <= _settings()
    assert {"DATABASE_URL", "REDIS_URL", "BREADMAKER_SECRET"} <= given


def test_the_dockerfile_copies_what_is_there_and_not_ignored() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from=" not in line]
    copied = {name for names in copies for name in names}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert [name for name in sorted(copied) if not (ROOT / name).exists()] == []
    assert copied == let_in


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    section = (ROOT / "docs/running.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == _settings()


def test_documents_name_no_setting_that_is_not_there() -> None:
    known = _settings() | FOR_COMMANDS
    unknown = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in DOCUMENTS
        for name in re.findall(r"\bBREADMAKER_[A-Z_]*[A-Z]\b", path.read_text())
        if name not in known
    ]
    assert unknown == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in DOCUMENTS
        for target in LINK.findall(CODE.sub("", path.read_text()))
        if not target.startswith(ELSEWHERE) and not _leads_somewhere(path, unquote(target))
    ]
    assert broken == []


def test_the_picture_in_the_readme_is_small() -> None:
    assert (ROOT / "docs/images/live.png").stat().st_size < 250_000


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return found


def _settings() -> set[str]:
    fields = Settings.model_fields.items()
    return {str(field.validation_alias or f"BREADMAKER_{name.upper()}") for name, field in fields}


def _keys(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _keys(value)
    elif isinstance(document, list):
        for value in document:
            yield from _keys(value)


def _leads_somewhere(path: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    there = (path.parent / name).resolve() if name else path
    return there.exists() and (not anchor or anchor in _anchors(there))


def _anchors(path: Path) -> set[str]:
    """A document's headings, as they are addressed."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
