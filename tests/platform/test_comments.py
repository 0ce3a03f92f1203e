"""What browsers fetch has no comments, and our scripts and stylesheets are written so that nothing else is lost."""

import re
from pathlib import Path

import pytest

from app.platform.comments import without_comments

APP = Path(__file__).parents[2] / "app"
OURS = sorted([*APP.glob("*/static/js/*.js"), *APP.glob("*/static/css/*.css")])
TEXTS = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`""", re.DOTALL)


def test_comments_and_margins_go() -> None:
    source = """// @ts-check
/** Why. @param {string} a */
function f(a) {
  // Because.
  return /** @type {Element} */ (a);

}
"""
    assert without_comments(source) == "function f(a) {\nreturn (a);\n}\n"


def test_an_address_in_a_text_stays() -> None:
    assert without_comments("const a = 'https://shop.test//x';\n") == "const a = 'https://shop.test//x';\n"


@pytest.mark.parametrize("file", OURS, ids=lambda file: f"{file.parts[-4]}/{file.name}")
def test_what_is_left_has_the_same_texts(file: Path) -> None:
    """A text with a comment or a line end in it would not be the same, nor would one that a comment ends in."""
    source = file.read_text()
    code = re.sub(r"(?m)^\s*//.*$|(?s:/\*.*?\*/)", "", source)
    texts = TEXTS.findall(code)
    assert not [text for text in texts if "\n" in text]
    assert TEXTS.findall(without_comments(source)) == texts
    assert not re.search(r"/\*|\*/|(?m:^\s*//)", without_comments(source))
    for text in texts:
        assert source.count(text) >= code.count(text) > 0
