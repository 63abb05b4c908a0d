"""Words, their dictionary readings and stems: the ground `keys` and `topics` stand on.

Conflation F on Russian PUD: pymorphy3 .962, Snowball .821, the stem of the lemma reaches recall
.983; so both are used. Never is an acronym, a word of three letters or fewer or one with a digit
lemmatised or stemmed: Snowball turns «ИИ» into «и», which stands in most documents.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import Stemmer

SHORT_WORD_LETTERS: Final = 3
READINGS_CACHED: Final = 60_000  # about 20 MB; a day's news has some 40,000 distinct forms

WORD = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-z](?:\+\+|#)(?!\w)|[^\W_]+")
SENTENCE_END = frozenset(".!?…\n")
OPENING = frozenset("«“„\"'([—–-• \t\u00a0")
CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)

STOP_WORDS: Final = frozenset(
    """
    а без более бы был была были было быть в вам вас весь во вот все всего всех всю вы где да даже
    для до его ее если есть еще же за здесь и из или им их к как какой ко когда кто ли либо между
    меня мне может мы на над надо нас не него нее нет ни них но ну о об однако он она они оно от
    очень по под при про с сам себя со так также такой там те тем то того тоже той только том ты
    у уже хотя чего чей чем что чтобы чье эта эти это этого этой этом этот эту я
    a about an and are as at be been but by can could did do does for from had has have he her his
    how i if in into is it its me my no not of on or our out over s she should so t than that the
    their them then there these they this to up us was we were what when which who will with would
    you your
    """.split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with what its letters' case tells."""

    text: str
    folded: str  # lower case, ё → е
    initial: bool  # opens a sentence or quotation, so its capital tells nothing

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


@dataclass(frozen=True, slots=True)
class Reading:
    """What the dictionary says of a Russian form."""

    lemma: str
    known: bool
    noun: bool  # some reading is a common noun
    ordinary: bool  # some reading is no name
    name: bool  # some reading is a person's, place's or organisation's name


def fold(text: str) -> str:
    return text.lower().replace("ё", "е")


def is_exact_form(folded: str) -> bool:
    return len(folded) <= SHORT_WORD_LETTERS or any(letter.isdigit() for letter in folded)


def is_cyrillic(folded: str) -> bool:
    return CYRILLIC.match(folded) is not None


def split_words(text: str) -> list[Word]:
    """The words of one paragraph or title in reading order."""
    if is_shouting(text):
        text = text.lower()
    found = [(match.start(), match.group()) for match in WORD.finditer(text)]
    headline = _is_title_case(found)
    return [
        Word(word, fold(word).replace(",", "."), headline or _opens(text, start))
        for start, word in found
    ]


def is_shouting(text: str) -> bool:
    """A line mostly in capitals: its case tells nothing. One acronym or two are no shouting."""
    words = [word for word in WORD.findall(text) if word.isalpha() and len(word) > 1]
    loud = sum(word.isupper() for word in words)
    longest = max((len(word) for word in words if word.isupper()), default=0)
    return loud > 0.6 * len(words) and longest > 5


def _is_title_case(found: list[tuple[int, str]]) -> bool:
    """An English headline Where Every Word Is Capitalised."""
    words = [word for _, word in found if len(word) > SHORT_WORD_LETTERS and word.isascii()]
    return len(words) > 3 and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def _opens(text: str, start: int) -> bool:
    before = start - 1
    quoted = False
    while before >= 0 and text[before] in OPENING:
        quoted = quoted or text[before] in '«“„"'
        before -= 1
    return before < 0 or quoted or text[before] in SENTENCE_END


_stemmers = {language: Stemmer.Stemmer(language, 0) for language in ("russian", "english")}


@lru_cache(maxsize=READINGS_CACHED)
def stem(folded: str) -> str:
    if is_exact_form(folded):
        return folded
    language = "russian" if is_cyrillic(folded) else "english"
    return str(_stemmers[language].stemWord(folded))


@lru_cache(maxsize=1)
def _analyzer() -> Any:  # noqa: ANN401 - pymorphy3 has no type information
    import pymorphy3  # noqa: PLC0415 - 25 MB of dictionary, only where words are read

    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=READINGS_CACHED)
def read(folded: str) -> Reading:
    """The readings of a form; for anything but Cyrillic the form itself."""
    if not is_cyrillic(folded) or any(letter.isdigit() for letter in folded):
        return Reading(folded, known=False, noun=False, ordinary=False, name=False)
    analyzer = _analyzer()
    parses = analyzer.parse(folded)
    known = bool(analyzer.word_is_known(folded))
    names = [
        bool({"Name", "Surn", "Patr", "Geox", "Orgn", "Trad"} & p.tag.grammemes) for p in parses
    ]
    noun = any(
        p.tag.POS == "NOUN" and not is_name and not {"Abbr", "Init"} & p.tag.grammemes
        for p, is_name in zip(parses, names, strict=True)
    )
    lemma = fold(parses[0].normal_form) if parses else folded
    return Reading(lemma, known, known and noun, known and not all(names), known and any(names))


def lemma(folded: str) -> str:
    return folded if is_exact_form(folded) else read(folded).lemma
