"""The sockets that the shop listens on."""

import socket
from collections.abc import Iterator

import pytest

from app.platform import listening
from app.platform.listening import PortTakenError, listen
from tests.factories.running_shop import free_port


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    """All listeners of a shop, as it opens them when it begins to serve."""
    first = listen("127.0.0.1", free_port())
    opened = [first, *listening.beside(first)]
    yield opened
    for one in opened:
        one.close()


def test_a_shop_listens_with_several_queues_on_linux(listeners: list[socket.socket]) -> None:
    assert len(listeners) == (listening.LISTENERS if listening.SHARES else 1)
    address = listeners[0].getsockname()
    clients = [socket.create_connection(address) for _ in range(200)]
    taken = []
    for one in listeners:
        one.setblocking(False)
        accepted = []
        while True:
            try:
                accepted.append(one.accept()[0])
            except BlockingIOError:
                break
        taken.append(len(accepted))
        for connection in accepted:
            connection.close()
    for client in clients:
        client.close()
    assert sum(taken) == 200
    assert all(taken)


def test_the_port_is_the_shops_alone_all_the_same(listeners: list[socket.socket]) -> None:
    port = listeners[0].getsockname()[1]
    with pytest.raises(PortTakenError, match="in use"):
        listen("127.0.0.1", port)


def test_a_connection_is_told_by_its_listener_to_notice_who_does_not_read(
    listeners: list[socket.socket],
) -> None:
    if not listening.SHARES:
        pytest.skip("these options are Linux's")
    client = socket.create_connection(listeners[0].getsockname())
    for one in listeners:
        one.setblocking(False)
        try:
            accepted, _ = one.accept()
        except BlockingIOError:
            continue
        assert accepted.getsockopt(socket.IPPROTO_TCP, listening.NOTSENT_LOWAT) == listening.UNSENT_BYTES
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == listening.VANISHED_MS
        accepted.close()
    client.close()
