"""Addresses as foreign documents write them, made into ones that may be shown and fetched."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from digests.text.characters import clean_characters

MOST_LINK_CHARACTERS: Final = 2_000

_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)


def web_address(raw: str, base: str | None = None) -> str | None:
    """An http(s) address without user and password, resolved against `base`; else None."""
    raw = "".join(clean_characters(raw).split())
    if not raw or len(raw) > MOST_LINK_CHARACTERS:
        return None
    try:
        address = urljoin(base or "", raw)
        parts = urlsplit(address)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    if not _WEB.match(address) or not parts.hostname or "@" in parts.netloc:
        return None
    return address
