"""`python -m bot.sandbox`: the sandbox by itself, for a demo or for trying the bot by hand."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress

from bot.sandbox.server import run_sandbox
from bot.sandbox.world import DEFAULT_TOKEN, World


async def serve(host: str, port: int, token: str) -> None:
    async with run_sandbox(host, port, world=World(token=token)) as sandbox:
        print(f"chat page    {sandbox.page_url}")  # noqa: T201 - a command line prints
        print(f"API base     {sandbox.url}")  # noqa: T201
        print(f"bot token    {sandbox.token}", flush=True)  # noqa: T201
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the token the bot must use")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.host, arguments.port, arguments.token))


if __name__ == "__main__":
    main()
