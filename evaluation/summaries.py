"""Do summaries say what an editor's lead says? ROUGE (Lin 2004) on lemmas, F1, three sentences."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from digests.models import CleanText
from digests.summarising import article_sentences, summarise
from digests.text.cleaning import clean
from digests.text.words import lemma, split_words
from evaluation.data import shared_lines

SENTENCES: Final = 3
THEN: Final = datetime(2020, 1, 1, tzinfo=UTC)

Summariser = Callable[[CleanText], list[str]]


@dataclass(frozen=True)
class Rouge:
    name: str
    one: float
    two: float


def ours(article: CleanText) -> list[str]:
    picks = summarise(article, THEN, "ru", SENTENCES)
    return [pick.text for pick in sorted(picks, key=lambda pick: pick.position)]


def lead(article: CleanText) -> list[str]:
    return [sentence.text for sentence in article_sentences(article)][:SENTENCES]


def judge(methods: Sequence[tuple[str, Summariser]]) -> list[Rouge]:
    """Empty where the data is absent."""
    records = shared_lines("summaries/ru.jsonl")
    if not records:
        return []
    articles = [clean(record["title"], record["text"]) for record in records]
    leads = [_lemmas(record["reference"]) for record in records]
    results = []
    for name, method in methods:
        told = [_lemmas(" ".join(method(article))) for article in articles]
        pairs = list(zip(told, leads, strict=True))
        results.append(
            Rouge(
                name,
                sum(rouge(mine, theirs, 1) for mine, theirs in pairs) / len(pairs),
                sum(rouge(mine, theirs, 2) for mine, theirs in pairs) / len(pairs),
            )
        )
    return results


def rouge(told: Sequence[str], reference: Sequence[str], size: int) -> float:
    """F1 of the n-grams of that size."""
    mine, theirs = _grams(told, size), _grams(reference, size)
    both = sum((mine & theirs).values())
    return 2 * both / ((mine.total() + theirs.total()) or 1)


def _grams(words: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _lemmas(text: str) -> list[str]:
    return [lemma(word.folded) for word in split_words(text)]
