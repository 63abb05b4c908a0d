"""From an entry to an article that can be stored: dates, footers, identity, rejections."""

import html
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.errors import ArticleRejectedError
from digests.models import Entry
from digests.preparing import (
    MOST_LINK_LETTERS,
    SENTENCE_LETTERS,
    prepare,
    prepare_all,
    prepare_feed,
    prepare_files,
    publication_time,
)
from tests.factories import NOW, TEXT, an_entry, hours

MOSCOW = ZoneInfo("Europe/Moscow")
FOOTER = "Редакция «Вестника» всегда рада вашим письмам и звонкам."


# --- dates -----------------------------------------------------------------------------------


def test_an_undated_entry_counts_from_when_it_was_fetched() -> None:
    assert publication_time(an_entry(published=None), NOW, MOSCOW) == NOW


def test_nothing_is_published_in_the_future() -> None:
    assert publication_time(an_entry(published=NOW + hours(5)), NOW, MOSCOW) == NOW


def test_a_past_date_is_kept_to_the_second() -> None:
    past = datetime(2026, 11, 20, 1, 2, 3, 456_789, tzinfo=UTC)
    assert publication_time(an_entry(published=past), NOW, MOSCOW) == past.replace(microsecond=0)


@pytest.mark.parametrize(
    ("zone", "hour"), [("Europe/Moscow", 9), ("UTC", 12), ("Asia/Kathmandu", 6)]
)
def test_a_date_without_a_time_is_noon_in_the_zone(zone: str, hour: int) -> None:
    entry = an_entry(published=datetime(2026, 11, 20, 12, tzinfo=UTC), date_only=True)
    found = publication_time(entry, NOW, ZoneInfo(zone))
    assert (found.date(), found.hour, found.tzinfo) == (entry.published.date(), hour, UTC)  # type: ignore[union-attr]


def test_todays_noon_is_not_in_the_future_either() -> None:
    entry = an_entry(published=datetime(2026, 11, 23, 12, tzinfo=UTC), date_only=True)
    assert publication_time(entry, NOW - hours(4), MOSCOW) == NOW - hours(4)


# --- the footers of a source -----------------------------------------------------------------


def three(line: str, count: int = 3) -> list[tuple[str, Entry]]:
    return [
        (
            f"{n}",
            an_entry(
                f"Новость номер {n}", text=f"Случилось дело номер {n}.\n\n{line}", guid=f"{n}"
            ),
        )
        for n in range(count)
    ]


def test_a_line_of_three_entries_is_the_sources() -> None:
    batch = prepare_all(three(FOOTER), NOW, UTC)
    assert [article.text for article in batch.prepared] == [
        f"Случилось дело номер {n}." for n in range(3)
    ]


def test_a_line_of_two_entries_is_news() -> None:
    batch = prepare_all(three(FOOTER, 2), NOW, UTC)
    assert all(FOOTER in article.text for article in batch.prepared)


def test_a_line_repeated_in_one_entry_is_news() -> None:
    text = "\n\n".join([FOOTER, TEXT, FOOTER, TEXT[:60], FOOTER])
    assert FOOTER in prepare_all([("1", an_entry(text=text))], NOW, UTC).prepared[0].text


def test_an_article_that_stands_thrice_in_a_batch_keeps_its_words() -> None:
    same = prepare_all([(f"{n}", an_entry(guid="g")) for n in range(3)], NOW, UTC)
    assert all(article.text == TEXT for article in same.prepared)
    renamed = prepare_all([(f"{n}", an_entry(guid=f"g{n}")) for n in range(4)], NOW, UTC)
    assert all(article.text == TEXT for article in renamed.prepared)
    undated = prepare_all([(f"{n}", an_entry(guid=None)) for n in range(3)], NOW, UTC)
    assert all(article.text == TEXT for article in undated.prepared)


# --- identity --------------------------------------------------------------------------------


def test_an_article_is_named_by_its_guid_else_its_address_else_its_words() -> None:
    link = "http://www.e.example/a/?utm_source=x"
    assert prepare(an_entry(guid="g", link=link), NOW, UTC).guid == "g"
    assert prepare(an_entry(link=link), NOW, UTC).guid == "https://e.example/a"
    nameless = prepare(an_entry(), NOW, UTC)
    assert nameless.guid == nameless.fingerprint


def test_the_link_is_kept_as_published() -> None:
    found = prepare(an_entry(link=" http://www.e.example/a/?utm_source=x "), NOW, UTC)
    assert found.link == "http://www.e.example/a/?utm_source=x"
    assert found.url == "https://e.example/a"


def test_articles_that_link_to_the_front_page_are_not_one() -> None:
    link = "https://e.example/"
    one, other = (prepare(an_entry(t, link=link), NOW, UTC) for t in ("Раз", "Два"))
    assert one.guid != other.guid
    assert one.url is None
    assert one.link == link


def test_an_endless_link_is_no_link() -> None:
    found = prepare(an_entry(link="https://e.example/" + "a" * MOST_LINK_LETTERS), NOW, UTC)
    assert (found.link, found.url) == (None, None)


