"""Compiled templates, kept for the next start."""

import sys
from pathlib import Path

import jinja2
import pytest
from jinja2 import Environment, FileSystemLoader

from app.platform.compiled_templates import CompiledTemplates


@pytest.fixture(autouse=True)
def may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the one who runs the tests has said about compiled modules."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """A folder with one template."""
    (tmp_path / "page.html").write_text("Good morning, {{ name }}.")
    return tmp_path


def environment(templates: Path, *, trim_blocks: bool = True) -> Environment:
    """What a start has: nothing in memory."""
    made = Environment(loader=FileSystemLoader(templates), autoescape=True, trim_blocks=trim_blocks)
    made.bytecode_cache = CompiledTemplates(templates, made)
    return made


def rendered(templates: Path) -> str:
    """The page, by a start of its own."""
    return environment(templates).get_template("page.html").render(name="<Ada>")


def kept(templates: Path) -> list[Path]:
    """The files that were kept."""
    return sorted((templates / "__pycache__").glob("*"))


def test_the_next_start_compiles_nothing(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = rendered(templates)
    assert len(kept(templates)) == 1

    def compile_nothing(*_: object, **__: object) -> None:
        raise AssertionError("it was compiled again")

    monkeypatch.setattr(Environment, "compile", compile_nothing)
    assert rendered(templates) == first == "Good morning, &lt;Ada&gt;."


def test_a_changed_template_is_compiled_anew(templates: Path) -> None:
    rendered(templates)
    (templates / "page.html").write_text("Good night, {{ name }}.")
    assert rendered(templates) == "Good night, &lt;Ada&gt;."


@pytest.mark.parametrize("keep", [0, 5, 60, 150])
def test_half_a_file_is_no_use_and_does_no_harm(templates: Path, keep: int) -> None:
    rendered(templates)
    [file] = kept(templates)
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])
    assert rendered(templates) == "Good morning, &lt;Ada&gt;."
    assert file.read_bytes() == whole


def test_what_was_read_in_another_way_or_by_another_jinja_is_not_used(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered(templates)
    environment(templates, trim_blocks=False).get_template("page.html")
    assert len(kept(templates)) == 2
    monkeypatch.setattr(jinja2, "__version__", "999")
    rendered(templates)
    assert len(kept(templates)) == 3


def test_nothing_is_kept_where_nothing_can_be_written(templates: Path) -> None:
    (templates / "__pycache__").write_text("a file stands where the folder would")
    assert rendered(templates) == "Good morning, &lt;Ada&gt;."


def test_nothing_is_kept_where_python_may_keep_nothing(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    rendered(templates)
    assert kept(templates) == []
