"""A sentence that goes along with a link."""

import pytest

from app.sharing import ADVICE_LENGTH, AdviceTooLong, clean_advice


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Use   less\r\nwater.\t", "Use less water."),
        ("<b>less</b> & more", "<b>less</b> & more"),
        ("e\u0301", "\u00e9"),
        ("a\u202eb\x00c\u2028d\x1b[31m", "abc d[31m"),
        ("\u200d\u200b", ""),
        ("👩\u200d🍳 bakes", "👩\u200d🍳 bakes"),
        ("   ", ""),
    ],
)
def test_it_is_one_line_of_plain_text_that_can_be_read(typed: str, kept: str) -> None:
    assert clean_advice(typed) == kept
    assert clean_advice(kept) == kept


def test_it_has_200_characters_at_most_once_it_is_clean() -> None:
    assert clean_advice("x" * ADVICE_LENGTH + " " * 500) == "x" * ADVICE_LENGTH
    with pytest.raises(AdviceTooLong):
        clean_advice("x" * (ADVICE_LENGTH + 1))
