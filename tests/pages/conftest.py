"""The whole app, in which nothing happens by itself."""

import pytest

from app.sales import Settlement


@pytest.fixture
def nobody_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are settled when a test says so."""

    async def stay(*_: object, **__: object) -> None:
        return

    monkeypatch.setattr(Settlement, "start", stay)
