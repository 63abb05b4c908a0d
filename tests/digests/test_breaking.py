"""When a story breaks: several outlets, texts of their own, within the hour."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digests.breaking import LEAST_OUTLETS, is_breaking, meeting
from digests.models import Article, ArticleId, StoryId
from digests.text.keys import keys_of
from tests.factories import NOW, a_story, an_article


def reports(count: int, **fields: object) -> list[Article]:
    at = {"published": NOW - timedelta(minutes=30), "arrived": NOW - timedelta(minutes=20)}
    return [
        an_article(number, story_id=StoryId(1), **(at | fields)) for number in range(1, count + 1)
    ]


def test_three_outlets_within_the_hour_are_a_break_and_two_are_not() -> None:
    assert is_breaking(a_story(*reports(LEAST_OUTLETS)), NOW)
    assert not is_breaking(a_story(*reports(LEAST_OUTLETS - 1)), NOW)


def test_one_outlet_that_reports_three_times_is_one() -> None:
    same = [replace(one, link=f"https://one.example/{one.id}") for one in reports(3)]
    assert not is_breaking(a_story(*same), NOW)


def test_copies_report_nothing() -> None:
    first, *others = reports(4)
    copies = [replace(one, copy_of=ArticleId(1)) for one in others]
    assert not is_breaking(a_story(first, *copies), NOW)


@pytest.mark.parametrize("field", ["published", "arrived"])
def test_what_is_older_than_an_hour_does_not_count(field: str) -> None:
    story = a_story(*reports(2), *reports(3, **{field: NOW - timedelta(minutes=61)})[2:])
    assert not is_breaking(story, NOW)


def test_what_is_dated_ahead_does_not_count() -> None:
    assert not is_breaking(a_story(*reports(3, published=NOW + timedelta(minutes=5))), NOW)


def test_topics_meet_the_articles_that_answer_them() -> None:
    keys = {
        ArticleId(1): keys_of("Пожар на складе", ["Огонь заметили утром."]),
        ArticleId(2): keys_of("Мост открыли", ["Движение началось."]),
    }
    met = meeting(["пожары", "мост = переправа", "космос"], keys)
    assert met == {("пожары", ArticleId(1)), ("мост = переправа", ArticleId(2))}
