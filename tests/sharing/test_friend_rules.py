"""Whose name goes into a mail to a stranger."""

import pytest

from app.sharing.friend_rules import SOMEBODY, in_order, name_for_a_stranger


@pytest.mark.parametrize(
    "name", ["Bea", "Anne-Marie O’Neil", "José Ñandú", "李小龍", "นารี", "Jean de la Croix"]
)
def test_a_name_is_a_name_in_any_script(name: str) -> None:
    assert name_for_a_stranger(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "http://evil",
        "Win $500",
        "call 555 1234",
        "a@b",
        "Cheap! pills",
        "B" * 41,
        "",
        "a\nb",
        "<b>",
    ],
)
def test_what_could_be_an_advertisement_or_become_a_link_is_somebody(name: str) -> None:
    assert name_for_a_stranger(name) == SOMEBODY


def test_two_people_are_the_same_two_in_either_order() -> None:
    assert in_order(2, 1) == in_order(1, 2) == (1, 2)
