"""The settings of payments: a wrong one is named, and what is secret is never printed."""

import pytest

from app.platform.settings import SettingsError, load_settings

KEY, SECRET = "sk_test_123456789", "whsec_123456789"
RIGHT = {"PAYMENTS": "stripe", "STRIPE_API_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET}


@pytest.fixture(autouse=True)
def _no_dotenv(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))


def put(monkeypatch: pytest.MonkeyPatch, **given: str | None) -> None:
    """The right settings, but for these."""
    for name, value in (RIGHT | given).items():
        if value is not None:
            monkeypatch.setenv(f"BREADMAKER_{name}", value)


def test_stripe_needs_its_key_and_its_secret_and_shows_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, STRIPE_API_BASE="http://127.0.0.1:12111/")
    settings = load_settings()
    assert settings.stripe_api_base == "http://127.0.0.1:12111"
    assert settings.stripe_api_key is not None
    assert settings.stripe_api_key.get_secret_value() == KEY
    for shown in (repr(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert KEY not in shown
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_API_KEY", None),
        ("STRIPE_API_KEY", ""),
        ("STRIPE_API_KEY", "pk_live_published"),
        ("STRIPE_API_KEY", "sk_test_with a blank"),
        ("STRIPE_WEBHOOK_SECRET", None),
        ("STRIPE_WEBHOOK_SECRET", KEY),
        ("STRIPE_WEBHOOK_SECRET", "whsec_ näher"),
        ("STRIPE_API_BASE", "127.0.0.1:12111"),
        ("STRIPE_API_BASE", "ftp://stripe.test"),
        ("STRIPE_API_BASE", "https://?key=value"),
        ("PAYMENTS", "barter"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    put(monkeypatch, **{name: value})
    with pytest.raises(SettingsError, match=f"^BREADMAKER_{name}: ") as caught:
        load_settings()
    assert KEY not in str(caught.value)
    assert not value or value not in str(caught.value)


def test_a_key_for_real_money_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, STRIPE_API_KEY="sk_live_123456789", STRIPE_API_BASE="http://stripe.test")
    with pytest.raises(SettingsError, match=r"^BREADMAKER_STRIPE_API_BASE: must begin with https"):
        load_settings()


def test_the_sandbox_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, PAYMENTS="sandbox", STRIPE_API_KEY=None, STRIPE_WEBHOOK_SECRET=None)
    assert load_settings().payments == "sandbox"
