"""The client's address, as reported by trusted proxies. Headers from any other peer are ignored.

`FORWARDED_ALLOW_IPS` names those proxies. gunicorn trusts the same ones for the scheme; the host is the `Host` header.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ANY_PEER = "*"
# No installation has more trusted proxies in a row; a longer chain is forged.
MAX_PROXIES = 16
# The smallest network that a provider gives to one customer (RFC 6177): every address in it may be the same client.
CLIENT_PREFIX_V6 = 64


@dataclass(frozen=True, slots=True)
class Proxies:
    """The trusted proxies.

    `any_peer`: trust the direct peer unconditionally, because network policy guarantees that only proxies connect.
    """

    networks: tuple[Network, ...] = ()
    any_peer: bool = False

    def client(self, environ: "WSGIEnvironment") -> Address | None:
        """The nearest address that is not a trusted proxy's. None for a peer without an address: a Unix socket.

        `X-Forwarded-For` is read from its end, and only from a trusted peer. Each proxy appends the address it saw,
        so everything before the first untrusted address may be forged. `Forwarded` and similar headers are not read.
        """
        nearest = parse(environ.get("REMOTE_ADDR", ""))
        if not (self.any_peer or self._is_trusted(nearest)):
            return nearest
        chain = environ.get("HTTP_X_FORWARDED_FOR", "")
        for element in reversed(chain.rsplit(",", MAX_PROXIES)[-MAX_PROXIES:]):
            address = parse(element)
            if address is None:
                # Nothing further left can be trusted: clients behind this share the address of the last proxy.
                return nearest
            nearest = address
            if not self._is_trusted(address):
                return nearest
        return nearest

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


@lru_cache(8)
def proxies(setting: str) -> Proxies:
    """The proxies of a setting: addresses and networks, separated by commas; `*` trusts any peer.

    Raises ValueError, which names the invalid part.
    """
    parts = [part.strip() for part in setting.split(",") if part.strip()]
    return Proxies(tuple(ip_network(part) for part in parts if part != ANY_PEER), ANY_PEER in parts)


def parse(element: str) -> Address | None:
    """An address as proxies write it: with or without a port, IPv6 with or without brackets. None for anything else."""
    text = element.strip(" \t")
    if text.startswith("["):
        text, bracket, port = text[1:].partition("]")
        if not bracket or not _is_port(port):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A socket for both families reports IPv4 clients as IPv4-mapped IPv6 addresses.
    return getattr(address, "ipv4_mapped", None) or address


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and len(text) <= 6 and text[1:].isascii() and text[1:].isdigit())


def budget(client: Address | None) -> str:
    """The budget that a client's requests count against: its IPv4 address, its IPv6 network, or `unknown`."""
    if isinstance(client, IPv6Address):
        return str(ip_network((client, CLIENT_PREFIX_V6), strict=False))
    return str(client) if client is not None else "unknown"
