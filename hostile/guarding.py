"""The guard's table: addresses that must not be connected to, in every spelling, beside listeners
that count who comes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bot import fetching, guard
from bot.errors import FetchError
from bot.fetching import open_fetcher
from bot.guard import AllowedHosts
from hostile.server import FORBIDDEN, answer, serving

# {port} is that of a listener on the forbidden addresses.
SPELLINGS: Final = (
    "http://127.0.0.2:{port}/", "https://127.0.0.2:{port}/", "http://127.2:{port}/",
    "http://2130706434:{port}/", "http://0x7f000002:{port}/", "http://0x7f.0.0.2:{port}/",
    "http://0177.0.0.2:{port}/", "http://017700000002:{port}/", "http://127.000.000.002:{port}/",
    "http://127.0.0.2.:{port}/", "http://127。0。0。2:{port}/", "http://１２７.０.０.２:{port}/",
    "http://①②⑦.⓪.⓪.②:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.2]:{port}/",
    "http://[::ffff:7f00:2]:{port}/", "http://[0:0:0:0:0:ffff:7f00:2]:{port}/",
    "http://[::127.0.0.2]:{port}/", "http://[::ffff:0:127.0.0.2]:{port}/",
    "http://[64:ff9b::127.0.0.2]:{port}/", "http://[2002:7f00:2::]:{port}/",
    "http://[2001:0:7f00:2::80ff:fffd]:{port}/", "http://[::]:{port}/", "http://0.0.0.0:{port}/",
    "http://0:{port}/", "http://localhost:{port}/", "http://LOCALHOST.:{port}/",
    "http://ip6-localhost:{port}/", "http://user:pw@127.0.0.2:{port}/",
    "http://8.8.8.8@127.0.0.2:{port}/", "http://127.0.0.2:{port}\\@8.8.8.8/",
    "http://8.8.8.8:80@127.0.0.2:{port}/", "http://127.0.0.2:{port}#@8.8.8.8/",
    "http://127.0.0.2%00.example.org:{port}/", "http:/127.0.0.2:{port}/",
    "http://127.0.0.2:{port}%0d%0aHost:%20x/", "//127.0.0.2:{port}/", "gopher://127.0.0.2:{port}/_x",
    "ftp://127.0.0.2:{port}/", "file:///etc/passwd", "unix:///var/run/docker.sock",
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/", "http://10.0.0.1/",
    "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://[fe80::1%25lo]/",
)  # fmt: skip
TURNS: Final = ("127.0.0.2", "::1", "::ffff:127.0.0.2", "0.0.0.0")  # noqa: S104 - to be refused
REDIRECTS: Final = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Guarded:
    """How many hostile addresses were tried, and what got through."""

    tried: int
    connections: int
    answered: tuple[str, ...]  # addresses that a document came back from


class Turncoat(AbstractResolver):
    """A name that resolves to another forbidden address each time it is asked for.

    That a public answer to the first question helps nothing is tested in
    `tests/bot/test_guard.py`: nothing here may reach for the internet.
    """

    def __init__(self) -> None:
        self._asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        address = TURNS[self._asked % len(TURNS)]
        self._asked += 1
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        if family not in {socket.AF_UNSPEC, kind}:
            return []
        found: ResolveResult = {
            "hostname": host,
            "host": address,
            "port": port,
            "family": kind,
            "proto": 0,
            "flags": 0,
        }
        return [found]

    async def close(self) -> None:
        """Nothing is open."""


async def try_all() -> Guarded:
    async with AsyncExitStack() as stack:
        port, came = await stack.enter_async_context(listeners())
        # Judged is the address, so the port is made an ordinary one.
        stack.enter_context(patch.object(guard, "USUAL_PORTS", guard.USUAL_PORTS | {port}))
        urls = [spelling.format(port=port) for spelling in SPELLINGS]
        handlers = {
            f"/{status}/{number}": answer(
                f"HTTP/1.1 {status} x\nContent-Length: 0\nLocation: {url}"
            )
            for status in REDIRECTS
            for number, url in enumerate(urls)
            if url.isascii()
        }
        base, _ = await stack.enter_async_context(serving(handlers))
        tried = [*urls, *(base + path for path in handlers)]
        answered = await _fetched(tried, base)
        answered += await _rebound(port)
    return Guarded(len(tried) + len(TURNS), came[0], tuple(answered))


async def _fetched(urls: list[str], base: str) -> list[str]:
    answered = []
    async with open_fetcher(AllowedHosts.parse([base.removeprefix("http://")])) as fetcher:
        for url in urls:
            try:
                await fetcher.fetch(url)
            except FetchError:
                continue
            answered.append(url)
    return answered


async def _rebound(port: int) -> list[str]:
    """A name that changes its address between questions, asked again and again."""
    made = aiohttp.TCPConnector.__init__

    def make(self: aiohttp.TCPConnector, **options: Any) -> None:  # noqa: ANN401
        made(self, resolver=Turncoat(), use_dns_cache=False, **options)

    with patch.object(fetching.aiohttp.TCPConnector, "__init__", make):
        return await _fetched([f"http://rebinding.example:{port}/"] * len(TURNS), "http://none:1")


@asynccontextmanager
async def listeners() -> AsyncIterator[tuple[int, list[int]]]:
    """One port on the forbidden loopback addresses of both families; who came is counted."""
    came = [0]

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came[0] += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
        writer.close()

    first = await asyncio.start_server(count, FORBIDDEN, 0)
    port = first.sockets[0].getsockname()[1]
    servers = [first]
    for host in ("127.0.0.1", "::1"):
        try:
            servers.append(await asyncio.start_server(count, host, port))
        except OSError:  # no IPv6 here, or the port is taken on it
            continue
    try:
        yield port, came
    finally:
        for server in servers:
            server.close()
