"""Limits to what strangers may send: whose network it is and how often it may post."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic

from starlette.requests import Request

from server.kit.settings import Network

MOST_NETWORKS = 50_000  # in memory at once; the quietest are forgotten first


class Buckets:
    """A token bucket per network: `rate` a minute, the burst the same."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._level: dict[str, tuple[float, float]] = {}

    def allow(self, network: str) -> bool:
        """True when this network may post once more now."""
        moment = monotonic()
        level, at = self._level.pop(network, (float(self.rate), moment))
        level = min(self.rate, level + (moment - at) * self.rate / 60)
        allowed = level >= 1
        self._level[network] = (level - 1 if allowed else level, moment)
        if len(self._level) > MOST_NETWORKS:
            del self._level[next(iter(self._level))]
        return allowed


def client_address(request: Request) -> IPv4Address | IPv6Address:
    """Who asks: the peer, or what a trusted proxy says of it (the last hop that is no proxy)."""
    proxies: tuple[Network, ...] = request.app.state.settings.trusted_proxies
    peer = _address(request.client.host if request.client else "")
    if not _within(peer, proxies):
        return peer
    for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
        found = _address(hop.strip())
        if not _within(found, proxies):
            return found
    return peer


def client_network(request: Request) -> str:
    """The IPv4 address or the IPv6 /64 behind a request, as one word."""
    address = client_address(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def short_network(request: Request) -> str:
    """The network as we keep it: /24 or /48, not the address of one person."""
    address = client_address(request)
    bits = 48 if isinstance(address, IPv6Address) else 24
    return str(ip_network((address, bits), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        found = ip_address(text)
    except ValueError:
        return ip_address("0.0.0.0")  # noqa: S104 (stands for: unknown)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _within(address: IPv4Address | IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == one.version and address in one for one in networks)
