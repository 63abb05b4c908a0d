"""Floors just under the figures of `make eval`: quality that was reached is not lost quietly."""

import random
from collections.abc import Callable

import pytest

from evaluation import faithfulness, replay, same_story, stories, summaries, topics, updates
from evaluation.data import SHARED, by_outlet, by_time

needs_shared_data = pytest.mark.skipif(
    not SHARED.exists(), reason="the development data is not beside this checkout"
)


async def test_newsroom_stories_are_its_events_when_articles_come_as_published() -> None:
    score = await stories.judge(by_time())
    assert score.f1 >= 0.99
    assert score.precision >= 0.99


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_newsroom_stories_hold_when_each_outlet_comes_at_once(seed: int) -> None:
    batches = by_outlet()
    random.Random(seed).shuffle(batches)
    score = await stories.judge(batches)
    assert score.f1 >= 0.97
    assert score.precision >= 0.99


@needs_shared_data
def test_hard_russian_pairs_are_told_apart_better_than_by_their_titles() -> None:
    assert len(same_story.wrong_pairs(same_story.hard_pairs("ru"), "ru")) <= 13
    ours, *references = same_story.judge("ru")
    assert ours.f1 >= 0.88
    assert all(reference.beaten >= 0.95 for reference in references)


@needs_shared_data
def test_english_pairs_are_told_apart() -> None:
    pairs = same_story.hard_pairs("en")
    assert len(pairs) == 13
    assert len(same_story.wrong_pairs(pairs, "en")) <= 1


@pytest.mark.parametrize(("language", "most"), [("ru", 4), ("en", 0)])
def test_pairs_written_before_tuning_are_told_apart(language: str, most: int) -> None:
    pairs = same_story.own_pairs(language)
    assert len(pairs) >= 14
    assert len(same_story.wrong_pairs(pairs, language)) <= most


async def test_stories_stay_the_same_in_another_order_of_arrival() -> None:
    assert min(await stories.agreement(hours=1)) >= 0.98


def test_topics_find_what_they_mean() -> None:
    assert topics.judge().ours >= 0.99


def test_every_sentence_stands_in_its_source_and_none_is_boilerplate() -> None:
    faithful = faithfulness.judge()
    assert faithful.sentences > 250
    assert faithful.verbatim == faithful.sentences
    assert faithful.boilerplate == 0


async def test_an_event_is_told_once_and_marked_when_it_returns() -> None:
    replayed = await replay.judge()
    assert replayed.told > 150
    assert replayed.updates > 20
    assert replayed.twice == []
    assert replayed.unmarked == []


@pytest.mark.parametrize("judge", [updates.judge, updates.judge_own])
def test_developing_stories_come_back_with_news_only(judge: Callable[[], updates.Updated]) -> None:
    updated = judge()
    assert updated.meant >= 6
    assert updated.precision >= 0.9
    assert updated.recall >= 0.9


@needs_shared_data
def test_summaries_are_nearer_to_the_editors_than_their_first_sentences() -> None:
    ours, lead = summaries.judge([("ours", summaries.ours), ("lead-3", summaries.lead)])
    assert ours.one >= 0.335
    assert ours.two >= 0.103
    assert ours.one >= 1.09 * lead.one
    assert ours.two > lead.two
