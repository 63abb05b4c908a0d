"""What an address or a file turns out to be: feed, list of feeds, page, article."""

from __future__ import annotations

import pytest

from digests.errors import ArticleRejectedError, NotAFeedError, NotOpmlError
from digests.sources.document import is_html, is_opml, read_document, read_outlines
from digests.sources.opml import Outline, parse_opml, write_opml
from digests.sources.page import page_entry

BODY = "".join(
    f"<p>Абзац {n} рассказывает, что в оранжерее Лугограда зацвели редкие кактусы.</p>"
    for n in range(6)
)
ARTICLE = f"""<!doctype html><html><head><title>Кактусы зацвели — Вестник</title>
<meta property="og:title" content="Кактусы зацвели">
<meta property="article:published_time" content="2026-11-20T10:00:00+03:00"></head><body>
<nav><ul><li><a href="/">Главная страница раздела</a></li></ul></nav><article>
<h1>Кактусы зацвели</h1><figure><img src="a.jpg"><figcaption>Подпись к снимку</figcaption></figure>
{BODY}</article><aside><h3>Читайте также</h3><a href="/2">Фикусы завяли</a></aside>
<footer>© Вестник</footer></body></html>"""
LINKS = """
<link rel="alternate" type="application/rss+xml" title="Новости" href="/rss">
<link rel="alternate" type="application/rss+xml" title="Comments feed" href="/comments/feed">
<link rel="alternate" type="application/atom+xml; charset=utf-8" href="https://b.example/atom">
<link rel="alternate" hreflang="en" href="/en"><link rel="stylesheet" href="/a.css">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">"""
URL = "https://a.example/news/1"
OPML = """<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>Мои</title></head>
<body><outline text="Город"><outline type="rss" text="Вестник &amp; Ко" xmlUrl="https://a.example/rss"/>
<outline text="Ещё раз" xmlUrl="https://a.example/rss"/></outline>
<outline TITLE="Сад" xmlurl="https://b.example/atom" htmlUrl="https://b.example"/>
<outline text="Опасная" xmlUrl="javascript:alert(1)"/><outline text="Без адреса"/></body></opml>"""


def page(head: str = "", body: str = "<p>Пусто</p>") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def test_page_names_its_feeds_and_leaves_those_of_comments() -> None:
    found = read_document(page(LINKS), "text/html", URL)
    assert found.links == (
        Outline("Новости", "https://a.example/rss"),
        Outline("https://b.example/atom", "https://b.example/atom"),
    )
    assert found.feed is None
    assert found.article is None


def test_base_of_a_page_moves_its_links() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="r">'
    head = f'<base href="https://c.example/x/">{link}'
    assert read_document(page(head), None, URL).links[0].address == "https://c.example/x/r"


def test_feeds_of_comments_are_better_than_none() -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="/comments/feed">'
    assert len(read_document(page(head), None, URL).links) == 1


def test_article_page_has_an_article_without_its_frame() -> None:
    article = read_document(ARTICLE.encode(), "text/html", URL).article
    assert article is not None
    assert article.title == "Кактусы зацвели"
    assert article.text.count("рассказывает") == 6
    assert article.link == URL
    assert article.published is not None
    assert f"{article.published:%Y-%m-%d}" == "2026-11-20"
    for frame in ("Главная", "Подпись", "Читайте", "Фикусы", "©"):
        assert frame not in article.text


def test_front_page_is_no_article() -> None:
    assert read_document(ARTICLE.encode(), "text/html", "https://a.example/").article is None


def test_page_in_cp1251_is_read() -> None:
    data = ARTICLE.encode("cp1251", "ignore")
    assert page_entry(data, "text/html; charset=windows-1251", URL).title == "Кактусы зацвели"


@pytest.mark.parametrize("data", [page(), b"<html>", b"<html><body>" + b"<div>" * 50_000])
def test_page_without_text_is_no_article(data: bytes) -> None:
    with pytest.raises(ArticleRejectedError):
        page_entry(data)


def test_feed_is_known_by_content() -> None:
    feed = "<rss version='2.0'><channel><title>T</title><item><title>a</title></item>"
    assert read_document(feed.encode(), "text/html", URL).feed == "T"


@pytest.mark.parametrize("data", [b"", b"\x00\x01" * 99, "просто слова".encode()])
def test_what_is_neither_is_refused(data: bytes) -> None:
    with pytest.raises(NotAFeedError):
        read_document(data, None, URL)


def test_list_of_feeds_is_read_whole_each_feed_once() -> None:
    assert read_document(OPML.encode(), "text/plain", URL).outlines == (
        Outline("Вестник & Ко", "https://a.example/rss"),
        Outline("Сад", "https://b.example/atom"),
    )


@pytest.mark.parametrize("charset", ["cp1251", "utf-16", "koi8-r"])
def test_list_is_read_whatever_it_says_of_its_charset(charset: str) -> None:
    assert parse_opml(OPML.encode(charset))[1].title == "Сад"


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ('<!DOCTYPE opml><opml><outline text="A" xmlUrl="{}"/></opml>', "https://a.example/rss"),
        ('<o:opml xmlns:o="x"><outline xmlUrl="{}"/></o:opml>', "https://a.example/rss"),
        (
            '<opml><outline text="A & B&nbsp;\x0b" xmlUrl="{}"/></opml>',
            "https://a.example/?b=1&c=2",
        ),
        ('<opml><outline text="A &amp; B &#1071;" xmlUrl="{}"/></opml>', "https://a.example/rss"),
    ],
    ids=["doctype", "prefix", "ampersands", "escaped"],
)
def test_list_as_programs_and_people_write_it(body: str, address: str) -> None:
    data = body.format(address).encode()
    assert [one.address for one in read_outlines(data)] == [address]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("feed://a.example/rss", "http://a.example/rss"),
        ("feed:https://a.example/rss", "https://a.example/rss"),
        ("FEED://a.example/rss", "http://a.example/rss"),
    ],
)
def test_feed_scheme_is_the_webs(written: str, address: str) -> None:
    (one,) = parse_opml(f'<opml><outline xmlUrl="{written}"/></opml>'.encode())
    assert one.address == address


@pytest.mark.parametrize(
    "data",
    [
        b"<opml><body/></opml>",
        b"<opml><body>",
        b"<other/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><opml><outline text="&a;" xmlUrl="https://a.example"/></opml>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><opml>&a;</opml>',
    ],
    ids=["empty", "cut", "other", "entity", "external"],
)
def test_list_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(NotOpmlError):
        parse_opml(data)


def test_written_list_reads_back() -> None:
    outlines = (
        Outline('Кавычки " и <теги> & знаки', "https://a.example/rss?a=1&b='2'"),
        Outline("Сад", "https://b.example/atom"),
    )
    assert parse_opml(write_opml("Сводка <&>", outlines)) == outlines


def test_kinds_are_told_by_content() -> None:
    assert is_opml(OPML.encode())
    assert is_html(ARTICLE.encode())
    assert not is_html(b" date 2026-11-23 T\n\nx")
    assert is_opml(b"<?xml version='1.0'?><!-- a --> <!-- b --><OPML>")
    assert not is_opml(b"<html><opml>")
    assert not is_opml(b" " * 100_000)
