"""Reads feeds: bytes as fetched in, entries as plain text out. RSS, RDF, Atom and JSON Feed.

A fast strict parser goes first, a forgiving slow one salvages what it refuses. Both are fed utf-8
of our own decoding, see `digests.text.charset`. Runs in a worker process that can be killed:
parsers raise anything and may take their time over hostile input.
"""

import io
import json
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import fastfeedparser
import feedparser

from digests.errors import ArticleRejectedError, NotAFeedError
from digests.models import Entry, Feed, host_of
from digests.sources.addresses import MOST_LINK_CHARACTERS, web_address
from digests.sources.charsets import charset_of
from digests.sources.hints import hints_of
from digests.text.characters import clean_characters, clean_title, shortened
from digests.text.charset import decode
from digests.text.markup import plain_text
from digests.text.sentences import split_sentences

MADE_TITLE_CHARACTERS: Final = 100
MOST_ENTRIES: Final = 1_000
MOST_GUID_CHARACTERS: Final = 1_000
_EARLIEST_YEAR: Final = 1990  # dates before the first feeds are broken clocks

_HTML_OPENING = re.compile(r"<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,500}\?>", re.IGNORECASE)
_FORBIDDEN_BYTES: Final = bytes(set(range(0x20)) - set(b"\t\n\r"))
_FORBIDDEN_MARKS: Final = "\ufffe\uffff"
_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_RUNS = re.compile(r"<+(?=<)|&+(?=&)")  # each costs the forgiving parser a look at all that follows
_HEAD_LETTERS: Final = 20_000
_MOST_SALVAGED_LETTERS: Final = 2_000_000  # the forgiving parser takes seconds for as many

# «Чт, 05 окт 2026 10:00:00 +0300»: no parser knows Russian months.
_RUSSIAN_DATE = re.compile(
    r"(<(?:pubDate|dc:date|published|updated)>)\s*(?:[А-Яа-яё]+\.?,?\s+)?(\d{1,2})\s+"
    r"(янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-яё]*\.?(?=\s+\d{4})",
    re.IGNORECASE,
)
_MONTHS: Final = dict(
    zip(
        "янв фев мар апр май мая июн июл авг сен окт ноя дек".split(),  # noqa: SIM905
        "Jan Feb Mar Apr May May Jun Jul Aug Sep Oct Nov Dec".split(),  # noqa: SIM905
        strict=True,
    )
)

# It would ask dateparser, which trafilatura brings, about dates it cannot read: slow, and
# "yesterday" is no date of a document.
fastfeedparser.main._slow_dateparser = lambda _value: None  # noqa: SLF001

Record = Mapping[str, Any]  # an entry or feed as a parser gives it


def parse_feed(data: bytes, content_type: str | None = None, url: str | None = None) -> Feed:
    """`url` is where the feed came from: relative links are resolved against it.

    Raises NotAFeedError with `reason` for HTML, binary, empty or garbled input and for a feed
    without entries.
    """
    head, records, text = read_records(data, content_type, url)
    if not records:
        raise NotAFeedError(reason="no entries", url=url)
    return _feed(head, records[:MOST_ENTRIES], text, url)


def read_records(
    data: bytes, content_type: str | None = None, url: str | None = None
) -> tuple[Record, Sequence[Record], str]:
    """Feed and entries as a parser gives them, markup and all, and the text they stood in.

    Raises NotAFeedError.
    """
    try:
        text = decode(data, charset_of(content_type))
    except ArticleRejectedError as error:
        raise NotAFeedError(reason=error.code, url=url) from error
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return *_read_json(text, url), text
    if is_page(text):
        raise NotAFeedError(reason="html", url=url)
    return *_read_xml(text, url), text


def is_page(text: str) -> bool:
    """Whether HTML opens the document, after comments and an XML declaration, and no feed stands
    in it."""
    head = _XML_DECLARATION.sub("", text[:_HEAD_LETTERS].lstrip("\ufeff \t\r\n"), count=1).lstrip()
    while head.startswith("<!--"):
        head = head.partition("-->")[2].lstrip()
    return bool(_HTML_OPENING.match(head)) and not _FEED_ROOT.search(text[:_HEAD_LETTERS])


