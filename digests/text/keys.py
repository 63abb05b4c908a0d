"""Keys: the one function through which search, topics and clustering see an article.

A word in reading order gives one lemma key; after a break follow the stem keys of the field, each
marked `~`. The case of a word picks a further marker: none for an ordinary word, `^` for a name,
`@` for an acronym. A capitalised word that may be either gives both.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from digests.models import Keys
from digests.text.aliases import default_aliases, set_own_aliases
from digests.text.words import STOP_WORDS, WORD, Word, as_word, lemma, read, split_forms, stem

NAME: Final = "^"
ACRONYM: Final = "@"
STEM: Final = "~"
BREAK: Final = "|"
SMALL_WORDS_CACHED: Final = 40_000  # forms; about 300 bytes each
KEYS_CACHED: Final = 15_000


def keys_of(title: str, paragraphs: Iterable[str]) -> Keys:
    first, *others = list(paragraphs) or [""]
    return Keys(field_keys([title]), field_keys([first]), field_keys(others))


def field_keys(texts: Iterable[str]) -> str:
    lemmas: list[str] = []
    also: list[tuple[str, ...]] = []
    for text in texts:
        after_name = False
        for form, initial in split_forms(text):
            if form[0].islower():
                key, others, after_name = _small_keys(form)
            else:
                key, others, after_name = _word_keys(form, initial, after_name)
            if key:
                lemmas.append(key)
                also.append(others)
        lemmas.append(BREAK)
    known = set(lemmas)
    others_found = dict.fromkeys(chain.from_iterable(also))
    return " ".join([*lemmas, *(key for key in others_found if key not in known)])


def placed_keys(text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """(start, end, keys) of every word of a paragraph that has keys, in reading order."""
    after_name = False
    # Lower case may lengthen a shouted line by a letter or two: then a mark stands beside.
    for found, (form, initial) in zip(WORD.finditer(text), split_forms(text), strict=False):
        key, others, after_name = _word_keys(form, initial, after_name)
        if key:
            yield found.start(), found.end(), frozenset((key, *others))


def lemma_keys(field: str) -> list[str]:
    """The lemma keys of a field in reading order, breaks left out."""
    return [key for key in field[: field.rfind(BREAK) + 1].split() if key != BREAK]


def is_stop_word(word: Word) -> bool:
    return word.folded in STOP_WORDS and not word.is_acronym


def stem_key(root: str) -> str:
    return STEM + root


def name_keys(lemma_: str, root: str) -> list[str]:
    return [NAME + lemma_, NAME + STEM + root]


def use_aliases(own: str) -> None:
    """From now on, in this process, an operator's `own` lines count besides the program's."""
    set_own_aliases(own)
    _word_keys.cache_clear()
    _small_keys.cache_clear()


@lru_cache(maxsize=SMALL_WORDS_CACHED)
def _small_keys(form: str) -> tuple[str, tuple[str, ...], bool]:
    """`_word_keys` of a word that is written small: what stands before it does not matter."""
    return _keys_anew(form, initial=False, after_name=False)


@lru_cache(maxsize=KEYS_CACHED)
def _word_keys(form: str, initial: bool, after_name: bool) -> tuple[str, tuple[str, ...], bool]:
    """The key in reading order, "" for none; the others this word can be found by; and whether it
    may be somebody's first name."""
    return _keys_anew(form, initial=initial, after_name=after_name)


def _keys_anew(form: str, *, initial: bool, after_name: bool) -> tuple[str, tuple[str, ...], bool]:
    word = as_word(form, initial)
    is_name = word.is_capitalised and read(word.folded).name
    if is_stop_word(word):
        return "", (), is_name
    key, others = _keys_of(word, after_name=after_name)
    return key, tuple(others), is_name


def _keys_of(word: Word, *, after_name: bool) -> tuple[str, list[str]]:
    folded = word.folded
    if word.is_acronym:
        return ACRONYM + folded, []
    base, root = lemma(folded), stem(folded)
    if word.is_mixed:
        return NAME + folded, name_keys(base, root)[1:]
    plain = [] if word.is_exact else [stem_key(root)]
    if not word.is_capitalised:
        return base, plain
    names = name_keys(base, root)
    if not _may_be_ordinary(word, after_name=after_name):
        return names[0], names[1:]
    return base, [*plain, *(names if _may_be_name(word) else [])]


def _may_be_ordinary(word: Word, *, after_name: bool) -> bool:
    """Whether a capitalised word may be no name.

    «Лига» may, «Маска» after «Илона» may not; a word that opens a sentence may unless the
    dictionary knows it as a name only.
    """
    reading = read(word.folded)
    if word.initial:
        return reading.ordinary or not reading.known
    if not reading.ordinary or reading.name or word.folded in default_aliases().name_forms:
        return False
    return not after_name


def _may_be_name(word: Word) -> bool:
    """Whether a capitalised word may be a name; «Маск» may open a sentence, «Маска» is a mask."""
    reading = read(word.folded)
    if not word.initial or not reading.known or reading.name:
        return True
    return word.folded in default_aliases().names
