import contextlib
import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.errors import NotAFeedError
from digests.models import Entry
from digests.sources.feed import parse_feed

FEEDS = Path(__file__).parents[4] / "shared" / "data" / "feeds"
URL = "https://news.example.org/rss/all.xml"


def rss(
    items: str, head: str = "<title>Новости</title><link>https://news.example.org/</link>"
) -> bytes:
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()
    )


def only_entry(item: str) -> Entry:
    (entry,) = parse_feed(rss(f"<item>{item}</item>"), None, URL).entries
    return entry


def test_an_rss_item_is_read() -> None:
    entry = only_entry(
        "<title>Мост &amp; река</title><link>/bridge?a=1&amp;b=2</link><guid> g-1 </guid>"
        "<pubDate>Mon, 05 Oct 2026 10:00:00 +0300</pubDate><description>Коротко.</description>"
        '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        "<![CDATA[<p>Движение началось.</p><p>Все рады.</p>]]></content:encoded>"
    )
    assert entry == Entry(
        title="Мост & река",
        text="Движение началось.\n\nВсе рады.",
        guid="g-1",
        link="https://news.example.org/bridge?a=1&b=2",
        published=datetime(2026, 10, 5, 7, tzinfo=UTC),
    )


def test_an_atom_entry_is_read() -> None:
    feed = parse_feed(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>'
        b'<link href="https://a.example/"/><entry><id>urn:1</id><title>Bridge</title>'
        b'<link rel="alternate" href="https://a.example/1"/><updated>2026-10-05T10:00:00Z</updated>'
        b'<summary type="html">&lt;b&gt;Open&lt;/b&gt; now.</summary></entry></feed>'
    )
    assert feed.title == "News"
    assert feed.link == "https://a.example/"
    assert feed.entries == (
        Entry(
            title="Bridge",
            text="Open now.",
            guid="urn:1",
            link="https://a.example/1",
            published=datetime(2026, 10, 5, 10, tzinfo=UTC),
        ),
    )


def test_a_json_feed_is_read() -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "home_page_url": "https://a.example/",
        "items": [
            {"id": 1, "url": "/1", "title": "Bridge", "content_html": "<p>Open.</p>",
             "date_published": "2026-10-05T10:00:00+03:00"},
            {"id": "2", "url": "https://a.example/2", "content_text": "No title here. Only text."},
            "no item",
        ],
    }  # fmt: skip
    first, second = parse_feed(json.dumps(document).encode()).entries
    assert first.link == "https://a.example/1"
    assert first.published == datetime(2026, 10, 5, 7, tzinfo=UTC)
    assert second.title == "No title here."


@pytest.mark.parametrize("link", ["javascript:alert(1)", "tg://user?id=1", "data:text/html,x", "ftp://a/b",
                                  "https://user:pw@a.example/", "http://[bad/"])  # fmt: skip
def test_only_web_addresses_are_links(link: str) -> None:
    assert only_entry(f"<title>t</title><link>{link}</link>").link is None


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("yesterday evening", None),
        ("Mon, 32 Foo 2026 99:00:00", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Чт, 05 окт 2026 10:00:00 +0300", datetime(2026, 10, 5, 7, tzinfo=UTC)),
        ("Fri, 05 Oct 2096 10:00:00 GMT", datetime(2096, 10, 5, 10, tzinfo=UTC)),
    ],
)
def test_dates_are_utc_or_nothing(date: str, published: datetime | None) -> None:
    assert only_entry(f"<title>t</title><pubDate>{date}</pubDate>").published == published


def test_an_entry_without_title_is_named_by_its_text_or_address() -> None:
    assert only_entry("<description>Мост открыт. Все рады.</description>").title == "Мост открыт."
    assert len(only_entry(f"<description>{'слово ' * 60}</description>").title) <= 100
    assert only_entry("<link>https://a.example/p/1</link>").title == "a.example/p/1"


def test_the_time_to_live_is_read() -> None:
    head = "<title>T</title><ttl> 60 </ttl>"
    assert parse_feed(rss("<item><title>t</title></item>", head)).ttl_minutes == 60


def test_a_truncated_feed_gives_what_is_whole() -> None:
    items = "".join(f"<item><title>Новость {n}</title></item>" for n in range(10))
    entries = parse_feed(rss(items)[:-120]).entries
    assert len(entries) >= 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n ",
        b"<!doctype html><html><body><p>Not a feed</p></body></html>",
        b"<html><item>x</item></html>",
        b'{"error": "not found"}',
        b"{" * 100_000,
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
        b"plain words",
        b"/etc/passwd",
        b"https://example.org/feed.xml",
        b"%PDF-1.4",
        rss(""),
    ],
)
def test_what_is_no_feed_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(NotAFeedError) as caught:
        parse_feed(data, "text/html; charset=utf-8", URL)
    assert caught.value.values["reason"]


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET-WORD")
    data = rss("<item><title>t &x; u</title></item>").replace(
        b"<rss", f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]><rss'.encode(), 1
    )
    assert "SECRET" not in repr(parse_feed(data))


@given(st.data())
def test_mutated_feeds_give_entries_or_not_a_feed(data: st.DataObject) -> None:
    whole = rss("<item><title>Мост</title><link>https://a.example/1</link></item>" * 2)
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(
        st.binary(max_size=12) | st.sampled_from([b"<![CDATA[", b"&#99999999999;", b"]]>", b"<!--"])
    )
    with contextlib.suppress(NotAFeedError):
        assert parse_feed(whole[:at] + junk + whole[at + len(junk) :], None, URL).entries


def _indexed() -> list[dict[str, str]]:
    if not FEEDS.is_dir():
        return []
    with (FEEDS / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(not FEEDS.is_dir(), reason="development data is not here: ../shared/data")
def test_the_collected_feeds_are_read_salvaged_or_refused() -> None:
    failed = [row["path"] for row in _indexed() if not _as_expected(row)]
    assert failed == []


def _as_expected(row: dict[str, str]) -> bool:
    headers = {
        name.lower(): value for name, value in json.loads(row["http_headers"] or "{}").items()
    }
    try:
        feed = parse_feed((FEEDS / row["path"]).read_bytes(), headers.get("content-type"), URL)
    except NotAFeedError:
        return row["class"] in {"reject", "parse_zero_entries"}
    least = row["json_items"] or row["min_entries"]
    return row["class"] not in {"reject", "parse_zero_entries"} and len(feed.entries) >= int(least)


@pytest.mark.skipif(not FEEDS.is_dir(), reason="development data is not here: ../shared/data")
@pytest.mark.parametrize(
    "path", [row["path"] for row in _indexed() if row["path"].startswith("13_")]
)
def test_russian_feeds_are_readable_in_every_charset(path: str) -> None:
    for entry in parse_feed((FEEDS / path).read_bytes(), None, URL).entries:
        letters = [letter for letter in entry.title if letter.isalpha()]
        russian = sum("а" <= letter.lower() <= "я" or letter in "ёЁіїєґІЇЄҐ" for letter in letters)
        assert russian >= 0.5 * len(letters), entry.title
