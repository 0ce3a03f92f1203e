"""A deal's story on the page."""

import re
from functools import lru_cache

from markdown_it import MarkdownIt

_markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "typographer": False}).disable(
    ["image", "table"]
)
_markdown.validateLink = re.compile(r"(https?|mailto):", re.IGNORECASE).match  # type: ignore[method-assign,assignment]


@lru_cache(maxsize=64)  # every look at the live deal asks for it
def story_html(story: str) -> str:
    """A story's Markdown as HTML. Raw HTML in it is shown as text, and only http(s) and mailto links are links."""
    return str(_markdown.render(story)).strip()
