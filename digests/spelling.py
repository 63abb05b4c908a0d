"""Spelling: what a question may have meant, from the words that articles are made of.

The store knows in how many articles each root stands. A word nobody writes is taken for a slip of
one letter, of two beyond the third letter, or for another keyboard's; so what a guess costs does
not grow with the number of words known. A guess is only offered when it finds something.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Final

from digests.text.keys import is_stop_word
from digests.text.words import WORD, analyzer, fold, is_cyrillic, split_words, stem

SHORTEST_LETTERS: Final = 4  # of a word that may be misspelt: shorter ones are one letter from all
LONGEST_LETTERS: Final = 30  # no word is longer, and each letter costs some 66 spellings
LONG_LETTERS: Final = 6  # of a word that may have two slips
SURE_LETTERS: Final = 3  # at its beginning, which are right then
MOST_WORDS: Final = 3  # that are doubted
MOST_GUESSES: Final = 5
CYRILLIC: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
COMMONER: Final = 10  # times as often must a word stand that is offered for one that stands at all
LATIN_KEYS: Final = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
CYRILLIC_KEYS: Final = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_TO_CYRILLIC: Final = str.maketrans(
    LATIN_KEYS + LATIN_KEYS.upper(), CYRILLIC_KEYS + CYRILLIC_KEYS.upper()
)
_TO_LATIN: Final = str.maketrans(
    CYRILLIC_KEYS + CYRILLIC_KEYS.upper(), LATIN_KEYS + LATIN_KEYS.upper()
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word that may be misspelt."""

    word: str  # as typed
    root: str
    variants: dict[str, str]  # one slip away, and its root

    @property
    def near(self) -> str | None:
        """How the roots begin that may be meant with two slips. None: the word is too short."""
        is_long = len(self.root) >= LONG_LETTERS and is_cyrillic(self.root)
        return self.root[:SURE_LETTERS] if is_long else None


def doubts(text: str) -> list[Doubt]:
    found = []
    for word in split_words(text):
        folded = word.folded
        if not SHORTEST_LETTERS <= len(folded) <= LONGEST_LETTERS:
            continue
        if not folded.isalpha() or is_stop_word(word):
            continue
        variants = {one: stem(one) for one in _one_slip_away(folded)}
        found.append(Doubt(word.text, stem(folded), variants))
    return found[:MOST_WORDS]


def _one_slip_away(word: str) -> Iterator[str]:
    """The likeliest slips first: of two words of one root the first is offered."""
    letters = CYRILLIC if is_cyrillic(word) else ascii_lowercase
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    for left, right in cuts[:-2]:
        yield left + right[1] + right[0] + right[2:]
    yield from (left + letter + right for left, right in cuts for letter in letters)
    for left, right in cuts[:-1]:
        yield from (left + letter + right[1:] for letter in letters)
    yield from (left + right[1:] for left, right in cuts[:-1])


def guesses(
    text: str,
    doubted: Sequence[Doubt],
    articles: Mapping[str, int],
    near: Mapping[str, Mapping[str, int]],
    topics: Iterable[str],
) -> list[str]:
    """What may have been meant, the likeliest first.

    `articles`: in how many a root stands; `near`: the same, of roots that begin as a doubted word.
    """
    found: dict[str, None] = {}
    for topic in topics:
        if 0 < distance(fold(text), fold(topic)) <= 1 + (len(text) >= LONG_LETTERS):
            found[topic] = None
    for other in (text.translate(_TO_CYRILLIC), text.translate(_TO_LATIN)):
        if other != text and all(_is_known(word, articles) for word in WORD.findall(other)):
            found[other] = None
    better = {
        one.word: likely
        for one in doubted
        if (likely := _likely(one, articles, near.get(one.near or "", {})))
    }
    for rank in range(MOST_GUESSES):
        said = {word: likely[min(rank, len(likely) - 1)] for word, likely in better.items()}
        if said:
            found[_with(text, said)] = None
    found.pop(text, None)
    return list(found)[:MOST_GUESSES]


def _with(text: str, said: Mapping[str, str]) -> str:
    return WORD.sub(lambda found: said.get(found[0], found[0]), text)


def switched(text: str) -> list[str]:
    """The text as another keyboard would have had it, for the roots of its words to be known."""
    return [
        stem(fold(word))
        for other in (text.translate(_TO_CYRILLIC), text.translate(_TO_LATIN))
        if other != text
        for word in WORD.findall(other)
    ]


def _is_known(word: str, articles: Mapping[str, int]) -> bool:
    return stem(fold(word)) in articles


def _likely(doubt: Doubt, articles: Mapping[str, int], near: Mapping[str, int]) -> list[str]:
    """Words for a doubted one, those that stand in most articles first."""
    least = COMMONER * articles.get(doubt.root, 0)
    one_away = {
        variant: articles[root]
        for variant, root in doubt.variants.items()
        if root != doubt.root and articles.get(root, 0) > least
    }
    one_away = {word: count for word, count in one_away.items() if _is_word(word) or _is_name(word)}
    found = one_away or dict(_two_away(doubt, near, least))
    ranked = sorted(found, key=lambda word: (not _is_word(word), -found[word]))
    roots = {stem(word): word for word in reversed(ranked)}  # of one root the best form
    return [_cased(word, doubt.word) for word in ranked if roots[stem(word)] == word]


def _two_away(doubt: Doubt, near: Mapping[str, int], least: int) -> Iterator[tuple[str, int]]:
    """Roots with the ending that was typed, where that gives a word."""
    ending = fold(doubt.word)[len(doubt.root) :]
    for root, articles in near.items():
        if articles > least and 0 < distance(root, doubt.root) <= 2 and _is_word(root + ending):
            yield root + ending, articles


def _is_word(word: str) -> bool:
    """Whether the dictionary knows it; of English there is none."""
    return not is_cyrillic(word) or bool(analyzer().word_is_known(word))


def _is_name(word: str) -> bool:
    """Whether an unknown word may be one that news writes: a short root fits anything."""
    return len(stem(word)) >= SHORTEST_LETTERS


def _cased(word: str, typed: str) -> str:
    return word.capitalize() if typed[0].isupper() else word


def distance(one: str, other: str) -> int:
    """Slips between two words: letters left out, put in, changed, or two beside each other
    swapped (optimal string alignment). More than 2 is 3."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, a in enumerate(one, 1):
        now = [row]
        for column, b in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (a != b))
            if row > 1 and column > 1 and a == other[column - 2] and one[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > 2:
            return 3
        before, last = last, now
    return min(last[-1], 3)
