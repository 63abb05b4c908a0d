"""The editable file of words that mean the same, and the rules by which names cross alphabets.

A form's own spelling says how it matches: ALL CAPITALS only as an acronym, Capitalised only as a
name, lower case either way. Aliases are applied to the query, so an edit needs no new index.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from digests.text.words import Word, is_cyrillic, lemma, read, split_words, stem

MOST_SPELLINGS: Final = 8
SHORTEST_SPELLED_LETTERS: Final = 4
NAME_ENDINGS: Final = ("", "а", "у", "ом", "е")
CONSONANTS: Final = frozenset("бвгджзклмнпрстфхцчшщ")


@dataclass(frozen=True, slots=True)
class Aliases:
    """`meanings[i]` lists the forms of one meaning, each a sequence of words."""

    meanings: tuple[tuple[tuple[Word, ...], ...], ...]
    by_stems: dict[tuple[str, ...], tuple[int, ...]]
    names: frozenset[str]  # names of one word as the file has them
    name_forms: frozenset[str]  # and inflected: they may be taken for common nouns (Маска)
    longest: int  # words in the longest form

    def meanings_of(self, words: Sequence[Word]) -> tuple[int, ...]:
        """The meanings whose form these words are, in any inflection."""
        return self.by_stems.get(_stems(words), ())

    def forms(self, meanings: Iterable[int]) -> list[tuple[Word, ...]]:
        return [form for meaning in meanings for form in self.meanings[meaning]]


def _stems(words: Sequence[Word]) -> tuple[str, ...]:
    return tuple(word.folded if word.is_exact else stem(lemma(word.folded)) for word in words)


def parse_aliases(text: str) -> Aliases:
    """Raises nothing: a line with fewer than two forms means nothing and is passed over."""
    meanings: list[tuple[tuple[Word, ...], ...]] = []
    for line in text.splitlines():
        written = [split_words(part.strip()) for part in line.split("#")[0].split("=")]
        forms = tuple(tuple(words) for words in written if words)
        if len(forms) > 1:
            meanings.append(forms)
    by_stems: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, forms in enumerate(meanings):
        for form in forms:
            for key in {_stems(form), tuple(stem(word.folded) for word in form)}:
                by_stems[key].append(number)
    return Aliases(
        tuple(meanings),
        {key: tuple(dict.fromkeys(numbers)) for key, numbers in by_stems.items()},
        frozenset(_names(meanings)),
        frozenset(name + ending for name in _names(meanings) for ending in NAME_ENDINGS),
        max((len(form) for forms in meanings for form in forms), default=1),
    )


def _names(meanings: Iterable[tuple[tuple[Word, ...], ...]]) -> Iterable[str]:
    """Cyrillic names of one word that are inflected as masculine nouns."""
    for forms in meanings:
        for form in forms:
            if len(form) == 1 and form[0].is_capitalised and form[0].folded[-1] in CONSONANTS:
                yield form[0].folded


def default_aliases() -> Aliases:
    """Those that come with the program, and the operator's own besides."""
    return _aliases(_own[0])


def set_own_aliases(own: str) -> None:
    """For `digests.text.keys.use_aliases`, which knows what was computed with the old ones."""
    _own[0] = own


_own: Final = [""]


@lru_cache(maxsize=2)
def _aliases(own: str) -> Aliases:
    text = resources.files("digests.text").joinpath("aliases.txt").read_text(encoding="utf-8")
    return parse_aliases(f"{text}\n{own}")


# --- names in the other alphabet -------------------------------------------------------------

TO_CYRILLIC: Final[dict[str, tuple[str, ...]]] = {
    "shch": ("щ",), "sch": ("ш", "щ"), "zh": ("ж",), "kh": ("х",), "ts": ("ц",), "tz": ("ц",),
    "ch": ("ч",), "sh": ("ш",), "yu": ("ю",), "ya": ("я",), "yo": ("е",), "ye": ("е",),
    "iy": ("ий",), "ij": ("ий",), "ck": ("к",), "ph": ("ф",), "th": ("т",), "oo": ("у",),
    "ee": ("и",), "ei": ("ей",), "ai": ("ай",), "ks": ("кс",), "qu": ("кв",),
    "a": ("а",), "b": ("б",), "c": ("к", "с"), "d": ("д",), "e": ("е", "э"), "f": ("ф",),
    "g": ("г",), "h": ("х", "г"), "i": ("и",), "j": ("дж", "й"), "k": ("к",), "l": ("л",),
    "m": ("м",), "n": ("н",), "o": ("о",), "p": ("п",), "q": ("к",), "r": ("р",), "s": ("с",),
    "t": ("т",), "u": ("у",), "v": ("в",), "w": ("в", "у"), "x": ("кс",), "y": ("и", "й"),
    "z": ("з",),
}  # fmt: skip
TO_LATIN: Final[dict[str, tuple[str, ...]]] = {
    "кс": ("x", "ks"), "ий": ("y", "iy"), "ия": ("iya", "ia"), "дж": ("j", "dzh"),
    "ай": ("ai", "ay"),
    "а": ("a",), "б": ("b",), "в": ("v", "w"), "г": ("g",), "д": ("d",), "е": ("e",),
    "ж": ("zh",), "з": ("z",), "и": ("i",), "й": ("y",), "к": ("k", "c"), "л": ("l",),
    "м": ("m",), "н": ("n",), "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s",), "т": ("t",),
    "у": ("u",), "ф": ("f",), "х": ("kh", "h"), "ц": ("ts",), "ч": ("ch",), "ш": ("sh", "sch"),
    "щ": ("shch",), "ъ": ("",), "ы": ("y",), "ь": ("",), "э": ("e",), "ю": ("yu",), "я": ("ya",),
}  # fmt: skip


def spellings(folded: str) -> tuple[str, ...]:
    """How a name of four letters or more may stand in the other alphabet, likeliest first.

    Rule-based: sch/sh/ш, kh/h/х, y/й/и, ks/x/кс. At most `MOST_SPELLINGS`.
    """
    if len(folded) < SHORTEST_SPELLED_LETTERS or not folded.isalpha():
        return ()
    if is_cyrillic(folded):
        return _spell(folded, TO_LATIN)
    return _spell(folded, TO_CYRILLIC) if folded.isascii() else ()


def _spell(folded: str, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    longest = max(map(len, table))
    spelled = [""]
    position = 0
    while position < len(folded):
        for size in range(min(longest, len(folded) - position), 0, -1):
            options = table.get(folded[position : position + size])
            if options is not None:
                spelled = [prefix + option for option in options for prefix in spelled]
                spelled = spelled[:MOST_SPELLINGS]
                position += size
                break
        else:
            return ()
    return tuple(dict.fromkeys(spelled))


def is_common_noun(word: Word) -> bool:
    """Typed in lower case and a form of a common noun: «маски» does not ask for Маск."""
    return word.text.islower() and read(word.folded).noun
