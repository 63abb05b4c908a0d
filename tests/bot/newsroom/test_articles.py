"""The invented news keeps its promises: enough of it, varied, and labelled truthfully."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.newsroom.articles import NewsroomArticle, load_newsroom

START = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
NEWSROOM = load_newsroom()
LIVE_MINUTES = 5


def own_text(article: NewsroomArticle) -> str:
    """Leave out what is labelled as no news."""
    text = article.text
    for piece in article.boilerplate:
        text = text.replace(piece, "")
    return text


def test_newsroom_is_large_and_bilingual() -> None:
    languages = Counter(article.language for article in NEWSROOM.articles)

    assert len(NEWSROOM.articles) >= 64
    assert languages["ru"] >= 46
    assert languages["en"] >= 16
    assert len(NEWSROOM.events()) >= 25
    assert len({article.outlet for article in NEWSROOM.articles}) >= 6
    assert {article.outlet for article in NEWSROOM.articles} == {o.id for o in NEWSROOM.outlets}


def test_ids_and_hosts_are_unique_and_hosts_are_invented() -> None:
    assert len({article.id for article in NEWSROOM.articles}) == len(NEWSROOM.articles)
    assert len({outlet.host for outlet in NEWSROOM.outlets}) == len(NEWSROOM.outlets)
    assert all(outlet.host.endswith(".example") for outlet in NEWSROOM.outlets)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", a.id) for a in NEWSROOM.articles)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name) for name in NEWSROOM.events())


def test_news_covers_three_days_and_goes_on_for_minutes() -> None:
    offsets = [article.minutes for article in NEWSROOM.articles]
    span = timedelta(minutes=max(offsets) - min(offsets))

    assert timedelta(days=2) < span < timedelta(days=3)
    assert 3 <= sum(minutes > 0 for minutes in offsets) <= 5
    assert max(offsets) < LIVE_MINUTES
    assert NEWSROOM.article("fire-mayak-out").published(START) == START + timedelta(minutes=2)


@pytest.mark.parametrize("article", NEWSROOM.articles, ids=lambda article: article.id)
def test_labels_are_found_in_the_text(article: NewsroomArticle) -> None:
    assert all(piece in article.text for piece in article.boilerplate)
    assert all(heading in article.paragraphs for heading in article.headings)
    assert all(not heading.endswith((".", "!", "?", "…")) for heading in article.headings)
    assert all(fact in f"{article.title}\n{article.text}" for fact in article.facts)
    assert bool(article.facts) == article.update
    assert article.topics


@pytest.mark.parametrize("article", NEWSROOM.articles, ids=lambda article: article.id)
def test_articles_have_the_length_of_news(article: NewsroomArticle) -> None:
    assert len(article.text.split()) <= 400
    assert len(own_text(article).split()) >= 80
    assert 20 <= len(article.title) <= 120


def test_copies_repeat_an_older_article_of_another_outlet() -> None:
    copies = [article for article in NEWSROOM.articles if article.copy_of]

    assert len(copies) >= 4
    for copy in copies:
        original = NEWSROOM.article(copy.copy_of or "")
        shared = set(copy.paragraphs) & set(original.paragraphs)
        assert original.event == copy.event
        assert original.outlet != copy.outlet
        assert original.minutes < copy.minutes
        assert sum(map(len, shared)) > 0.4 * len(own_text(copy))


def test_updates_bring_facts_nobody_had_reported() -> None:
    updates = [article for article in NEWSROOM.articles if article.update]

    assert len(updates) >= 5
    for update in updates:
        before = [
            article.text
            for article in NEWSROOM.events()[update.event]
            if article.minutes < update.minutes
        ]
        assert before
        assert not [fact for fact in update.facts if any(fact in text for text in before)]


def test_several_events_are_told_by_many_outlets_and_in_both_languages() -> None:
    events = NEWSROOM.events().values()
    russian = [{a.outlet for a in articles if a.language == "ru"} for articles in events]
    languages = [{article.language for article in articles} for articles in events]

    assert sum(len(outlets) >= 3 for outlets in russian) >= 5
    assert sum(found == {"ru", "en"} for found in languages) >= 3


def test_articles_of_an_event_stay_within_its_story() -> None:
    for articles in NEWSROOM.events().values():
        length = timedelta(minutes=articles[-1].minutes - articles[0].minutes)
        assert length < timedelta(days=2)
