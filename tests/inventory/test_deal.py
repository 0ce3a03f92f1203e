"""A deal as a merchandiser writes it."""

import pytest

from app.inventory.story import story_html
from tests.factories.inventory import new_deal


@pytest.mark.parametrize(
    ("story", "html"),
    [
        ("Once, a *story*", "<p>Once, a <em>story</em></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](https://example.com)", '<p><a href="https://example.com">x</a></p>'),
        ("[x](MAILTO:a@example.com)", '<p><a href="MAILTO:a@example.com">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](java&#115;cript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](data:text/html,hi)", "<p>[x](data:text/html,hi)</p>"),
        ("[x](//example.com)", "<p>[x](//example.com)</p>"),
        ("<ftp://example.com>", "<p>&lt;ftp://example.com&gt;</p>"),
    ],
)
def test_a_story_is_markdown_and_nothing_dangerous(story: str, html: str) -> None:
    assert story_html(story) == html


def test_a_picture_in_a_story_is_not_fetched_from_elsewhere() -> None:
    assert "<img" not in story_html("![x](https://example.com/x.png)")


def test_lines_are_trimmed_and_newlines_are_one_kind() -> None:
    deal = new_deal(title="  Loaf ", story="one\r\ntwo\rthree\n")
    assert (deal.title, deal.story) == ("Loaf", "one\ntwo\nthree")
