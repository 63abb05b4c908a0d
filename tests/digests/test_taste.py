"""Taste: votes decay, are clipped, and move what is chosen without deciding it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.composing import Form, Material, compose
from digests.models import Digest, Interest, SourceId, StoryId
from digests.ranking import WEIGHTS, terms_of
from digests.taste import HALF_LIFE_DAYS, NO_TASTE, Taste, Vote, learn, taste_for
from digests.text.keys import keys_of
from tests.factories import NOW, a_source, a_story, an_article, hours, query, unlike_others

VOTES = st.lists(
    st.builds(
        Vote,
        st.sampled_from([None, "космос", "Космос", "пожар"]),
        st.sampled_from([SourceId(1), SourceId(2)]),
        st.booleans(),
        st.floats(-1, 400).map(lambda days: NOW - timedelta(days=days)),
    ),
    max_size=30,
)


def vote(
    topic: str | None = "космос", source: int = 1, *, liked: bool = True, days: float = 0
) -> Vote:
    return Vote(topic, SourceId(source), liked, NOW - timedelta(days=days))


@given(VOTES)
def test_leanings_stay_between_minus_one_and_one_and_turn_with_the_votes(votes: list[Vote]) -> None:
    taste = learn(votes, NOW)
    leanings = dict(taste.topics) | dict(taste.sources)
    assert all(0 < abs(leaning) <= 1 for leaning in leanings.values())
    turned = learn([Vote(v.topic, v.source, not v.liked, v.cast) for v in votes], NOW)
    assert {one: -leaning for one, leaning in leanings.items()} == dict(turned.topics) | dict(
        turned.sources
    )
    assert learn(list(reversed(votes)), NOW) == taste


def test_a_vote_is_worth_half_a_half_life_later() -> None:
    fresh = dict(learn([vote()], NOW).topics)["космос"]
    old = dict(learn([vote(days=HALF_LIFE_DAYS)], NOW).topics)["космос"]
    assert fresh == round(1 / 3, 2)
    assert old == round(1 / 6, 2)
    assert learn([vote(days=10 * HALF_LIFE_DAYS)], NOW) == NO_TASTE


def test_no_crowd_of_votes_goes_further_than_three_fresh_ones() -> None:
    assert learn([vote()] * 3, NOW) == learn([vote()] * 300, NOW)
    assert learn([vote(), vote(liked=False)], NOW) == NO_TASTE


def test_a_story_is_liked_for_its_topic_and_its_source() -> None:
    taste = Taste((("космос", 1.0), ("пожар", -1.0)), ((SourceId(1), 0.5),))
    space, fire = Interest("Космос", 1.0), Interest("пожар", 0.4)
    assert taste_for(taste, (space, fire), SourceId(1)) == 0.75
    assert taste_for(taste, (fire,), SourceId(2)) == -0.5
    assert taste_for(taste, (), SourceId(1)) == 0.25
    assert taste_for(NO_TASTE, (space,), SourceId(1)) == 0


def test_taste_is_a_term_of_the_score_and_shown_as_such() -> None:
    story = a_story(an_article(1))
    plain = terms_of(story, (), NOW)
    liked = terms_of(story, (), NOW, Taste(sources=((story.lead.source.id, 1.0),)))
    assert plain.taste == 0
    assert liked.taste == 0.5
    assert liked.score - plain.score == pytest.approx(WEIGHTS["taste"] * 0.5)


def made(*, taste: Taste = NO_TASTE, hosts: int = 1, topics: tuple[str, ...] = ()) -> Digest:
    """One story told by source 1, then more of source 2, a little fresher."""
    told = []
    for number, source in enumerate((1, 2), 1):
        title = f"{unlike_others(number * 7, 6)} космос"
        articles = [
            an_article(
                number * 10 + outlet,
                story_id=StoryId(number),
                title=title,
                source=a_source(id=SourceId(source if outlet == 0 else 50 + outlet)),
                published=NOW - hours(3 - number),
            )
            for outlet in range(hosts if source == 2 else 1)
        ]
        told.append(Material(a_story(*articles), keys_of(title, [""])))
    queries = [query(words) for words in topics]
    return compose(told, queries, Form(), NOW, NOW - hours(24), taste=taste)


def order(digest: Digest) -> list[int]:
    return [item.story.id for item in digest.items]


def test_liking_a_source_puts_it_before_an_equal_one_and_not_before_broad_coverage() -> None:
    liked = Taste(sources=((SourceId(1), 1.0),))
    assert order(made()) == [2, 1]
    assert order(made(taste=liked)) == [1, 2]
    assert order(made(taste=liked, hosts=7)) == [2, 1]


def test_disliking_the_topic_of_a_story_does_not_take_it_out() -> None:
    disliked = Taste((("космос", -1.0),))
    assert sorted(order(made(taste=disliked, topics=("космос",)))) == [1, 2]
