"""Bridges: what of an article reads the same in another language: names, numbers, known aliases.

A name becomes its consonants, so that «Вересова» meets Veresov and «Бабушкин» Babuschkin: vowels
and endings are what spellings and cases differ in. Only articles of different languages are held
together by bridges; within one language whole words say more.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from digests.models import Keys
from digests.text.aliases import Aliases, default_aliases
from digests.text.keys import ACRONYM, NAME, STEM, lemma_keys
from digests.text.words import is_cyrillic, stem

NAMES_READ: Final = 40  # of an article
WORDS_READ: Final = 130  # of the text, where numbers and aliases are sought
SHORTEST_NAME: Final = 3  # letters; with fewer left it could be anybody's
SMALLEST_NUMBER: Final = 10
ALIAS: Final = "="
NUMBER: Final = "#"

THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
EVEN_THOUSANDS = re.compile(r"(?:\.000)+$")
YEAR = re.compile(r"(?:19|20)\d\d")
VOWELS = re.compile(r"[aeiouyаеиоуыэюяйьъ]+")
TWICE = re.compile(r"(.)\1+")
SOFT_C = re.compile(r"c(?=[eiy])")

# Longest first. What sounds alike gets one letter: sch and sh, zh and j, x and ks, s and z.
LATIN: Final = {
    "shch": "ш", "sch": "ш", "tch": "ч", "dzh": "ж", "zh": "ж", "kh": "х", "ch": "ч", "sh": "ш",
    "ph": "ф", "th": "т", "ck": "к", "tz": "ц", "ts": "ц", "qu": "кв", "x": "кс", "b": "б",
    "c": "к", "d": "д", "f": "ф", "g": "г", "h": "х", "j": "ж", "k": "к", "l": "л", "m": "м",
    "n": "н", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т", "v": "в", "w": "в", "z": "с",
}  # fmt: skip
CYRILLIC: Final = {"дж": "ж", "тс": "ц", "щ": "ш", "з": "с"}
SOUNDS = re.compile("|".join([*LATIN, *CYRILLIC]))


def bridges_of(keys: Keys) -> frozenset[str]:
    """The bridges of an article's title and beginning; each names its kind by its first sign."""
    aliases = default_aliases()
    text = [*lemma_keys(keys.lead), *lemma_keys(keys.body)][:WORDS_READ]
    known = {*_aliases(lemma_keys(keys.title), aliases), *_aliases(text, aliases)}
    numbers = {bridge for key in (*lemma_keys(keys.title), *text) if (bridge := number_bridge(key))}
    return frozenset(known | numbers | set(islice(_names(keys, aliases), NAMES_READ)))


def _aliases(read: list[str], aliases: Aliases) -> Iterator[str]:
    """The longest known phrases: «Европейский центральный банк» is no central bank besides."""
    roots = [stem(key.lstrip(NAME + ACRONYM)) for key in read]
    start = 0
    while start < len(roots):
        for size in range(min(aliases.longest, len(roots) - start), 0, -1):
            if meanings := aliases.by_stems.get(tuple(roots[start : start + size])):
                first_forms = (aliases.meanings[meaning][0] for meaning in meanings)
                yield from (ALIAS + "_".join(w.folded for w in form) for form in first_forms)
                start += size - 1
                break
        start += 1


def number_bridge(key: str) -> str | None:
    """The bridge of a number that may tell something: neither a year nor a small count.

    376,000 is `#376`, as «376 тысяч» and «376 000» are.
    """
    if not key.replace(".", "").isdigit() or YEAR.fullmatch(key):
        return None
    if THOUSANDS.fullmatch(key):
        key = EVEN_THOUSANDS.sub("", key).replace(".", "")
    return NUMBER + key if "." in key or int(key) >= SMALLEST_NUMBER else None


def _names(keys: Keys, aliases: Aliases) -> Iterator[str]:
    mark = NAME + STEM
    for field in (keys.title, keys.lead, keys.body):
        for key in field.split(" "):
            root = key.removeprefix(mark)
            if key.startswith(mark) and (root,) not in aliases.by_stems:
                sound = sound_of(root)
                if len(sound) >= SHORTEST_NAME:
                    yield NAME + sound


def sound_of(root: str) -> str:
    """A name's consonants in Cyrillic, whatever it was written in; an opening vowel counts once.

    `вересов`, `veresov` → `врсв`; `эйлер`, `eyler` → `алр`.
    """
    opening = "а" if VOWELS.match(root) else ""
    if not is_cyrillic(root):
        root = SOFT_C.sub("s", root)
    sounded = SOUNDS.sub(lambda found: LATIN.get(found[0]) or CYRILLIC[found[0]], root)
    return opening + TWICE.sub(r"\1", VOWELS.sub("", sounded))
