"""What a document is that somebody points to: a feed, a list of feeds, or a page with links to
feeds and perhaps an article. Decided by content; names and declared types prove nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lxml import etree, html

from digests.errors import ArticleRejectedError, NotAFeedError
from digests.models import Entry
from digests.sources.addresses import web_address
from digests.sources.charsets import charset_of
from digests.sources.feed import is_page, parse_feed
from digests.sources.opml import Outline, parse_opml
from digests.sources.page import page_entry
from digests.text.characters import clean_title
from digests.text.charset import decode

MOST_LINKS: Final = 10
HEAD_LETTERS: Final = 20_000
MOST_COMMENTS: Final = 5
COMMON_PATHS: Final = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")

_OPML = re.compile(r"(?:<!doctype opml\b[^>\[]*>\s*)?<(?:\w+:)?opml[\s>]", re.IGNORECASE)
_FEED_TYPES: Final = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
    }
)
_OF_COMMENTS = re.compile(r"comments|комментари", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """Of the three, what was found; all empty for a page that has nothing to offer."""

    feed: str | None = None  # None: it is no feed; else the feed's title
    outlines: tuple[Outline, ...] = ()  # of a list of feeds
    links: tuple[Outline, ...] = ()  # to feeds, on a page
    article: Entry | None = None  # None: the page has none


def read_document(data: bytes, content_type: str | None = None, url: str | None = None) -> Document:
    """Raises NotAFeedError for what is neither a feed, a list, nor a page, and NotOpmlError for
    a list that cannot be read."""
    if is_opml(data):
        return Document(outlines=parse_opml(data))
    try:
        return Document(feed=clean_title(parse_feed(data, content_type, url).title))
    except NotAFeedError:
        if not is_html(data):
            raise
    try:
        article = page_entry(data, content_type, url)
    except ArticleRejectedError:
        article = None
    if url and not urlsplit(url).path.strip("/"):
        article = None  # a front page is no article
    return Document(links=tuple(_links(data, content_type, url))[:MOST_LINKS], article=article)


def read_outlines(data: bytes) -> tuple[Outline, ...]:
    """The feeds of a list; empty: it is something else. Raises NotOpmlError."""
    return parse_opml(data) if is_opml(data) else ()


def is_opml(data: bytes) -> bool:
    return bool(_OPML.match(_head(data)))


def is_html(data: bytes) -> bool:
    return is_page(_head(data))


def _head(data: bytes) -> str:
    """The beginning of the document, past an XML declaration and comments."""
    try:
        head = decode(data)[:HEAD_LETTERS].lstrip("\ufeff \t\r\n")
    except ArticleRejectedError:
        return ""
    for opening, end in (("<?xml", "?>"), *[("<!--", "-->")] * MOST_COMMENTS):
        if head.startswith(opening):
            head = head.partition(end)[2].lstrip()
    return head


def _links(data: bytes, content_type: str | None, url: str | None) -> Iterator[Outline]:
    """`<link rel="alternate">` of feed types, those of comments only if there are no others."""
    try:
        page = html.document_fromstring(
            decode(data, charset_of(content_type)).encode(),
            parser=html.HTMLParser(encoding="utf-8", no_network=True),
        )
    except (etree.LxmlError, ValueError):
        return
    base = web_address(page.xpath("string(//base/@href)"), url) or url
    found: dict[str, Outline] = {}
    for node in page.iter("link"):
        relations = node.get("rel", "").lower().split()
        kind = node.get("type", "").partition(";")[0].strip().lower()
        address = web_address(node.get("href", ""), base)
        if "alternate" in relations and kind in _FEED_TYPES and address:
            title = clean_title(node.get("title", "")) or address
            found.setdefault(address, Outline(title, address))
    main = [one for one in found.values() if not _OF_COMMENTS.search(f"{one.title} {one.address}")]
    yield from main or found.values()
