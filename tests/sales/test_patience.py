"""One timer for all that wait."""

import asyncio

from app.sales.patience import Patience
from app.sales.under_way import Purchase
from tests.factories.sales import wish


def purchase() -> Purchase:
    """One that nobody settles."""
    outcome = asyncio.get_running_loop().create_future()
    return Purchase(wish(1), outcome, lambda _: None)


async def test_it_is_quiet_before_the_first_purchase_and_not_after_it() -> None:
    patience = Patience(60)
    assert patience.has_been_quiet(1)
    patience.watch(purchase())
    assert not patience.has_been_quiet(60), "it began within this minute"
    assert patience.has_been_quiet(-1), "it did not begin in the future"


async def test_a_purchase_that_is_settled_has_begun_all_the_same() -> None:
    patience, settled = Patience(60), purchase()
    patience.watch(settled)
    settled.outcome.cancel()
    assert not patience.has_been_quiet(60)
