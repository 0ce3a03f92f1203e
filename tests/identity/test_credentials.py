"""What a person may be called and may type."""

import pytest
from pydantic import ValidationError

from app.identity.credentials import Newcomer, clean_email, clean_name, clean_password
from tests.factories.identity import PASSWORD, newcomer


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada  ", "Ada"),
        ("x", "x"),
        ("é" * 60, "é" * 60),
        ("e\u0301", "é"),
        ("👩‍🚀", "👩‍🚀"),
        ("李 雷", "李 雷"),
    ],
)
def test_a_name_is_trimmed_and_kept(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "x" * 61, "a\x00b", "a\nb", "a\x1b[2Jb", "a\u2028b", "a\u202eb", "\u200b", "\ufe0f"]
)
def test_a_name_nobody_could_read_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="A name has"):
        clean_name(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("a+b@example.com", "a+b@example.com"),
        ("a@shop.test", "a@shop.test"),
        ("a@ｅⓧample。com", "a@example.com"),
    ],
)
def test_an_email_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert clean_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "a b@example.com",
        "a@b@c.com",
        "a\x00@example.com",
        "a@-.com",
        "x" * 300 + "@example.com",
        "Ada <ada@example.com>",
        "a@example.com\nBcc: b@example.com",
        "=?utf-8?q?a=0d=0abcc=3aeve=40evil.test?=@example.com",
    ],
)
def test_what_is_no_email_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        clean_email(typed)


def test_a_password_has_8_to_200_characters_and_is_never_trimmed() -> None:
    assert clean_password("       8") == "       8"
    assert clean_password("x" * 200)
    for wrong in ("x" * 7, "x" * 201, ""):
        with pytest.raises(ValueError, match="8 to 200"):
            clean_password(wrong)


def test_a_role_is_no_field_of_a_newcomer() -> None:
    with pytest.raises(ValidationError, match="role"):
        newcomer(role="owner")


def test_neither_a_newcomer_nor_what_is_wrong_with_one_shows_the_password() -> None:
    assert PASSWORD not in repr(newcomer())
    with pytest.raises(ValidationError) as raised:
        Newcomer.model_validate({"name": "Ada", "email": "ada", "password": "short"})
    assert "short" not in str(raised.value)
