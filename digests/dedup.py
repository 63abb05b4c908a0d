"""Identity of articles: what makes two of them the same one, or copies of each other.

The same article: same source and guid. A copy: another source, same canonical address or same
fingerprint. Copies count as coverage of a story, never as news.
"""

import hashlib
import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from digests.text.words import fold

FINGERPRINT_LETTERS: Final = 300
TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|yclid|dclid|_openstat|from|ref|referrer|rss|mc_[ce]id|igshid|cmpid)$"
)
NOT_WORD = re.compile(r"[\W_]+")


def canonical_url(link: str) -> str:
    """One address for all spellings of it: https, no `www.`, tracking, fragment or default port.

    >>> canonical_url("http://WWW.e.example:80/a/?utm_source=x&b=2&a=1#top")
    'https://e.example/a?a=1&b=2'
    """
    parts = urlsplit(link.strip())
    host = (parts.hostname or "").removeprefix("www.")
    host = f"[{host}]" if ":" in host else host
    try:
        port = parts.port
    except ValueError:
        port = None
    authority = host if port in (None, 80, 443) else f"{host}:{port}"
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not TRACKING.match(name.lower())
    )
    path = parts.path.rstrip("/")
    return urlunsplit(("https", authority, path, urlencode(query), ""))


def article_url(link: str) -> str | None:
    """The canonical address, None for a site's front page: it is no article's own."""
    url = canonical_url(link)
    parts = urlsplit(url)
    return url if parts.path or parts.query else None


def fingerprint(title: str, text: str) -> str:
    """Hash of the normalised title and the first 300 letters: equal for word-for-word copies."""
    start = f"{title}\n{text}"[: FINGERPRINT_LETTERS + len(title)]
    words = NOT_WORD.sub(" ", fold(start)).strip() or start  # two emoji are no copies
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()
