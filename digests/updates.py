"""Updates: whether a story that was told has moved on, and the one sentence that says how.

A story comes back only with enough that is new: numbers or names not told before, in a sentence
most of whose weight was not told either. Whatever the chat was told of the story counts as told,
whether the digest quoted it or only linked it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from digests.models import Article, Keys, Line
from digests.sketches import rarity
from digests.summarising import opens_hanging
from digests.text.keys import ACRONYM, NAME, field_keys, lemma_keys
from digests.text.numbers import with_values
from digests.text.words import stem

LEAST_WAIT: Final = timedelta(hours=4)  # between telling a story and its update
NEW_FACTS: Final = 2  # numbers or names not told before; one number in the title is enough
UNTOLD_SHARE: Final = 0.45  # of the sentence's weight
ONE: Final = "1"  # «один из», "one of": tells nothing
RANK_DISCOUNT: Final = 0.4  # the summary's own order still counts


@dataclass(frozen=True, slots=True)
class Report:
    """An article with its keys."""

    article: Article
    keys: Keys


def update_of(told: Sequence[Keys], fresh: Iterable[Report]) -> Line | None:
    """The sentence of the fresh reports that carries the most that is new.

    None: nothing new enough. Equal sentences of two reports are one: the first counts.
    """
    known = {key for keys in told for key in stems_of((keys.title, keys.lead, keys.body))}
    best: tuple[float, Line] | None = None
    for report in fresh:
        facts = _new_facts(report, known)
        if len(facts) < NEW_FACTS and not _numbers(report.keys.title) & facts:
            continue
        for rank, pick in enumerate(report.article.summary):
            if opens_hanging(pick.text):
                continue
            worth = _worth(pick.text, facts, known) / (1 + RANK_DISCOUNT * rank)
            if worth and (best is None or worth > best[0]):
                best = (worth, Line(pick.text, report.article))
    return best[1] if best else None


def _worth(sentence: str, facts: set[str], known: set[str]) -> float:
    """The weight of a sentence's new facts and other news; 0 when it is mostly told."""
    keys = stems_of((field_keys([sentence]),))
    untold = sum(rarity(key) for key in keys - known)
    if keys.isdisjoint(facts) or untold < UNTOLD_SHARE * sum(map(rarity, keys)):
        return 0.0
    return sum(rarity(key) for key in keys & facts) + untold / 4


def _new_facts(report: Report, known: set[str]) -> set[str]:
    """Numbers and names of the title and the picked sentences that were not told."""
    texts = [report.article.title, *(pick.text for pick in report.article.summary)]
    keys = with_values(lemma_keys(field_keys(texts)))
    facts = {_bare(key) for key in keys if key[0] in NAME + ACRONYM or key[0].isdigit()}
    return facts - known - {ONE}


def _numbers(field: str) -> set[str]:
    return {key for key in with_values(lemma_keys(field)) if key[0].isdigit()}


def stems_of(fields: Iterable[str]) -> set[str]:
    """The stems of what stands in fields of keys, numbers as their values."""
    return {_bare(key) for field in fields for key in with_values(lemma_keys(field))}


def _bare(key: str) -> str:
    return stem(key.lstrip(NAME + ACRONYM))