# --- what is no article ----------------------------------------------------------------------


def test_files_that_are_no_articles_are_named_with_the_reason() -> None:
    good = f" date 2026-11-20 Мост открыт\n\n{TEXT}".encode()
    files = [
        ("empty.txt", b""),
        ("blank.txt", b" \n\n "),
        ("binary.txt", bytes(range(256)) * 20),
        ("headless.txt", "Просто текст без заголовка.".encode()),
        ("thirteenth.txt", " date 2026-13-45 Мост открыт\n\nТекст.".encode()),
        ("good.txt", good),
        ("old.txt", f" date 2026-11-20 Мост закрыт\n\n{TEXT}".encode("cp1251")),
    ]
    batch = prepare_files(files, NOW, MOSCOW)
    assert {one.name: one.code for one in batch.rejected} == {
        "empty.txt": "error.empty_file",
        "blank.txt": "error.empty_file",
        "binary.txt": "error.not_text",
        "headless.txt": "error.no_header",
        "thirteenth.txt": "error.no_header",
    }
    assert [(one.guid, one.title) for one in batch.prepared] == [
        ("good.txt", "Мост открыт"),
        ("old.txt", "Мост закрыт"),
    ]
    assert batch.prepared[1].text == batch.prepared[0].text == TEXT
    assert batch.prepared[0].published == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_an_entry_without_a_title_is_rejected_alone() -> None:
    batch = prepare_all([("bad", an_entry("\u200b \ufeff")), ("good", an_entry())], NOW, UTC)
    assert [(one.name, one.code) for one in batch.rejected] == [("bad", "error.article_rejected")]
    assert len(batch.prepared) == 1


def test_a_feed_gives_its_title_interval_and_articles() -> None:
    feed = (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>Вест\nник</title><ttl>90</ttl>"
        "<item><title>Мост</title><link>https://e.example/1</link><guid>1</guid>"
        f"<description>{TEXT}</description></item></channel></rss>"
    ).encode()
    batch = prepare_feed(feed, "application/rss+xml", "https://e.example/feed", NOW, UTC)
    assert (batch.title, batch.ttl_minutes) == ("Вест ник", 90)
    assert [one.title for one in batch.prepared] == ["Мост"]


# --- any entry -------------------------------------------------------------------------------

ANY_TEXT = st.text(max_size=80) | st.sampled_from(
    ["а" * 100_000, "Слово дело. " * 3_000, "\x00\x01", "🔥" * 500, "مرحبا بالعالم. " * 5, TEXT]
)


@given(
    ANY_TEXT,
    ANY_TEXT,
    st.none() | st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.booleans(),
)
def test_any_entry_is_prepared_or_rejected(
    title: str, text: str, published: datetime | None, date_only: bool
) -> None:
    entry = Entry(title, text, published=published, date_only=date_only and published is not None)
    try:
        found = prepare(entry, NOW, MOSCOW)
    except ArticleRejectedError:
        assert not "".join(title.split()).isalnum()
        return
    assert found.title == " ".join(found.title.split()) != ""
    assert len(found.title) <= 300
    assert found.guid
    assert found.published <= NOW
    assert found.published.utcoffset() == timedelta(0)
    assert found.language in {"ru", "en", "und"}
    assert len(found.summary) <= 5
    flat = " ".join(found.text.split())
    for pick in found.summary:
        assert len(pick.text) <= SENTENCE_LETTERS
        assert " ".join(pick.text.split()) in flat


@pytest.mark.parametrize("year", [1, 1601, 1970])
def test_an_impossible_date_counts_as_none(year: int) -> None:
    entry = an_entry(published=datetime(year, 1, 1, tzinfo=UTC), date_only=year == 1)
    assert prepare(entry, NOW, ZoneInfo("Europe/Moscow")).published == NOW


def test_a_header_without_a_text_is_no_article() -> None:
    batch = prepare_files([("a.txt", b"date 2026-11-23 Title only\n\n")], NOW, UTC)
    assert [one.code for one in batch.rejected] == ["error.article_rejected"]


def test_nothing_hidden_and_no_foreign_address_reaches_an_article(data: Path) -> None:
    """Hostile strings where a feed has words: they stay words, on one line, inside the limits."""
    for name in ("fts5_queries.txt", "filenames.txt", "callback_data.txt"):
        for words in (data / "strings" / name).read_text("utf-8").splitlines():
            escaped = html.escape(f"Слово \u202e{words}\u2066\U000e0041")
            document = (
                f"<rss><channel><title>{escaped}</title><item><title>{escaped}</title>"
                f"<link>javascript:{html.escape(words)}</link><guid>{escaped}</guid>"
                f"<description>{escaped}</description></item></channel></rss>"
            )
            batch = prepare_feed(document.encode(), None, "https://a.example/", NOW, UTC)
            (article,) = batch.prepared
            assert article.link is None
            for shown in (article.title, article.text, batch.title or ""):
                assert not set(shown) & set("\u202e\u2066\U000e0041\x00\x1b")
                assert len(shown) <= 1_000
            assert "\n" not in article.title
