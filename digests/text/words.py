"""Words, their dictionary readings and stems: the ground `keys` and `topics` stand on.

Conflation F on Russian PUD: pymorphy3 .962, Snowball .821, the stem of the lemma reaches recall
.983; so both are used. Never is an acronym, a word of three letters or fewer or one with a digit
lemmatised or stemmed: Snowball turns «ИИ» into «и», which stands in most documents.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

import Stemmer

SHORT_WORD_LETTERS: Final = 3
READINGS_CACHED: Final = 60_000  # about 20 MB; a day's news has some 40,000 distinct forms
WORDS_CACHED: Final = 5_000
GAPS_CACHED: Final = 500
GAP_LETTERS: Final = 20  # of one that is remembered

WORD = re.compile(r"(\d+(?:[.,]\d+)*|[A-Za-z](?:\+\+|#)(?!\w)|[^\W_]+)")
DIGIT = re.compile(r"\d")
SENTENCE_END = frozenset(".!?…\n")
QUOTE_MARKS = '«“„"'
OPENING = f"{QUOTE_MARKS}'([—–-• \t\u00a0"
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)


def _stop_words() -> frozenset[str]:
    text = resources.files("digests.text").joinpath("stop_words.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split())


STOP_WORDS: Final = _stop_words()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with what its letters' case tells."""

    text: str
    folded: str  # lower case, ё → е
    initial: bool  # a capital that tells nothing: it opens a sentence or quotation

    @property
    def is_acronym(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()

    @property
    def is_capitalised(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_mixed(self) -> bool:
        """A capital inside (OpenAI, xAI): a name wherever it stands."""
        return self.text[1:].lower() != self.text[1:] and not self.text.isupper()

    @property
    def is_exact(self) -> bool:
        """Never lemmatised or stemmed."""
        return self.is_acronym or is_exact_form(self.folded)


class Reading(NamedTuple):  # made for every word: a data class takes four times as long
    """What the dictionary says of a Russian form."""

    lemma: str
    known: bool
    noun: bool  # some reading is a common noun
    ordinary: bool  # some reading is no name
    name: bool  # some reading is a person's, place's or organisation's name


def fold(text: str) -> str:
    return text.lower().replace("ё", "е")


def is_exact_form(folded: str) -> bool:
    return len(folded) <= SHORT_WORD_LETTERS or DIGIT.search(folded) is not None


def is_cyrillic(folded: str) -> bool:
    return CYRILLIC.match(folded) is not None


def split_words(text: str) -> list[Word]:
    """The words of one paragraph or title in reading order."""
    return [as_word(form, initial) for form, initial in split_forms(text)]


def split_forms(text: str) -> list[tuple[str, bool]]:
    """The words of a paragraph as they stand, and `Word.initial` of each: all that `as_word`
    needs."""
    parts = WORD.split(text)  # a word at every odd place, between them what is no word
    if _is_shouted(parts[1::2]):
        parts = WORD.split(text.lower())
    forms = parts[1::2]
    headline = _is_title_case(forms)
    parts[0] = "." + parts[0]  # the first word opens a sentence
    return [
        (form, not form[0].islower() and (headline or _opens(before)))
        for before, form in zip(parts[::2], forms, strict=False)
    ]


@lru_cache(maxsize=WORDS_CACHED)
def as_word(text: str, initial: bool) -> Word:
    return Word(text, fold(text).replace(",", "."), initial)


def _is_shouted(forms: list[str]) -> bool:
    """A line mostly in capitals: its case tells nothing. One acronym or two are no shouting."""
    loud = [len(form) for form in forms if form.isupper() and form.isalpha()]
    if max(loud, default=0) <= 5:
        return False
    words = sum(form.isalpha() and len(form) > 1 for form in forms)
    return sum(length > 1 for length in loud) > 0.6 * words


def _is_title_case(forms: list[str]) -> bool:
    """An English headline Where Every Word Is Capitalised."""
    words = [word for word in forms if word.isascii() and len(word) > SHORT_WORD_LETTERS]
    return len(words) > 3 and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def _opens(before: str) -> bool:
    """Whether a sentence or quotation opens behind what stands between two words."""
    return _opens_shortly(before) if len(before) <= GAP_LETTERS else _opens_anew(before)


def _opens_anew(before: str) -> bool:
    kept = before.rstrip(OPENING)
    return kept[-1:] in SENTENCE_END or any(mark in before[len(kept) :] for mark in QUOTE_MARKS)


_opens_shortly: Final = lru_cache(maxsize=GAPS_CACHED)(_opens_anew)


_stemmers = {language: Stemmer.Stemmer(language, 0) for language in ("russian", "english")}


@lru_cache(maxsize=READINGS_CACHED)
def stem(folded: str) -> str:
    if is_exact_form(folded):
        return folded
    language = "russian" if is_cyrillic(folded) else "english"
    return str(_stemmers[language].stemWord(folded))


@lru_cache(maxsize=1)
def analyzer() -> Any:  # noqa: ANN401 - pymorphy3 has no type information
    import pymorphy3  # noqa: PLC0415 - 25 MB of dictionary, only where words are read

    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=READINGS_CACHED)
def read(folded: str) -> Reading:
    """The readings of a form; for anything but Cyrillic the form itself."""
    if not is_cyrillic(folded) or DIGIT.search(folded):
        return Reading(folded, known=False, noun=False, ordinary=False, name=False)
    forms = list(_known_forms(folded))
    if not forms:
        guesses = [(parse.tag, parse.normal_form) for parse in analyzer().parse(folded)]
        lemma_ = _likeliest(folded, guesses)
        return Reading(lemma_, known=False, noun=False, ordinary=False, name=False)
    facts = {_facts(tag) for tag, _ in forms}
    names = {is_name for is_name, _ in facts}
    return Reading(
        _likeliest(folded, forms),
        known=True,
        noun=(False, True) in facts,
        ordinary=False in names,
        name=True in names,
    )


def _known_forms(folded: str) -> Iterator[tuple[Any, str]]:
    """(tag, normal form) of a word the dictionary knows: what `MorphAnalyzer.parse` finds before it
    weighs and wraps it."""
    known = analyzer()
    dictionary = known.dictionary
    for form, places in dictionary.words.similar_items(folded, known.char_substitutes):
        for paradigm, at in places:
            yield (
                dictionary.build_tag_info(paradigm, at),
                dictionary.build_normal_form(paradigm, at, form),
            )


def _likeliest(folded: str, forms: Sequence[tuple[Any, str]]) -> str:
    """The normal form that P(tag | word) speaks for, folded."""
    if len(forms) > 1 and len({form for _, form in forms}) > 1:
        chance = analyzer().prob_estimator.p_t_given_w.prob
        return fold(max(forms, key=lambda one: chance(folded, one[0]))[1])
    return fold(forms[0][1]) if forms else folded


@cache
def _facts(tag: Any) -> tuple[bool, bool]:  # noqa: ANN401 - pymorphy3 has no type information
    """Whether one of the dictionary's 5,000 tags is a name's, and whether a common noun's. To ask
    a tag itself takes three times as long as all else about a word."""
    grammemes = tag.grammemes
    is_name = bool({"Name", "Surn", "Patr", "Geox", "Orgn", "Trad"} & grammemes)
    return is_name, "NOUN" in grammemes and not is_name and not {"Abbr", "Init"} & grammemes


def lemma(folded: str) -> str:
    return folded if is_exact_form(folded) else read(folded).lemma
