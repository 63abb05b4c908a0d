"""Servers that answer as no server should, byte by byte as they please, on loopback."""

import asyncio
import gzip
import json
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from hostile.generated import items, rss

ROOT: Final = Path(__file__).parents[1]
FEED: Final = rss(items(3)).encode()
BOMB_BYTES: Final = 1024**3
DRIP_SECONDS: Final = 0.2
FORBIDDEN: Final = "127.0.0.2"  # loopback too, and not on the list of allowed hosts

Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(head: str, body: bytes = b"") -> Handler:
    """`head` as it goes over the wire, status line first."""

    async def handle(writer: asyncio.StreamWriter) -> None:
        writer.write(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        await writer.drain()

    return handle


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss><channel>")
    while True:
        writer.write(items(50).encode())
        await writer.drain()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
    for byte in FEED * 1_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        writer.write(f"X-{number}: 1\r\n".encode())
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)


async def silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3_600)


async def endless_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def bomb(writer: asyncio.StreamWriter) -> None:
    """A gigabyte in a megabyte of gzip."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    for piece in packed_zeros():
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)


def packed_zeros() -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    chunk = b"\0" * 1024**2
    for _ in range(BOMB_BYTES // len(chunk)):
        yield packer.compress(chunk)
    yield packer.flush()


def _some(*reasons: str) -> frozenset[str]:
    return frozenset(reasons)


OK: Final = "HTTP/1.1 200 OK\nContent-Type: text/xml"
MOVED: Final = "HTTP/1.1 301 Moved Permanently\nContent-Length: 0\nLocation: "
# By path: what is answered, and the reasons that may be given for it; none: it is read.
EVIL: Final[dict[str, tuple[Handler, frozenset[str]]]] = {
    "/endless": (endless, _some("too_large")),
    "/dripping": (dripping, _some("timeout")),
    "/dripping-head": (dripping_head, _some("timeout", "headers")),
    "/endless-head": (endless_head, _some("headers")),
    "/silent": (silent, _some("timeout")),
    "/bomb": (bomb, _some("too_large")),
    "/circle": (answer(MOVED + "/circle"), _some("redirects")),
    "/away": (answer(f"{MOVED}http://{FORBIDDEN}/"), _some("private")),
    "/away-by-name": (answer(f"{MOVED}http://localhost/"), _some("private")),
    "/away-to-ssh": (answer(f"{MOVED}http://{FORBIDDEN}:22/"), _some("port")),
    "/file": (answer(MOVED + "file:///etc/passwd"), _some("scheme")),
    "/nowhere": (answer("HTTP/1.1 302 Found\nContent-Length: 0"), _some("http_302")),
    "/long-header": (answer(f"{OK}\nX-Long: {'x' * 100_000}", FEED), _some("headers")),
    "/many-headers": (
        answer(OK + "".join(f"\nX-{n}: x" for n in range(5_000)), FEED),
        _some("headers"),
    ),
    "/odd-header": (answer(OK + '\nETag: \xff\xfe"', FEED), _some()),
    "/no-http": (answer("220 mail.example ESMTP"), _some("headers", "connection")),
    "/nothing": (answer("", b""), _some("headers", "connection")),
    "/too-little": (answer(OK + "\nContent-Length: 999999", FEED), _some("connection")),
    "/too-much": (answer(OK + "\nContent-Length: 10", FEED), _some("headers", "connection")),
    "/negative": (answer(OK + "\nContent-Length: -1", FEED), _some("headers")),
    "/two-lengths": (
        answer(f"{OK}\nContent-Length: 5\nContent-Length: {len(FEED)}", FEED),
        _some("headers"),
    ),
    "/huge-length": (
        answer(OK + f"\nContent-Length: {10**30}", FEED),
        _some("headers", "connection"),
    ),
    "/bad-chunks": (
        answer(OK + "\nTransfer-Encoding: chunked", b"zz\r\n" + FEED),
        _some("connection", "headers"),
    ),
    "/endless-chunk": (
        answer(OK + "\nTransfer-Encoding: chunked", b"f" * 100_000),
        _some("connection", "headers"),
    ),
    "/no-gzip": (answer(OK + "\nContent-Encoding: gzip", FEED), _some("connection", "headers")),
    "/half-gzip": (
        answer(OK + "\nContent-Encoding: gzip", gzip.compress(FEED)[:-20]),
        _some(),  # what came is read
    ),
    "/gzip-twice": (
        answer(OK + "\nContent-Encoding: gzip", gzip.compress(gzip.compress(FEED))),
        _some("error.not_text"),
    ),
    "/unknown-coding": (answer(OK + "\nContent-Encoding: x-unknown", FEED), _some()),
    "/no-content": (answer("HTTP/1.1 204 No Content"), _some("http_204")),
    "/partial": (answer("HTTP/1.1 206 Partial Content", FEED), _some("http_206")),
    "/gone": (answer("HTTP/1.1 410 Gone\nContent-Length: 0"), _some("http_410")),
    "/busy": (
        answer("HTTP/1.1 503 No\nRetry-After: 99999999999999999999\nContent-Length: 0"),
        _some("http_503"),
    ),
    "/cookie": (answer(OK + "\nSet-Cookie: a=b" + "c" * 4_000, FEED), _some()),
    "/wrong-type": (
        answer("HTTP/1.1 200 OK\nContent-Type: image/png; charset=\x01", FEED),
        _some(),
    ),
}


@asynccontextmanager
async def serving(
    handlers: dict[str, Handler], host: str = "127.0.0.1"
) -> AsyncIterator[tuple[str, list[str]]]:
    """The server's address, and the paths it was asked for."""
    asked: list[str] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            line = await reader.readline()
            while await reader.readline() not in {b"\r\n", b""}:
                pass
            path = line.split()[1].decode() if len(line.split()) > 1 else ""
            asked.append(path)
            await handlers.get(path, answer("HTTP/1.1 404 No\nContent-Length: 0"))(writer)
        writer.transport.abort() if writer.is_closing() else writer.close()

    server = await asyncio.start_server(connected, host, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://{host}:{port}", asked
    finally:
        server.close()


@asynccontextmanager
async def evil_servers() -> AsyncIterator[dict[str, str]]:
    """Every evil path's address, each on a port of its own, served by another process: what it
    computes is not ours."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hostile.server", stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no output to read")
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def serve() -> None:
    async with AsyncExitStack() as stack:
        addresses = {}
        for path, (handler, _) in EVIL.items():
            base, _ = await stack.enter_async_context(serving({path: handler}))
            addresses[path] = base + path
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
