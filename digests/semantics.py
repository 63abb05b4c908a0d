"""The optional extra in clustering: what meaning adds to what words agree on.

An embedding puts what says the same near each other, but also «повысил ставку» beside «снизил
ставку». So likeness = agreed + `MEANING` · (cosine - near): what is agreed is words within one
language and bridges between two, and where they agree on too little no closeness joins. Figures
and what else was tried: docs/decisions/0010-semantic.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import Final

from digests.embedding import closeness
from digests.models import Keys
from digests.text.bridges import ALIAS, NUMBER, bridges_of

LANGUAGES: Final = ("ru", "en")  # whose articles may join one another's stories
MEANING: Final = 5.0  # likeness in words spreads 6.4 times as far as the cosine does
NEAR: Final = 0.88  # neither speaks for one event nor against it
NEAR_ABROAD: Final = 0.815
LEAST_IN_WORDS: Final = 0.1  # agreed in words, for meaning to count
LEAST_BRIDGES: Final = 6.0  # two names, or a name and two numbers
MOST_BRIDGES: Final = 12.0
BRIDGED: Final = 0.02  # what a bridge's weight is worth beside words
FEWEST_BRIDGES: Final = 2
# In how many of the first articles a bridge is assumed to stand before any was counted.
ARTICLES_ASSUMED: Final = 300
ASSUMED: Final = {ALIAS: 15.0, NUMBER: 6.0}
ASSUMED_NAMES: Final = 1.0


@dataclass(frozen=True, slots=True)
class Meaning:
    vector: bytes  # of `embedding.embed`
    bridges: tuple[tuple[str, float], ...]  # with their weights, heaviest first

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(bridge for bridge, _ in self.bridges if bridge[0] == NUMBER)


def meaning_of(vector: bytes, keys: Keys, frequencies: Mapping[str, int], articles: int) -> Meaning:
    """`frequencies` says how many of `articles` have a bridge; it weighs ln((N + 1) / (df + ½))."""
    total = articles + ARTICLES_ASSUMED + 1
    weights = {}
    for bridge in bridges_of(keys):
        known = frequencies.get(bridge, 0) + ASSUMED.get(bridge[0], ASSUMED_NAMES)
        weights[bridge] = log(total / (known + 0.5))
    return Meaning(vector, tuple(sorted(weights.items(), key=lambda item: (-item[1], item[0]))))


def in_bridges(one: Meaning, others: Iterable[Meaning]) -> float:
    """How far one agrees with articles of the other language; 0: not enough to be joined."""
    theirs = {bridge for other in others for bridge, _ in other.bridges}
    shared = [weight for bridge, weight in one.bridges if bridge in theirs]
    if len(shared) < FEWEST_BRIDGES or sum(shared) < LEAST_BRIDGES:
        return 0.0
    return BRIDGED * min(sum(shared), MOST_BRIDGES)


def in_meaning(one: Meaning | None, others: Iterable[Meaning | None], near: float) -> float:
    """What closeness adds to what is agreed, or takes from it."""
    if one is None:
        return 0.0
    found = [closeness(one.vector, other.vector) for other in others if other]
    return MEANING * (max(found) - near) if found else 0.0
