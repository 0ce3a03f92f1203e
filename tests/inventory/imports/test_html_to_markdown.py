"""A shop's HTML becomes a story that shows the same words, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.inventory.imports.html_to_markdown import to_line, to_markdown
from app.inventory.story import story_html


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>Very <strong>big </strong>and <em>round</em></p>", "Very **big** and *round*"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<ol><li>One</li><li>Two</li></ol>", "1. One\n2. Two"),
        ("<h2>Made of</h2>Wood", "### Made of\n\nWood"),
        ('<a href="https://shop.test/x">here</a>', "[here](https://shop.test/x)"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ("a<br>b", "a\\\nb"),
        ("<p>a<br></p><p>b<br><br>c</p>", "a\n\nb\n\nc"),
        ("<script>alert(1)</script><style>p{}</style>Text", "Text"),
        ("Fish &amp; chips", "Fish & chips"),
        ("5 * 3 = 15_000", "5 \\* 3 = 15\\_000"),
        ("# 1", "\\# 1"),
        ("", ""),
    ],
)
def test_html_is_told_in_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


@given(
    some.lists(
        some.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</b>",
                "<script>",
                "</script>",
                "<a href='javascript:x'>",
                "</a>",
                "<li>",
                "<ul>",
                "[x](",
                "javascript:y)",
                "<img src=x onerror=z>",
                "&lt;script&gt;",
                "<svg onload=q>",
                "word ",
                "*",
                "`",
                "\\",
                "<",
            ]
        ),
        max_size=14,
    )
)
def test_whatever_the_html_holds_the_story_holds_no_script(parts: list[str]) -> None:
    shown = story_html(to_markdown("".join(parts))).lower()
    for bad in ("<script", "<img", "<svg", 'href="javascript', "onerror=z>"):
        assert bad not in shown


@given(some.text(some.characters(exclude_categories=("C", "Z")), max_size=40))
def test_plain_words_stay_as_they_are(text: str) -> None:
    import html
    import re

    if re.search(r"&(\w+|#\w+);|</?[a-zA-Z!]", text):
        return  # that is markup
    shown = re.sub(r"<[^<>]+>", "", story_html(to_markdown(text)))
    assert html.unescape(shown).strip() == text


def test_one_line_of_it() -> None:
    assert to_line("<p>One\n two &amp; three</p>") == "One two & three"
