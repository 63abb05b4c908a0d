"""Stories as one chat sees them: articles of one event, the most telling first."""

import random

from digests.clustering import tell_stories, understood
from digests.models import Article, StoryId
from tests.factories import NOW, a_story, an_article, hours


def test_articles_of_a_story_come_together_newest_story_first() -> None:
    old = an_article(1, published=NOW - hours(9))
    new = an_article(2, published=NOW - hours(1))
    copy = an_article(3, story_id=StoryId(1), published=NOW - hours(5))
    stories = tell_stories([old, new, copy])
    assert [(s.id, {a.id for a in s.articles}) for s in stories] == [(2, {2}), (1, {1, 3})]


def test_a_late_copy_makes_the_story_the_newest() -> None:
    old = an_article(1, published=NOW - hours(9))
    new = an_article(2, published=NOW - hours(5))
    copy = an_article(3, story_id=StoryId(1), published=NOW)
    assert [story.id for story in tell_stories([old, new, copy])] == [1, 2]


def test_of_equal_articles_the_lead_is_linked_then_first() -> None:
    def article(number: int, age: float, **fields: object) -> Article:
        values = {"title": "Город открыл новый мост через широкую реку", "story_id": StoryId(1)}
        return an_article(number, **(values | {"published": NOW - hours(age)} | fields))

    unlinked = article(1, 6, link=None)
    empty = article(2, 6, summary=())
    second = article(4, 6)
    first = article(3, 6)
    (story,) = tell_stories([second, unlinked, empty, first])
    assert [one.id for one in story.articles] == [3, 4, 1, 2]
    assert story.lead is first


def test_hosts_are_named_once_in_the_order_of_telling() -> None:
    first = an_article(1, link="https://www.b.example/1")
    again = an_article(2, story_id=StoryId(1), link="https://b.example/2")
    other = an_article(3, story_id=StoryId(1), link="http://a.example:8080/3?x=1")
    (story,) = tell_stories([other, again, first])
    assert story.hosts == tuple(dict.fromkeys(article.host for article in story.articles))
    assert set(story.hosts) == {"b.example", "a.example"}


def test_no_articles_make_no_stories() -> None:
    assert tell_stories([]) == []


def test_the_order_of_reading_changes_nothing() -> None:
    articles = [
        an_article(n, story_id=StoryId(n % 4), published=NOW - hours(n % 3)) for n in range(1, 20)
    ]
    told = tell_stories(articles)
    for seed in range(5):
        random.Random(seed).shuffle(articles)
        assert tell_stories(articles) == told


def test_a_story_in_two_languages_is_told_in_those_a_chat_reads_its_own_first() -> None:
    russian = an_article(1, story_id=7)
    english = [an_article(n, story_id=7, language="en", title="The bridge opens") for n in (2, 3)]
    unknown = an_article(4, story_id=7, language="und")
    articles = [russian, *english, unknown]

    def told(*languages: str) -> list[str]:
        (story,) = tell_stories(articles)
        return [article.language for article in understood(story, languages).articles]

    assert sorted(told("ru")) == ["ru", "und"]
    assert sorted(told("en")) == ["en", "en", "und"]
    assert told("en", "ru")[-1] == "ru"
    assert told("ru", "en")[-2:] == ["en", "en"]
    assert sorted(told()) == ["en", "en", "ru", "und"]


def test_a_story_in_no_language_that_a_chat_reads_stays_whole() -> None:
    english = a_story(an_article(1, language="en"))
    assert understood(english, ("ru",)) == english
