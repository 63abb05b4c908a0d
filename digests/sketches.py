"""What clustering remembers of an article: its heaviest keys, what was seen in it, what its title
claims.

A key weighs by how rare it is among the articles of the last month, a name's twice; two sketches
are all that `clustering` needs to judge two articles.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from math import log
from typing import Final
from zlib import crc32

from digests.models import Keys
from digests.semantics import Meaning
from digests.text.keys import ACRONYM, NAME, lemma_keys
from digests.text.words import fold, lemma, stem

HEAVY_KEYS: Final = 12  # what is most telling of an article
TITLE_TIMES: Final = 3  # a word of the title counts as three of the text
NAME_TIMES: Final = 2.0  # who and where tells events apart better than what
LEAST_WEIGHT: Final = 0.1  # of a key that stands in every article
HEAVY_READ: Final = 30  # keys of the text among which the heaviest are sought
SEEN_READ: Final = 130  # keys of the text in which the other's are looked for
MARKS_CACHED: Final = 20_000  # about 4 MB
ROOTS_CACHED: Final = 20_000
NAMED: Final = frozenset((NAME, ACRONYM))
ARTICLES_READ: Final = 64  # a batch's: its keys are counted before they are weighed
ARTICLES_ASSUMED: Final = 300  # read before the first: see common_words.txt
UP: Final = "up"
DOWN: Final = "down"
DIRECTIONS: Final = frozenset((UP, DOWN))
UP_WORDS: Final = (
    "повысить повысил повышение поднять подняла вырасти вырос выросла рост увеличить увеличил "
    "подорожать подорожал укрепиться raise raises raised rise rises rose increase hike hikes up"
)
DOWN_WORDS: Final = (
    "снизить снизил снижение опустить опустил упасть упал упала падение сократить сократил "
    "подешеветь подешевел ослабнуть cut cuts lower lowers lowered fall falls fell trim trims drop"
)

MONTHS: Final = (
    "январь январе января january jan|февраль феврале февраля february feb|март марте марта march "
    "mar|апрель апреле апреля april apr|май мае мая may|июнь июне июня june jun|июль июле июля "
    "july jul|август августе августа august aug|сентябрь сентябре сентября september sept sep|"
    "октябрь октябре октября october oct|ноябрь ноябре ноября november nov|декабрь декабре "
    "декабря december dec"
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What clustering remembers of an article for as long as its event is fresh."""

    language: str
    published: datetime
    host: str
    heavy: tuple[tuple[str, float], ...]  # key and weight, heaviest first; the weights add up to 1
    seen: frozenset[int]  # marks of the keys of the title and of the beginning of the text
    figures: frozenset[str]  # numbers and days (5/11) of the title, and whether it says up or down
    meaning: Meaning | None = None  # None: not embedded


@lru_cache(maxsize=MARKS_CACHED)
def mark(key: str) -> int:
    """A key as 32 bits, for looking one up among many: a third of its space, and quickly read."""
    return crc32(key.encode())


@lru_cache(maxsize=ARTICLES_READ)
def telling_keys(keys: Keys) -> tuple[str, ...]:
    """The keys of an article that are counted for their frequency, each once."""
    title, text, _ = _read(keys)
    return tuple(dict.fromkeys([*title, *text]))


@lru_cache(maxsize=ARTICLES_READ)
def _read(keys: Keys) -> tuple[list[str], list[str], set[str]]:
    """Stems of the title, stems of the text as far as it is read, and which words are names.

    Of «Антон Ковальский» and "Wall Street" only the last word counts as the name.
    """
    title, text = lemma_keys(keys.title), lemma_keys(keys.lead) + lemma_keys(keys.body)
    names = {
        _root(key)
        for key, following in pairwise([*title, "", *text, ""])
        if key[:1] in NAMED and following[:1] not in NAMED
    }
    return list(map(_root, title)), list(map(_root, text[:SEEN_READ])), names


@lru_cache(maxsize=ROOTS_CACHED)
def _root(key: str) -> str:
    return stem(key.lstrip(NAME + ACRONYM))


def sketch(
    keys: Keys,
    language: str,
    published: datetime,
    host: str,
    frequencies: Mapping[str, int],
    articles: int,
    meaning: Meaning | None = None,
) -> Sketch:
    """The sketch of an article; `frequencies` says how many of `articles` have a key.

    A key weighs (1 + ln tf) · its `rarity`, a name's `NAME_TIMES` as much.
    """
    title, text, names = _read(keys)
    counts = Counter(text[:HEAVY_READ])
    for key in title:
        counts[key] += TITLE_TIMES
    weights = {
        key: (NAME_TIMES if key in names else 1.0)
        * (1 + log(count))
        * max(LEAST_WEIGHT, rarity(key, frequencies, articles))
        for key, count in counts.items()
    }
    return Sketch(
        language,
        published,
        host,
        heaviest(weights),
        frozenset(map(mark, telling_keys(keys))),
        _figures(title),
        meaning,
    )


def _figures(title: Sequence[str]) -> frozenset[str]:
    """What a title claims that another report of the event would not deny."""
    months, directions = month_stems(), direction_stems()
    days = {}
    for place, key in enumerate(title):
        if month := months.get(key):
            near = (place - 1, place + 1)
            day = next((at for at in near if 0 <= at < len(title) and title[at].isdigit()), None)
            if day is not None:
                days[day] = f"{int(title[day])}/{month}"
    numbers = {
        key
        for place, key in enumerate(title)
        if place not in days and key.replace(".", "").isdigit()
    }
    ways = {directions[key] for key in title if key in directions}
    return frozenset(numbers | ways | set(days.values()))


@cache
def month_stems() -> dict[str, int]:
    return {
        stem(lemma(word)): number
        for number, words in enumerate(MONTHS.split("|"), 1)
        for word in words.split()
    }


@cache
def direction_stems() -> dict[str, str]:
    """The stem of a word that says which way something went → `up` or `down`."""
    return {
        stem(lemma(word)): way
        for way, words in ((UP, UP_WORDS), (DOWN, DOWN_WORDS))
        for word in words.split()
    }


@cache
def common_stems() -> dict[str, float]:
    """In how many of `ARTICLES_ASSUMED` articles a common word's stem is assumed to stand."""
    text = resources.files("digests.text").joinpath("common_words.txt").read_text(encoding="utf-8")
    found: dict[str, float] = {}
    for line in text.splitlines():
        share, _, words = line.partition(":")
        if share.strip().isdigit():
            for word in words.split(","):
                found[stem(fold(word.strip()))] = int(share) / 100 * ARTICLES_ASSUMED
    return found


NOTHING_COUNTED: Final[Mapping[str, int]] = {}


def rarity(key: str, frequencies: Mapping[str, int] = NOTHING_COUNTED, articles: int = 0) -> float:
    """ln((N + 1) / (df + 1/2)) of a stem; N and df start from what is known of common words."""
    found = frequencies.get(key, 0) + common_stems().get(key, 0.0)
    return log((articles + ARTICLES_ASSUMED + 1) / (found + 0.5))


def heaviest(weights: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    # Twice sorted by plain values: half the time of once by pairs.
    keys = sorted(sorted(weights), key=weights.__getitem__, reverse=True)[:HEAVY_KEYS]
    total = sum([weights[key] for key in keys]) or 1.0
    return tuple([(key, weights[key] / total) for key in keys])
