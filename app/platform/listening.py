"""The sockets on which the shop listens."""

import socket
import sys

SHARES = sys.platform == "linux"  # elsewhere SO_REUSEPORT spreads nothing
LISTENERS = 4
BACKLOG = 4096
NOTSENT_LOWAT = 25  # Linux's number; Python has no name for it
UNSENT_BYTES = (
    4096  # the kernel takes in so much beyond what is on its way; then it refuses, and states do not pile up
)
VANISHED_MS = 30_000  # a phone that went away without a word is noticed so soon


class PortTakenError(Exception):
    """Something else listens on the address that was asked for."""


def listen(host: str, port: int | None, *, default_port: int = 8000) -> socket.socket:
    """A listening socket on `port`; without one on `default_port` or the next that is free. Raises PortTakenError."""
    candidates = [port] if port is not None else list(range(default_port, default_port + 100))
    for candidate in candidates:
        try:
            return _bound(host, candidate)
        except OSError as error:
            if candidate == candidates[-1]:
                reason = error.strerror or error
                raise PortTakenError(f"Cannot listen on {host}:{candidates[0]}: {reason}.") from error
    raise AssertionError("there is at least one candidate")


def _bound(host: str, port: int) -> socket.socket:
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _notice_who_does_not_read(listener)
        listener.bind(address)  # alone: it fails where anybody else is, of their own shop or ours
        if SHARES:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # from now on with `beside`
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def beside(listener: socket.socket) -> list[socket.socket]:
    """More listeners on the same address.

    One queue overflows when a whole crowd comes back at once, and whom the kernel turns away there tries again only
    after a second.
    """
    more = []
    for _ in range(LISTENERS - 1 if SHARES and listener.family != socket.AF_UNIX else 0):
        one = socket.socket(listener.family, listener.type, listener.proto)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _notice_who_does_not_read(one)
        one.bind(listener.getsockname())
        one.listen(BACKLOG)
        one.set_inheritable(True)
        more.append(one)
    return more


def _notice_who_does_not_read(listener: socket.socket) -> None:
    """Every connection takes these over from the listener, so that nobody has to set them on each. Linux only."""
    if sys.platform == "linux" and listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, NOTSENT_LOWAT, UNSENT_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MS)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # for those to whom nothing is sent
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
