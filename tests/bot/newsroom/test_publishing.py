"""Feeds and files of the newsroom are what feeds and files of real publishers are."""

from calendar import timegm
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import feedparser
import pytest

from bot.newsroom.articles import Outlet, load_newsroom
from bot.newsroom.publishing import render_feed, render_html, write_files

START = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
LATER = START + timedelta(hours=1)
NEWSROOM = load_newsroom()
FEEDS = [outlet for outlet in NEWSROOM.outlets if outlet.kind == "feed"]


@pytest.mark.parametrize("outlet", FEEDS, ids=lambda outlet: outlet.id)
def test_feed_holds_the_due_articles_newest_first(outlet: Outlet) -> None:
    parsed = feedparser.parse(render_feed(outlet, START, LATER, base_url="http://127.0.0.1:1"))
    due = NEWSROOM.due(outlet.id, START, LATER)

    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == [article.title for article in due]
    assert [entry.link for entry in parsed.entries] == [
        f"http://127.0.0.1:1/{outlet.id}/{article.id}" for article in due
    ]
    moments = [
        datetime.fromtimestamp(timegm(entry.published_parsed), UTC) for entry in parsed.entries
    ]
    assert moments == [article.published(START) for article in due]


@pytest.mark.parametrize("outlet", FEEDS, ids=lambda outlet: outlet.id)
def test_feed_carries_the_whole_text(outlet: Outlet) -> None:
    parsed = feedparser.parse(render_feed(outlet, START, LATER))

    for entry, article in zip(parsed.entries, NEWSROOM.due(outlet.id, START, LATER), strict=True):
        html = entry.content[0].value if "content" in entry else entry.description
        for paragraph in article.paragraphs:
            if not paragraph.startswith("- "):
                assert paragraph in unescape(html)


def test_feed_does_not_tell_what_is_still_to_come() -> None:
    mayak = NEWSROOM.outlet("mayak")
    before = feedparser.parse(render_feed(mayak, START, START))
    after = feedparser.parse(render_feed(mayak, START, START + timedelta(minutes=2)))

    assert len(after.entries) == len(before.entries) + 2
    assert after.entries[0].link.endswith("/fire-mayak-out")


def test_kinds_of_feeds_differ() -> None:
    heads = {o.id: render_feed(o, START, LATER).decode(o.charset)[:400] for o in FEEDS}
    kapital = feedparser.parse(render_feed(NEWSROOM.outlet("kapital"), START, LATER))

    assert "<feed" in heads["polden"]
    assert "<rss" in heads["vestnik"]
    assert 'encoding="windows-1251"' in heads["mayak"]
    assert all(len(e.description) < len(e.content[0].value) / 2 for e in kapital.entries)


def test_headings_and_lists_are_marked_up() -> None:
    html = render_html(NEWSROOM.article("mortgage-kapital"))

    assert "<h3>Где цены падают сильнее</h3>" in html
    assert html.count("<li>") == 4


def test_files_follow_the_sample_and_are_written_once(tmp_path: Path) -> None:
    written = write_files(tmp_path, START, START)
    article = NEWSROOM.article("rail-bitovka")
    text = (tmp_path / "rail-bitovka.txt").read_text(encoding="utf-8")

    assert len(written) == len(NEWSROOM.due("bitovka", START, START))
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}
    assert text.startswith(f" date 2026-03-04 {article.title}\n\n")
    assert text.endswith(f"\n\n{article.paragraphs[-1]}\n")
    assert write_files(tmp_path, START, START) == []
