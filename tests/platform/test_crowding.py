"""How many connections an address may hold, and whose are not counted."""

import uvicorn
from starlette.types import Receive, Scope, Send

from app.platform.callers import Callers
from app.platform.crowding import CONNECTIONS_OF_ADDRESS, Crowding


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that nobody asks."""


def callers(proxies: str | None = None) -> Callers:
    config = uvicorn.Config(app, proxy_headers=proxies is not None, forwarded_allow_ips=proxies or "")
    config.load()
    return Callers(config)


def test_an_address_may_have_so_many_and_again_when_one_is_gone() -> None:
    crowding = Crowding(by_address=True)
    crowding.most = 3
    party = crowding.party("192.0.2.1", callers())
    assert [crowding.enter(party) for _ in range(4)] == [True, True, True, False]
    assert crowding.enter(crowding.party("192.0.2.2", callers()))
    crowding.leave(party)
    assert crowding.enter(party)
    for _ in range(3):
        crowding.leave(party)
    assert party not in crowding.open, "nothing is kept of who is gone"


def test_a_network_of_ipv6_is_one_party() -> None:
    crowding = Crowding(by_address=True)
    assert crowding.party("2001:db8::1", callers()) == crowding.party("2001:db8::2", callers())


def test_proxies_that_are_named_and_this_machine_itself_have_no_cap() -> None:
    crowding = Crowding(by_address=True)
    for host in ("10.0.0.7", "127.0.0.1", "::1", None):
        assert crowding.party(host, callers("10.0.0.0/8")) is None
    assert crowding.party("10.0.0.7", callers()) == "10.0.0.7", "the control: nobody has named it"


def test_limits_off_caps_nobody() -> None:
    crowding = Crowding()
    party = crowding.party("192.0.2.1", callers())
    assert all(crowding.enter(party) for _ in range(CONNECTIONS_OF_ADDRESS + 1))
    assert not crowding.open
