"""Identity of articles: what makes two of them the same one, or copies of each other.

The same article: same source and guid. An exact copy: another source, same canonical address or
same fingerprint. A near copy: much of the same words in the same order (reposts with an
advertisement, an agency's lead or half the text cut away). Copies count as coverage of a story,
never as news.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zlib import crc32

from digests.models import Shingles
from digests.text.words import fold

FINGERPRINT_LETTERS: Final = 300
SHINGLE_WORDS: Final = 4
SHINGLED_WORDS: Final = 1_000  # of a longer text the rest is not compared
WINNOWED: Final = 16  # a shared run of that many shingles is always found
COPIED: Final = 0.5  # of the smaller set of shingles
COPIED_LEAST: Final = 20  # shingles: 23 words in a row; a footer or slogan in common is no copy
COPIED_OF_LATER: Final = 1 / 3  # a report that adds twice as much of its own is news
TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|yclid|dclid|_openstat|from|ref|referrer|rss|mc_[ce]id|igshid|cmpid)$"
)
T = TypeVar("T")
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
    words = " ".join(_words(fold(start))) or start  # two emoji are no copies
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def shingles(title: str, text: str) -> Shingles:
    """The hashed 4-word shingles of a title with its text."""
    words = [word.encode() for word in _words(fold(f"{title}\n{text}"))[:SHINGLED_WORDS]]
    hashes = list(map(crc32, map(b" ".join, _in_a_row(words, SHINGLE_WORDS))))
    return Shingles(frozenset(hashes), _winnowed(hashes))


def _words(text: str) -> list[str]:
    words = []
    for word in text.split():
        if word.isalnum():  # most are; a pattern takes three times as long
            words.append(word)
        else:
            words += NOT_WORD.sub(" ", word).split()
    return words


def _winnowed(hashes: list[int]) -> frozenset[int]:
    """The least hash of every `WINNOWED` in a row, a ninth of all (Schleimer, Wilkerson and Aiken,
    "Winnowing", 2003): two texts that share such a run share one of these."""
    if len(hashes) < COPIED_LEAST:
        return frozenset()
    least = min(hashes[:WINNOWED])
    at = hashes.index(least)
    found = {least}
    for last in range(WINNOWED, len(hashes)):  # of a row
        if hashes[last] < least:
            least, at = hashes[last], last
        elif at <= last - WINNOWED:
            row = hashes[last - WINNOWED + 1 : last + 1]
            least = min(row)
            at = last - WINNOWED + 1 + row.index(least)
        else:
            continue
        found.add(least)
    return frozenset(found)


def _in_a_row(values: Sequence[T], count: int) -> Iterator[tuple[T, ...]]:
    return zip(*(values[start:] for start in range(count)), strict=False)


def copied(earlier: frozenset[int], later: frozenset[int]) -> float:
    """How much of the smaller of two sets of shingles stands in the other, 0 where neither text
    copies the other."""
    shared = len(earlier & later)
    smaller = min(len(earlier), len(later))
    if shared < max(COPIED_LEAST, COPIED * smaller, COPIED_OF_LATER * len(later)):
        return 0.0
    return shared / smaller
