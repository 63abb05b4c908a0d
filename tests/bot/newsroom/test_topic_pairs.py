"""The topic pairs speak of articles that exist and keep the balance they were written with."""

import tomllib
from collections import Counter
from pathlib import Path

from bot.newsroom.articles import load_newsroom

PAIRS = tomllib.loads((Path(__file__).parents[2] / "topic_pairs.toml").read_text("utf-8"))
ARTICLES = {article.id for article in load_newsroom().articles}


def test_pairs_name_articles_of_the_newsroom_once() -> None:
    asked = Counter((pair["query"], pair["article"]) for pair in PAIRS["pair"])

    assert {article for _, article in asked} <= ARTICLES
    assert max(asked.values()) == 1


def test_pairs_are_many_and_two_in_five_must_not_match() -> None:
    wanted = [pair["match"] for pair in PAIRS["pair"]]

    assert len(wanted) >= 140
    assert 0.55 < sum(wanted) / len(wanted) < 0.65
    assert all(pair["query"].strip() and pair["why"] for pair in PAIRS["pair"])


def test_topics_list_articles_of_the_newsroom() -> None:
    assert len(PAIRS["topic"]) >= 15
    for topic in PAIRS["topic"]:
        assert set(topic["relevant"]) <= ARTICLES
        assert len(set(topic["relevant"])) == len(topic["relevant"]) > 0
