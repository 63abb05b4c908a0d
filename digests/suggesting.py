"""Suggestions: topics worth following, from what is being covered now.

A phrase is a name, an acronym, a noun or a noun with its adjective, in its dictionary form. It is
worth tf × idf: in how many stories it stands, each by how widely it is covered, times how telling
its words are. What is suggested after it is worth less where it names the same stories.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any, Final

from digests.models import Story
from digests.sketches import rarity
from digests.text.keys import is_stop_word
from digests.text.words import Word, analyzer, is_cyrillic, split_words, stem

WORDS: Final = 2  # of a phrase
SHORTEST_LETTERS: Final = 5  # of an ordinary word; a name or an acronym may be shorter
SHORTEST_PAIRED: Final = 4  # of an English word in a pair
LEAST_COVERAGE: Final = 1.5  # said by two hosts of one story, or in two stories
NAMED_AGAIN: Final = 0.25  # what is left of a story once a suggestion names it
ARTICLES_READ: Final = 8  # titles of a story
NAME_WEIGHT: Final = 1.5  # a name or an acronym says more than a word
PHRASE_WEIGHT: Final = 1.6
MULTIPLES: Final = frozenset(("тыс", "млн", "млрд", "трлн", "million", "billion"))
NAMES: Final = frozenset({"Name", "Surn", "Patr", "Geox", "Orgn", "Trad"})


@dataclass
class _Candidate:
    """A phrase with the stories it stands in."""

    weight: float
    forms: Counter[str] = field(default_factory=Counter)  # as it may be shown
    hosts: dict[int, set[str]] = field(default_factory=dict)  # story → whose titles say it

    @property
    def coverage(self) -> float:
        return sum(log2(1 + len(hosts)) for hosts in self.hosts.values())


def suggest_topics(
    stories: Iterable[Story],
    count: int,
    frequencies: Mapping[str, int],
    articles: int,
    least_coverage: float = LEAST_COVERAGE,
) -> list[str]:
    """At most `count` phrases, best first; the stories should be of one language, `frequencies`
    says how many of `articles` have a stem."""
    candidates: defaultdict[tuple[str, ...], _Candidate] = defaultdict(lambda: _Candidate(0.0))
    for story in stories:
        for article in story.articles[:ARTICLES_READ]:
            for words, form in _phrases(article.title):
                key = tuple(stem(word.folded) for word in words)
                rare = sum(rarity(one, frequencies, articles) for one in key) / len(key)
                candidate = candidates[key]
                candidate.weight = max(candidate.weight, rare * _worth_of_kind(words))
                candidate.forms[form] += 1
                candidate.hosts.setdefault(story.id, set()).add(article.host)
    left = {key: one for key, one in candidates.items() if one.coverage >= least_coverage}
    return _greedy(left, count)


def _greedy(left: dict[tuple[str, ...], _Candidate], count: int) -> list[str]:
    chosen: list[str] = []
    named: set[int] = set()
    while left and len(chosen) < count:
        best = min(left, key=lambda key: (-_worth(left[key], named), key))
        picked = left.pop(best)
        chosen.append(min(picked.forms, key=lambda form: (-picked.forms[form], form)))
        named |= picked.hosts.keys()
        left = {key: one for key, one in left.items() if not set(key) & set(best)}
    return chosen


def _worth(candidate: _Candidate, named: set[int]) -> float:
    return candidate.weight * sum(
        log2(1 + len(hosts)) * (NAMED_AGAIN if story in named else 1.0)
        for story, hosts in candidate.hosts.items()
    )


def _phrases(text: str) -> Iterator[tuple[Sequence[Word], str]]:
    """(words, dictionary form) of everything in a title that could be a topic."""
    words = split_words(text)
    for at, word in enumerate(words):
        # «Волна» in quotation marks is a name, but whose?
        quoted = word.is_capitalised and any(mark + word.text in text for mark in '«“"„')
        if quoted or is_stop_word(word) or (at and _counts(words[at - 1])):
            continue
        form = _form(word)
        if form:
            yield [word], form
        pair = words[at : at + WORDS]
        if len(pair) == WORDS and f"{pair[0].text} {pair[1].text}" in text:
            together = _pair_form(*pair)
            if together:
                yield pair, together


def _worth_of_kind(words: Sequence[Word]) -> float:
    named = NAME_WEIGHT if any(_is_name(word) for word in words) else 1.0
    return named * (PHRASE_WEIGHT if len(words) > 1 else 1.0)


def _counts(word: Word) -> bool:
    """Whether what follows is a unit: «48 млн рублей», «двадцать минут»."""
    if word.folded[0].isdigit() or word.folded in MULTIPLES:
        return True
    return is_cyrillic(word.folded) and analyzer().parse(word.folded)[0].tag.POS == "NUMR"


def _is_name(word: Word) -> bool:
    return word.is_acronym or word.is_mixed or (word.is_capitalised and not word.initial)


def _form(word: Word) -> str | None:
    """How a word would be shown as a topic. None: it is no noun and no name."""
    if word.is_acronym or word.is_mixed:
        return word.text
    if not is_cyrillic(word.folded):
        # Without a dictionary of English a word alone may be anything; a pair says more.
        return word.text if word.is_capitalised and not word.initial else None
    parse = _noun(word)
    if parse is None or (len(word.text) < SHORTEST_LETTERS and not _is_name(word)):
        return None
    named = bool(NAMES & parse.tag.grammemes)
    if named != _is_name(word) and not word.initial:
        return None  # «Лига» may be anything, «миша» nobody
    if "Name" in parse.tag.grammemes:
        return None  # a first name alone is nobody
    shown = parse.inflect({"nomn"})
    form = shown.word if shown else parse.normal_form
    return str(form.capitalize() if named else form)


def _pair_form(first: Word, second: Word) -> str | None:
    """«ключевая ставка», «ставка ЦБ», «Илон Маск», "Central Bank"."""
    if is_stop_word(second) or not second.text.isalpha():
        return None
    if not is_cyrillic(second.folded) or not is_cyrillic(first.folded):
        return _latin_pair(first, second)
    noun = _noun(first)
    if second.is_acronym:
        return f"{noun.normal_form} {second.text}" if noun and first.text.islower() else None
    head = _noun(second)
    if head is None:
        return None
    if _is_name(first) and _is_name(second):
        nominative = noun is not None and noun.tag.case == head.tag.case == "nomn"
        return f"{first.text} {second.text}" if nominative else None
    return _described(first, second, head)


def _latin_pair(first: Word, second: Word) -> str | None:
    """AI safety, interest rates, Central Bank; in a headline Where All Is Capitalised, nothing."""
    if any(len(word.text) < SHORTEST_PAIRED and not _is_name(word) for word in (first, second)):
        return None
    if any(word.initial and word.is_capitalised for word in (first, second)):
        return None
    return f"{first.text} {second.text}"


def _described(first: Word, second: Word, head: Any) -> str | None:  # noqa: ANN401 - pymorphy3's
    """An adjective with its noun, both in the nominative."""
    if not second.text.islower() or _is_name(first):
        return None
    for adjective in analyzer().parse(first.folded):
        if adjective.tag.POS == "ADJF" and adjective.tag.case == head.tag.case:
            wanted = {"nomn", head.tag.number} - {None}
            if head.tag.number == "sing" and head.tag.gender:
                wanted.add(head.tag.gender)
            noun, described = head.inflect({"nomn"}), adjective.inflect(wanted)
            return f"{described.word} {noun.word}" if noun and described else None
    return None


def _noun(word: Word) -> Any:  # noqa: ANN401 - pymorphy3 has no type information
    """The likeliest reading as a known noun. None: there is none."""
    if not analyzer().word_is_known(word.folded):
        return None
    first = analyzer().parse(word.folded)[0]
    return first if first.tag.POS == "NOUN" else None
