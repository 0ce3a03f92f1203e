"""Titles within sentences."""

from app.admin.title_words import set_apart


def test_a_title_from_right_to_left_is_set_apart_and_others_stay_as_they_are() -> None:
    assert set_apart("Umbrellas, 2") == "Umbrellas, 2"
    assert set_apart("מנורה (2)") == "\u2068מנורה (2)\u2069"
    assert set_apart("Lamp مصباح") == "\u2068Lamp مصباح\u2069"
