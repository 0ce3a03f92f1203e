"""Who may watch, and from which address somebody counts."""

import pytest

from app.platform.address import network_of
from app.platform.errors import Problem, SlowDown, Unavailable
from app.stream.admission import Admission, Guest, TooManyViewers
from app.stream.event import EventId
from app.stream.hub import Hub
from tests.factories.stream import ANYBODY, asker_of, signed_out


@pytest.fixture
def hub() -> Hub:
    """Nobody watches yet."""
    signed_out.clear()
    return Hub()


def decide(admission: Admission, host: str = "10.0.0.1", **fields: str) -> Guest | Problem:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return admission.decide({"type": "http", "client": (host, 1), "headers": headers})


def test_a_guest_is_known_by_session_address_and_what_it_has_seen(hub: Hub) -> None:
    guest = decide(Admission(hub, asker_of, by_address=True), authorization="Bearer 5", last_event_id="1-2")
    assert isinstance(guest, Guest)
    assert (guest.shopper, guest.address, guest.last) == (5, "10.0.0.1", EventId(1, 2))
    assert decide(Admission(hub, asker_of, by_address=False)) == ANYBODY


def test_there_is_room_for_so_many_and_no_more(hub: Hub) -> None:
    admission = Admission(hub, asker_of, by_address=True)
    admission.most = 0
    assert isinstance(decide(admission), TooManyViewers)


def test_one_address_may_have_so_many_unless_limits_are_off(hub: Hub) -> None:
    admission = Admission(hub, asker_of, by_address=True)
    admission.of_address = 1
    hub.of_address["10.0.0.1"] = 1
    assert isinstance(decide(admission), SlowDown)
    assert isinstance(decide(admission, "10.0.0.2"), Guest)
    assert isinstance(decide(Admission(hub, asker_of, by_address=False)), Guest)


def test_nobody_is_let_in_at_closing_time(hub: Hub) -> None:
    hub.closed = True
    assert isinstance(decide(Admission(hub, asker_of, by_address=True)), Unavailable)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("unknown:thing", "unknown:thing"),
        ("somewhere", "somewhere"),
    ],
)
def test_of_ipv6_a_whole_network_is_one_party(host: str, network: str) -> None:
    assert network_of(host) == network
