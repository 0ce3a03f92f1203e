"""The list of what may be sent."""

from datetime import timedelta

import pytest

from app.notices import coupon_letter, friend_letters, letters, newsletter_letter, order_letters
from app.notices.letter import Letter
from app.notices.rules import BY_NAME, RULES, Cause, Rule


def kinds() -> list[type[Letter]]:
    """Every letter there is."""
    return [
        kind
        for module in (letters, order_letters, coupon_letter, newsletter_letter, friend_letters)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Letter) and kind is not Letter
    ]


def test_every_rule_has_a_letter_and_every_letter_a_rule() -> None:
    assert [kind.rule for kind in kinds()] == list(RULES)


def test_names_are_given_once() -> None:
    assert len(BY_NAME) == len(RULES)


def test_a_letter_without_a_rule_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="does not say its rule"):
        type("Spam", (Letter,), {"subject": "Buy more", "text": "Please."})


def test_a_letter_without_text_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="does not say its text"):
        type("Spam", (Letter,), {"rule": RULES[0], "subject": "Buy more"})


def test_a_letter_whose_rule_is_not_in_the_list_cannot_be_defined() -> None:
    made_up = Rule("spam", "Spam", Cause.ASKED, "we felt like it", timedelta(days=1))
    with pytest.raises(TypeError, match="not in the list"):
        type("Spam", (Letter,), {"rule": made_up, "subject": "Buy more", "text": "Please."})


def test_a_subject_has_no_place_for_what_a_stranger_typed() -> None:
    for kind in kinds():
        assert isinstance(vars(kind)["subject"], str)
        assert "\n" not in vars(kind)["subject"]
