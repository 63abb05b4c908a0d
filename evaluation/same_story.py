"""Do two articles tell the same event? Against human labels, on hard pairs.

The threshold comes from one random half and is scored on the other, 200 times.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log, sqrt
from statistics import mean, stdev
from typing import Final

from digests.clustering import Sketch, likeness, sketch, telling_keys
from digests.models import Keys
from digests.text.cleaning import clean
from digests.text.keys import keys_of, lemma_keys
from evaluation.data import shared_lines

SPLITS: Final = 200
SEED: Final = 1
THEN: Final = datetime(2026, 1, 1, tzinfo=UTC)

Score = Callable[["Told", "Told"], float]


@dataclass(frozen=True)
class Told:
    keys: Keys
    sketch: Sketch


@dataclass(frozen=True)
class Judged:
    """A method's F1 over the splits, and in how many of them ours is above it."""

    name: str
    f1: float
    deviation: float
    beaten: float


def judge(language: str) -> list[Judged]:
    """Ours first, then the references; empty where the data is absent."""
    records = shared_lines(f"same_story/{language}.jsonl")
    if not records:
        return []
    pairs, labels = _read(records, language)
    frequencies = Counter(key for pair in pairs for told in pair for key in set(_title(told)))
    methods: list[tuple[str, Score]] = [
        ("ours", _ours),
        ("title TF-IDF cosine", lambda a, b: _tfidf(a, b, frequencies, 2 * len(pairs))),
        ("title overlap", _overlap),
    ]
    splits = _splits(len(pairs))
    results = []
    ours: list[float] = []
    for name, score in methods:
        scores = [score(*pair) for pair in pairs]
        found = [_split_f1(scores, labels, split) for split in splits]
        ours = ours or found
        beaten = mean(mine > other for mine, other in zip(ours, found, strict=True))
        results.append(Judged(name, mean(found), stdev(found), beaten))
    return results


def wrong_at_threshold(language: str, threshold: float) -> tuple[int, int]:
    """(wrong, pairs) of ours at the threshold in use."""
    records = shared_lines(f"same_story/{language}.jsonl")
    if not records:
        return 0, 0
    pairs, labels = _read(records, language)
    found = [_ours(*pair) >= threshold for pair in pairs]
    return sum(a != b for a, b in zip(found, labels, strict=True)), len(pairs)


def _read(
    records: list[dict[str, object]], language: str
) -> tuple[list[tuple[Told, Told]], list[bool]]:
    keys = [(_keys(record["first"]), _keys(record["second"])) for record in records]
    counts = Counter(key for pair in keys for one in pair for key in telling_keys(one))
    drawn = [
        tuple(
            Told(one, sketch(one, language, THEN, str(number), counts, 2 * len(keys)))
            for number, one in enumerate(pair)
        )
        for pair in keys
    ]
    return [(a, b) for a, b in drawn], [bool(record["same_story"]) for record in records]


def _keys(record: object) -> Keys:
    article = dict(record)  # type: ignore[call-overload]
    cleaned = clean(article["title"], article["text"])
    return keys_of(cleaned.title, [paragraph.text for paragraph in cleaned.paragraphs])


def _ours(one: Told, other: Told) -> float:
    return likeness(one.sketch, [other.sketch])


def _title(told: Told) -> list[str]:
    return lemma_keys(told.keys.title)


def _tfidf(one: Told, other: Told, frequencies: Counter[str], articles: int) -> float:
    vectors = []
    for told in (one, other):
        weights = {key: log((articles + 1) / frequencies[key]) for key in _title(told)}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({key: weight / length for key, weight in weights.items()})
    first, second = vectors
    return sum(weight * second.get(key, 0.0) for key, weight in first.items())


def _overlap(one: Told, other: Told) -> float:
    first, second = set(_title(one)), set(_title(other))
    return len(first & second) / (len(first | second) or 1)


def _splits(count: int) -> list[tuple[list[int], list[int]]]:
    chance = random.Random(SEED)  # noqa: S311 - splits, not secrets
    splits = []
    for _ in range(SPLITS):
        order = list(range(count))
        chance.shuffle(order)
        splits.append((order[: count // 2], order[count // 2 :]))
    return splits


def _split_f1(
    scores: Sequence[float], labels: Sequence[bool], split: tuple[list[int], list[int]]
) -> float:
    tuned, scored = split
    mine = [(scores[number], labels[number]) for number in tuned]
    threshold = max(sorted({score for score, _ in mine}), key=lambda at: _f1(mine, at))
    return _f1([(scores[number], labels[number]) for number in scored], threshold)


def _f1(judged: Sequence[tuple[float, bool]], threshold: float) -> float:
    found = sum(same for score, same in judged if score >= threshold)
    taken = sum(score >= threshold for score, _ in judged)
    return 2 * found / (taken + sum(same for _, same in judged) or 1)
