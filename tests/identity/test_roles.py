"""Who may do what."""

import pytest

from app.identity.roles import Role, may_run_the_desk


@pytest.mark.parametrize(
    ("role", "may"), [(Role.SHOPPER, False), (Role.MERCHANDISER, True), (Role.OWNER, True)]
)
def test_merchandisers_and_owners_run_the_desk(role: Role, may: bool) -> None:
    assert may_run_the_desk(role) is may