def _read_xml(text: str, url: str | None) -> tuple[Record, Sequence[Record]]:
    text = text.lstrip("\ufeff \t\r\n")
    declaration = _XML_DECLARATION.match(text)
    text = _without_surplus(text[declaration.end() :] if declaration else text)
    if not text.isascii():
        text = _RUSSIAN_DATE.sub(_english_date, text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a date's unknown zone: nobody's business
        return _read_strictly(text) or _salvage(text, url)


def _without_surplus(text: str) -> str:
    """A document of at most `MOST_ENTRIES`: of a longer one both ends, for some feeds begin with
    the oldest."""
    if text.count("<") <= MOST_ENTRIES or text.count("</") <= MOST_ENTRIES:
        return text
    ends = [found.end() for found in _ENTRY_END.finditer(text)]
    if len(ends) <= MOST_ENTRIES:
        return text
    half = MOST_ENTRIES // 2
    return text[: ends[half - 1]] + text[ends[-half - 1] :]


def _read_strictly(text: str) -> tuple[Record, Sequence[Record]] | None:
    """None: that needs salvaging."""
    try:
        # Bytes, never a string: fastfeedparser fetches strings that look like addresses.
        feed = fastfeedparser.parse(_encoded(text), include_tags=False, include_enclosures=False)
    except Exception:  # noqa: BLE001 - it raises anything; the salvage decides
        return None
    return (feed["feed"], feed["entries"]) if feed["entries"] else None


def _salvage(text: str, url: str | None) -> tuple[Record, Sequence[Record]]:
    try:
        # A file object, never bytes: feedparser opens bytes that name a file.
        feed = feedparser.parse(
            io.BytesIO(_encoded(_RUNS.sub("", text[:_MOST_SALVAGED_LETTERS]))),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # it raises OverflowError, KeyError, …: 1.2 % of broken inputs
        raise NotAFeedError(reason="unreadable", url=url) from error
    return feed.get("feed", {}), feed.get("entries", [])


def _encoded(text: str) -> bytes:
    """utf-8 without the characters that XML forbids: bytes of utf-8 are deleted fastest."""
    data = text.encode("utf-8", "ignore").translate(None, _FORBIDDEN_BYTES)
    for mark in _FORBIDDEN_MARKS:
        if mark in text:  # found in a string ten times faster than in bytes
            data = data.replace(mark.encode(), b"")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + data


def _english_date(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]} {_MONTHS[found[3].lower()]}"


def _read_json(text: str, url: str | None) -> tuple[Record, Sequence[Record]]:
    """JSON Feed 1.0 and 1.1, its names put as the XML parsers have them."""
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(reason="unreadable", url=url) from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(document.get("version", "")):
        raise NotAFeedError(reason="no feed", url=url)
    head = {"title": document.get("title"), "link": document.get("home_page_url")}
    return head, [
        {
            "id": str(item.get("id") or ""),
            "link": item.get("url") or item.get("external_url"),
            "title": item.get("title"),
            "description": item.get("summary"),
            "content": [{"value": item.get("content_html")}],
            "plain": item.get("content_text"),
            "published": item.get("date_published") or item.get("date_modified"),
        }
        for item in items
        if isinstance(item, dict)
    ]


def _feed(head: Record, records: Iterable[Record], text: str, url: str | None) -> Feed:
    site = _address(head.get("link"), url)
    title = clean_title(plain_text(_words(head.get("title"))))
    named = title or host_of(site or url or "")
    entries = [entry for record in records if (entry := _entry(record, site or url, named))]
    if not entries:
        raise NotAFeedError(reason="no entries", url=url)
    hints = hints_of(text)
    return Feed(named, tuple(entries), site, hints.ttl_minutes, hints.skip_hours)


def _entry(record: Record, base: str | None, feed_title: str) -> Entry | None:
    """None for an entry without a word or an address to name it by."""
    text = _longest_text(record)
    link = _address(record.get("link"), base) or _first_address(record.get("links"), base)
    guid = clean_characters(_words(record.get("id"))).strip()[:MOST_GUID_CHARACTERS]
    if link is None and _WEB.match(guid):
        link = _address(guid, None)
    title = clean_title(plain_text(_words(record.get("title")))) or _made_title(text, link)
    # What has neither words nor an address (a picture, a place) can be told apart only by its feed.
    title = title or clean_title(feed_title)
    if not title:
        return None
    return Entry(title=title, text=text, guid=guid or None, link=link, published=_published(record))


def _longest_text(record: Record) -> str:
    contents = record.get("content")
    values = [part.get("value") for part in contents] if isinstance(contents, list) else []
    values += [record.get("description"), record.get("summary")]
    texts = [plain_text(value) for value in dict.fromkeys(map(_words, values)) if value]
    if plain := _words(record.get("plain")):
        texts.append(plain_text(plain))
    return max(texts, key=len, default="")


def _made_title(text: str, link: str | None) -> str:
    """The first sentence, else the address as a reader would say it."""
    first = split_sentences(text.split("\n", 1)[0][:MOST_LINK_CHARACTERS].removeprefix("• "))
    if first:
        return shortened(clean_title(first[0]), MADE_TITLE_CHARACTERS)
    if link is None:
        return ""
    parts = urlsplit(link)
    path = unquote(parts.path, errors="ignore").rstrip("/")
    return shortened(clean_title(host_of(link) + path), MADE_TITLE_CHARACTERS)


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _first_address(links: object, base: str | None) -> str | None:
    if not isinstance(links, list):
        return None
    found = (
        _address(link.get("href"), base)
        for link in links
        if isinstance(link, Mapping) and link.get("rel", "alternate") in {"alternate", "related"}
    )
    return next((address for address in found if address), None)


def _address(value: object, base: str | None) -> str | None:
    return web_address(_words(value), base)


def _published(record: Record) -> datetime | None:
    for name in ("published", "updated", "created"):
        parsed = record.get(f"{name}_parsed")  # feedparser: a struct_time in UTC
        try:
            when = _moment(parsed) if parsed else _instant(record.get(name))
        except (TypeError, ValueError, OverflowError):
            continue
        if when and when.year >= _EARLIEST_YEAR:
            return when
    return None


def _moment(parsed: Sequence[int]) -> datetime:
    year, month, day, hour, minute, second = parsed[:6]
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)


def _instant(value: object) -> datetime | None:
    """An ISO 8601 date as fastfeedparser and JSON Feed give it; without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    when = datetime.fromisoformat(value.strip())
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
