"""Who asks: the client's address, as the proxies that we trust tell it. Nobody else's word counts.

`FORWARDED_ALLOW_IPS` names those proxies. gunicorn takes the scheme from the same ones; the host is the `Host` header.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ANYBODY = "*"
# Nobody stands behind more proxies of ours; a longer chain is somebody's experiment.
MOST_PROXIES = 16
# The smallest network that a provider gives to one customer (RFC 6177): every address in it may be the same client.
CLIENT_PREFIX_V6 = 64


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies in front of us. `any_peer`: whoever connects is one, because the network lets nobody else through."""

    networks: tuple[Network, ...] = ()
    any_peer: bool = False

    def client(self, environ: "WSGIEnvironment") -> Address | None:
        """The address that is not a trusted proxy's, nearest to us. None when even the peer has none: a Unix socket.

        `X-Forwarded-For` is read from its end, and only behind a trusted peer: each proxy adds the address that it saw,
        and what stands before the first stranger is the stranger's own word. `Forwarded` and the like are not read.
        """
        nearest = parse(environ.get("REMOTE_ADDR", ""))
        if not (self.any_peer or self._holds(nearest)):
            return nearest
        chain = environ.get("HTTP_X_FORWARDED_FOR", "")
        for told in reversed(chain.rsplit(",", MOST_PROXIES)[-MOST_PROXIES:]):
            address = parse(told)
            if address is None:
                # Nothing further left can be relied on: whoever is behind this shares the last proxy's address.
                return nearest
            nearest = address
            if not self._holds(address):
                return nearest
        return nearest

    def _holds(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def proxies(setting: str) -> Proxies:
    """The proxies of a setting: addresses and networks, separated by commas, `*` for whoever connects.

    Raises ValueError, which names the part that is neither.
    """
    parts = [part.strip() for part in setting.split(",") if part.strip()]
    return Proxies(tuple(ip_network(part) for part in parts if part != ANYBODY), ANYBODY in parts)


def parse(told: str) -> Address | None:
    """An address as proxies write it: with or without a port, IPv6 with or without brackets. None for anything else."""
    text = told.strip(" \t")
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or not _is_port(port):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket for both families shows IPv4 clients so: they are the same clients.
    return getattr(address, "ipv4_mapped", None) or address


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and len(text) <= 6 and text[1:].isascii() and text[1:].isdigit())


def budget(client: Address | None) -> str:
    """Whose budget a client's requests count against: its IPv4 address, its IPv6 network, or that of the nameless."""
    if isinstance(client, IPv6Address):
        return str(ip_network((client, CLIENT_PREFIX_V6), strict=False))
    return str(client) if client is not None else "unknown"
