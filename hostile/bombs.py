"""How much memory the bot's own process needs for what unfolds on its way in."""

from contextlib import suppress

from bot.errors import FetchError
from bot.fetching import open_fetcher
from bot.guard import AllowedHosts
from hostile.reading import forget_peak, peak_megabytes, resident_megabytes
from hostile.server import evil_servers


async def bomb_megabytes() -> float:
    """By how many MB this process grows at most while it fetches a gigabyte packed into one."""
    allowed = AllowedHosts.parse(["127.0.0.1:*"])
    async with evil_servers() as addresses, open_fetcher(allowed) as fetcher:
        with suppress(FetchError):
            await fetcher.fetch(addresses["/circle"])  # whatever a first request loads
        forget_peak()
        before = resident_megabytes()
        try:
            await fetcher.fetch(addresses["/bomb"])
        except FetchError as error:
            if error.values["reason"] != "too_large":
                raise
        return peak_megabytes() - before
