"""Do topics find what they mean? The pairs of tests/topic_pairs.toml, written before tuning."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from digests.text.words import fold
from digests.topics import matches, parse_query
from evaluation.data import prepared_newsroom

PAIRS: Final = Path(__file__).parent.parent / "tests" / "topic_pairs.toml"


@dataclass(frozen=True)
class Matched:
    ours: float
    substring: float
    pairs: int


def judge() -> Matched:
    """The share of pairs judged rightly by us and by substring search."""
    prepared = prepared_newsroom()
    pairs = tomllib.loads(PAIRS.read_text(encoding="utf-8"))["pair"]
    ours = substring = 0
    for pair in pairs:
        article = prepared[pair["article"]]
        ours += matches(parse_query(pair["query"]), article.keys) == pair["match"]
        text = fold(f"{article.title} {article.text}")
        substring += all(word in text for word in fold(pair["query"]).split()) == pair["match"]
    return Matched(ours / len(pairs), substring / len(pairs), len(pairs))
