"""What the bot may connect to on behalf of strangers: the public internet, by http and https, on
the usual ports, and what the operator listed.

Names prove nothing: they may resolve to anything, and to something else a moment later. So the
address is judged when a socket is made for it (`guarded_socket`), which literal addresses,
redirects and rebinding names all have to pass.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiohappyeyeballs import AddrInfoType
from yarl import URL

from bot.errors import FetchError

USUAL_PORTS: Final = frozenset({80, 443})
ANY_PORT: Final = "*"

_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052; its local-use sister stays refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(OSError):
    """No connection was tried: the address is not on the public internet."""

    def __init__(self) -> None:
        # One text for all: the connector passes on an error its attempts have in common.
        super().__init__("not a public address")


def is_public(address: str) -> bool:
    """Whether a literal address is on the public internet, its IPv4 core taken out of IPv6 forms
    that carry one."""
    inner = _unwrapped(ipaddress.ip_address(address))
    if isinstance(inner, ipaddress.IPv6Address) and inner not in _GLOBAL_UNICAST:
        return False  # `is_global` knows no ::/96, fec0::/10, 64:ff9b:1::/48
    return inner.is_global and not inner.is_multicast


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def guarded_socket(info: AddrInfoType) -> socket.socket:
    """A socket for the very address that will be connected to. Raises PrivateAddressError."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddressError
    return socket.socket(family, kind, protocol)


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The private hosts and unusual ports that the operator listed: (host, port or `*`)."""

    pairs: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowedHosts":
        """`rsshub:1200`, `[::1]:8000`, `127.0.0.1:*`. Raises ValueError."""
        return cls(frozenset(map(_pair, entries)))

    def has(self, url: URL) -> bool:
        host = (url.host or "").lower()
        return (host, str(url.port)) in self.pairs or (host, ANY_PORT) in self.pairs


def _pair(entry: str) -> tuple[str, str]:
    host, _, port = entry.strip().lower().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if (
        not host
        or "/" in host
        or not (port == ANY_PORT or (port.isdecimal() and 0 < int(port) < 65_536))
    ):
        raise ValueError(f"must be host:port, such as rsshub:1200 (it is {entry!r})")
    return host, port


def checked_url(address: str | URL, allowed: AllowedHosts) -> URL:
    """An address that may be asked for; where it leads is judged when a connection is made.

    Raises FetchError with `reason`: scheme, userinfo, port, or address for what is none.
    """
    try:
        url = URL(address)
        host, port = url.host, url.port
    except ValueError as error:
        raise FetchError(url=str(address), reason="address") from error
    reason = None
    if url.scheme not in {"http", "https"}:
        reason = "scheme"
    elif not host:
        reason = "address"
    elif url.user is not None or url.password is not None:
        reason = "userinfo"
    elif port not in USUAL_PORTS and not allowed.has(url):
        reason = "port"
    if reason:
        raise FetchError(url=str(url), reason=reason)
    return url
