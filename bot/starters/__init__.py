"""Feeds to begin with, one list a language; they ship with the project."""

from importlib import resources

from digests.models import Found, SourceKind
from digests.sources.opml import parse_opml

STARTERS = ("ru", "en")


def starter(code: str) -> list[Found]:
    """`code` is one of STARTERS."""
    data = resources.files("bot.starters").joinpath(f"{code}.opml").read_bytes()
    return [Found(SourceKind.FEED, one.address, one.title) for one in parse_opml(data)]
