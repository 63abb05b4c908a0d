"""What a story is worth, and that its terms say why."""

import pytest

from digests.models import Candidate, Interest, Keys, Story
from digests.ranking import rank, terms_of
from tests.factories import NOW, a_source, a_story, an_article, hours


def covered_by(count: int, story: int = 1) -> Story:
    articles = (
        an_article(n, story_id=story, link=f"https://outlet{n}.example/1")
        for n in range(1, count + 1)
    )
    return a_story(*articles)


def candidate(story: Story, *interests: Interest) -> Candidate:
    return Candidate(story, interests, terms_of(story, interests, NOW), Keys("", "", ""))


def test_the_score_is_the_weighted_sum_of_the_printed_terms() -> None:
    terms = terms_of(covered_by(3), (Interest("мост", 0.7), Interest("город", 0.4)), NOW)
    assert terms.interest == 0.7
    assert terms.score == pytest.approx(
        0.4 * terms.interest + 0.3 * terms.coverage + 0.2 * terms.fresh + 0.1 * terms.quality
    )


@pytest.mark.parametrize(("hosts", "coverage"), [(1, 1 / 3), (3, 2 / 3), (7, 1.0), (12, 1.0)])
def test_coverage_grows_with_hosts_and_is_full_at_seven(hosts: int, coverage: float) -> None:
    assert terms_of(covered_by(hosts), (), NOW).coverage == pytest.approx(coverage)


def test_two_articles_of_one_host_are_covered_once() -> None:
    twice = a_story(an_article(1), an_article(2, link="https://www.outlet1.example/2"))
    assert terms_of(twice, (), NOW).coverage == terms_of(covered_by(1), (), NOW).coverage


@pytest.mark.parametrize(("age", "fresh"), [(0, 1.0), (12, 0.5), (24, 0.25), (-3, 1.0)])
def test_freshness_halves_in_twelve_hours(age: float, fresh: float) -> None:
    story = a_story(an_article(published=NOW - hours(age)))
    assert terms_of(story, (), NOW).fresh == pytest.approx(fresh)


def test_the_newest_article_makes_a_story_fresh() -> None:
    story = a_story(an_article(1, published=NOW - hours(48)), an_article(2, published=NOW))
    assert terms_of(story, (), NOW).fresh == 1.0


def test_quality_is_that_of_the_best_source() -> None:
    story = a_story(
        an_article(1, source=a_source(1, weight=0.2)), an_article(2, source=a_source(2, weight=0.9))
    )
    assert terms_of(story, (), NOW).quality == 0.9


def test_best_comes_first_and_ties_go_to_the_newer_then_to_the_older_story() -> None:
    plain = candidate(a_story(an_article(5)))
    twin = candidate(a_story(an_article(3)))
    wanted = candidate(a_story(an_article(9, published=NOW - hours(20))), Interest("мост", 1.0))
    stale = candidate(a_story(an_article(1, published=NOW - hours(90))))
    ranked = rank([stale, plain, twin, wanted])
    assert [c.story.id for c in ranked] == [9, 3, 5, 1]
    assert rank(reversed([stale, plain, twin, wanted])) == ranked
