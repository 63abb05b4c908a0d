"""Nobody outside decides where the bot connects: the address itself is judged."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot import fetching
from bot.errors import FetchError
from bot.fetching import open_fetcher
from bot.guard import AllowedHosts, is_public

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = """
    8.8.8.8 1.1.1.1 93.184.215.14 2606:4700::1111 2a02:6b8::2:242 ::ffff:8.8.8.8
    2002:0808:0808::1 64:ff9b::8.8.8.8
""".split()  # noqa: SIM905
PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe
    2002:7f00:1::1 2002:a00:1::1 2002:c0a8:101::1 2001:0:4136:e378:8000:63bf:80ff:fffe
    64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::a00:1 100::1 2001:db8::1 fc00::1 fd12:3456::1
    fe80::1 fe80::1%1 fec0::1 ff02::1 ff0e::1 5f00::1
""".split()  # noqa: SIM905
# Spellings of loopback and of the metadata address, and what the guard says to each.
SPELLINGS = {
    "http://127.0.0.2/": "private",
    "http://[::1]/": "private",
    "http://[::ffff:127.0.0.2]/": "private",
    "http://[::ffff:7f00:2]/": "private",
    "http://[0:0:0:0:0:ffff:7f00:0002]/": "private",
    "http://[64:ff9b::7f00:2]/": "private",
    "http://[2002:7f00:2::]/": "private",
    "http://[::127.0.0.2]/": "private",
    "http://[fe80::1%25lo]/": None,
    "http://0/": None,
    "http://0.0.0.0/": "private",
    "http://127.2/": None,
    "http://2130706434/": None,
    "http://0x7f000002/": None,
    "http://0x7f.0.0.2/": None,
    "http://0177.0.0.2/": None,
    "http://127.0.0.2./": None,
    "http://127.000.000.002/": None,
    "http://１２７.０.０.２/": None,
    "http://①②⑦.⓪.⓪.②/": None,
    "http://127。0。0。2/": None,
    "http://localhost/": None,
    "http://LOCALHOST./": None,
    "http://169.254.169.254/latest/meta-data/": "private",
    "http://u:p@127.0.0.2/": "userinfo",
    "http://8.8.8.8@127.0.0.2/": "userinfo",
    "http://127.0.0.2#@8.8.8.8/": "private",
    "http://127.0.0.2\\@8.8.8.8/": None,
    "http://127.0.0.2:22/": "port",
    "http://127.0.0.2:8080/": "port",
    "http://127.0.0.1:443/": "private",
    "https://127.0.0.2/": "private",
    "ftp://127.0.0.2/": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://127.0.0.2:80/_x": "scheme",
    "unix:///var/run/docker.sock": "scheme",
    "data:text/xml,<rss/>": "scheme",
    "": "scheme",
    "http:///": "address",
    "http://[": "address",
    "http://a:99999/": "address",
}


class Resolver(AbstractResolver):
    """Names resolve to what the test says, each time to the next address, as a rebinding name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        found = [
            (one, socket.AF_INET6 if ":" in one else socket.AF_INET) for one in address.split()
        ]
        return [
            {"hostname": host, "host": one, "port": port, "family": kind, "proto": 0, "flags": 0}
            for one, kind in found
            if family in {socket.AF_UNSPEC, kind}
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses that a socket was really connected to, or tried to be."""
    tried: list[Any] = []

    async def record(_loop: object, _sock: object, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", record)
    return tried


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Resolver]:
    def set_resolver(*addresses: str) -> Resolver:
        resolver = Resolver(*addresses)
        made = aiohttp.TCPConnector.__init__

        def make(self: aiohttp.TCPConnector, **options: Any) -> None:
            made(self, resolver=resolver, use_dns_cache=False, **options)

        monkeypatch.setattr(fetching.aiohttp.TCPConnector, "__init__", make)
        return resolver

    return set_resolver


async def reason_of(url: str, *allowed: str) -> str:
    async with open_fetcher(AllowedHosts.parse(allowed)) as fetcher:
        with pytest.raises(FetchError) as refused:
            await fetcher.fetch(url)
    return str(refused.value.values["reason"])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("url", SPELLINGS)
async def test_no_spelling_of_a_private_address_is_connected_to(
    url: str, connections: list[Any]
) -> None:
    reason = await reason_of(url)
    assert connections == []
    if SPELLINGS[url]:
        assert reason == SPELLINGS[url]
    else:
        assert reason in {"private", "address", "userinfo", "connection"}


@pytest.mark.parametrize(
    "addresses", ["127.0.0.2", "::1", "127.0.0.2 ::1", "10.0.0.1 fd00::1 169.254.169.254"]
)
async def test_names_of_private_addresses_are_refused(
    addresses: str, connections: list[Any], resolved: Callable[..., Resolver]
) -> None:
    resolved(addresses)
    assert await reason_of("http://inside.example/") == "private"
    assert connections == []


async def test_name_that_is_public_once_and_private_then_is_judged_each_time(
    connections: list[Any], resolved: Callable[..., Resolver]
) -> None:
    resolver = resolved("8.8.8.8", "127.0.0.2", "127.0.0.2")
    async with open_fetcher(AllowedHosts()) as fetcher:
        reasons = []
        for _ in range(3):
            with pytest.raises(FetchError) as refused:
                await fetcher.fetch("http://rebinding.example/")
            reasons.append(refused.value.values["reason"])
    assert reasons == ["connection", "private", "private"]
    assert resolver.asked == 3
    assert connections == [("8.8.8.8", 80)]


async def test_of_several_addresses_only_the_public_ones_are_tried(
    connections: list[Any], resolved: Callable[..., Resolver]
) -> None:
    resolved("127.0.0.2 8.8.8.8 ::1 2606:4700::1111")
    assert await reason_of("http://mixed.example/") == "connection"
    assert {address[0] for address in connections} == {"8.8.8.8", "2606:4700::1111"}


async def test_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, connections: list[Any], resolved: Callable[..., Resolver]
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.2:3128")
    resolved("8.8.8.8")
    await reason_of("http://outside.example/")
    await reason_of("https://outside.example/")
    assert {address for address, *_ in connections} == {"8.8.8.8"}


async def test_listed_hosts_may_be_private_on_the_listed_port_only(
    connections: list[Any], resolved: Callable[..., Resolver]
) -> None:
    resolved("10.0.0.5")
    assert await reason_of("http://RSSHub:1200/x", "rsshub:1200") == "connection"
    assert connections == [("10.0.0.5", 1200)]
    assert await reason_of("http://rsshub/x", "rsshub:1200") == "private"
    assert await reason_of("http://rsshub:1201/x", "rsshub:1200") == "port"
    assert await reason_of("http://other:1200/x", "rsshub:1200") == "port"
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("rsshub:1200", "http://rsshub:1200/feed"),
        (" News.Example:443 ", "https://news.example/feed"),
        ("[::1]:8000", "http://[::1]:8000/"),
        ("127.0.0.1:*", "http://127.0.0.1:5/"),
    ],
)
def test_listed_host_is_recognised(entry: str, url: str) -> None:
    assert AllowedHosts.parse([entry]).has(URL(url))


@pytest.mark.parametrize(
    "entry", ["", "rsshub", ":80", "a:", "a:0", "a:65536", "a:b", "http://a:80"]
)
def test_entry_that_names_no_host_and_port_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        AllowedHosts.parse([entry])
