"""Who is at the other end of a connection, for protocols that see a request before uvicorn's ASGI way does."""

from typing import Any

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

KEPT = "callers"  # under which name those of a process find it in the app's state


class Callers:
    """Addresses as TRUSTED_PROXIES has them believed: uvicorn's own rule, asked without its middleware."""

    def __init__(self, config: Config) -> None:
        trusted = config.forwarded_allow_ips if config.proxy_headers else []
        self._proxies = ProxyHeadersMiddleware(config.loaded_app, trusted).trusted_hosts
        self._believes = config.proxy_headers

    def is_proxy(self, peer: str) -> bool:
        """Whether it speaks for others."""
        return self._believes and peer in self._proxies

    def host(self, peer: str, told: str | None) -> str:
        """The client's address, by the connection's other end and the X-Forwarded-For that came over it."""
        if told is None or not self.is_proxy(peer):
            return peer
        return self._proxies.get_trusted_client_address(told)[0] or peer


def callers_of(given: dict[str, Any]) -> Callers:
    """The one of this server, by the keyword arguments that uvicorn gives to a protocol."""
    found: Callers | None = given["app_state"].get(KEPT)
    if found is None:
        found = given["app_state"][KEPT] = Callers(given["config"])
    return found
