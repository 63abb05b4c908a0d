"""Splits a paragraph into sentences, each a verbatim piece of it.

razdel knows Russian prose; this adds what news throws at it: the space lost after a full stop,
abbreviated months and companies, initials, and marks that close a quotation after the full stop.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from razdel import sentenize
from razdel.segmenters.sentenize import SentSplit
from razdel.segmenters.sokr import INITIALS, PAIR_SOKRS, SOKRS

PARAGRAPHS_CACHED: Final = 64  # an article's: its summary and its quotation ask for the same
_SEEN: Final = 60  # letters looked at on either side of a boundary
_RAZDEL_SEEN: Final = 10  # by razdel
_STOP_AND_CAPITAL = re.compile(r"[.!?…]\s[А-ЯЁA-Z][а-яёa-z]")
_SPACE_AND_SMALL = re.compile(r"\s+[а-яёa-z]+(?!\w)")

# A full stop that lost its space: "лигами.Россияне", «…лигами».Россияне, "2020.Россияне".
# What it stands behind is asked after its first mark: so the search goes from mark to mark.
_LOST_SPACE = re.compile(
    r"[.!?…](?:(?<=[а-яё0-9»”)].)[.!?…]*(?=[«“„]?(?:[А-ЯЁ][а-яё]|[АВИКОСУЯ] [а-яё]))"
    r"|(?<=[a-z]{3}.)[.!?…]*(?=[“\"]?[A-Z][a-z]*[ ,’']))"
)
# razdel takes these for an initial or an abbreviation: "+16 °С. Ранее", "14 м/с. Ранее".
_UNIT_END = re.compile(r"(?:°\s?[CСF]|(?<![\w])к?м/[сч])\.(?=\s[«“„]?[А-ЯЁA-Z])")
_DOMAIN_ENDINGS: Final = frozenset("Com Net Org Ru Рф Io Js Ai Info Uk De Us Fm Tv".split())  # noqa: SIM905
_TOKEN_WITH_ADDRESS = re.compile(r"(?:https?://|www\.|\S+@)\S*$")

_ABBREVIATIONS: Final = r"""янв|фев|февр|мар|апр|июн|июл|авг|сен|сент|окт|ноя|нояб|дек
    |им|ул|просп|пр|пл|пер|наб|бул|бульв|стр|корп|кв|обл|респ|пос|дер|мкр|ст|оз|гор|р-н
    |проф|акад|доц|чл|канд|докт|ген|полк|подп|кап|лейт|инж|зам|зав|гл|гр|св
    |см|ср|напр|ил|илл|табл|рис|гл|разд|изд|ред|пер|сост|прим|тел|факс
    |т\.\s?[енкдп]|т|и\s+т|и\s+др|до\s+н|н\.\s?э|тов
    |Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec
    |St|Mt|Ft|Mr|Mrs|Ms|Dr|Prof|Rev|Hon|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|Pres|Jr|Sr
    |vs|No|Nos|Vol|Fig|pp|approx|est|ca|cf|e\.g|i\.e|al"""
_ABBREVIATION = re.compile(
    rf"(?:^|[\s(«“\"„/—–-])(?:{_ABBREVIATIONS})\.$", re.VERBOSE | re.IGNORECASE
)
# What may end one, ours or one of razdel's; no single letter is taken for a word anyway.
_ABBREVIATED: Final = SOKRS.union(
    INITIALS, *PAIR_SOKRS, re.findall(r"[^\W\d_]{2,}", _ABBREVIATIONS.lower())
)
# These end a sentence as often as not: only a lower-case letter, digit or quote goes on.
_OPEN_ABBREVIATION = re.compile(
    r"""(?:^|[\s(«“"\d])(?:г|гг|в|вв|руб|коп|долл|млн|млрд|трлн|тыс|чел|кг|км|мин|сек|час|др|пр|проч
        |Inc|Corp|Ltd|Co|Bros|LLC|plc|U\.S|U\.K|U\.N|E\.U|D\.C|a\.m|p\.m|etc)\.$""",
    re.VERBOSE | re.IGNORECASE,
)
_INITIAL = re.compile(r"(?:^|[\s(«“\".])[A-ZА-ЯЁ]\.$")
_LONE_INITIAL_END = re.compile(
    r"(?:^|\s)(?:витамин\w*|гепатит\w*|класс\w*|групп\w*|Plan|Vitamin)\s\w\.$"
)
_LONGEST_ABBREVIATION: Final = 6  # letters of the last word of any above
_TAIL: Final = 20  # letters, the whole of any above with what stands before it
_CLOSING = re.compile(r"[»”’\")\]…!?.,;]+(?=\s|$)")
_GOES_ON = re.compile(r"[\W_]*(?:[a-zа-яё]|\d)")
_STARTS_LOW = re.compile(r"[«“„\"(\s]*[a-zа-яё]")
_NUMBER_POINT = re.compile(r"(?:^|\s)\d{1,3}\.$")


def split_sentences(paragraph: str) -> list[str]:
    """The sentences in order; between them nothing but white space is lost."""
    return list(_sentences(paragraph))


@lru_cache(maxsize=PARAGRAPHS_CACHED)
def _sentences(paragraph: str) -> tuple[str, ...]:
    sentences = []
    start = 0
    for end in _boundaries(paragraph):
        sentence = paragraph[start:end].strip()
        if sentence:
            sentences.append(sentence)
        start = end
    return tuple(sentences)


def _boundaries(paragraph: str) -> Iterator[int]:
    ends = dict(_plain_ends(paragraph))
    lost = [
        found.end() for found in _LOST_SPACE.finditer(paragraph) if _ends_word(paragraph, found)
    ]
    units = []
    if "°" in paragraph or "м/" in paragraph:
        units = [found.end() for found in _UNIT_END.finditer(paragraph)]
    start = 0
    for end in sorted({*ends, *lost, *units}):
        stop = end if ends.get(end) else _over_closing_marks(paragraph, end)
        if stop > start and (ends.get(end) or not _goes_on(paragraph, start, stop)):
            yield stop
            start = stop
    if start < len(paragraph):
        yield len(paragraph)


def _plain_ends(paragraph: str) -> Iterator[tuple[int, bool]]:
    """The ends of `sentenize`, by its rules, and whether they are beyond doubt: its first rules
    join all that no space or a small word follows, and most stops stand between a word that nobody
    abbreviates and a capital, where no rule of it or of ours joins anything."""
    opened = 0
    for mark in sentenize.split.re.finditer(paragraph):
        start, end = mark.span()
        if not paragraph[end : end + 1].isspace() or _SPACE_AND_SMALL.match(paragraph, end):
            continue
        near = paragraph[max(0, start - _RAZDEL_SEEN) : start]
        is_sure = bool(_STOP_AND_CAPITAL.match(paragraph, start)) and _is_plain(near)
        if not is_sure:
            split = SentSplit(near, mark[1], paragraph[end : end + _RAZDEL_SEEN])
            split.buffer = paragraph[opened:start]
            if sentenize.join(split):
                continue
        yield end, is_sure
        opened = end
    yield len(paragraph.rstrip()), False


def _is_plain(before: str) -> bool:
    """Whether a stop stands behind a word: no abbreviation, initial, figure or Roman number."""
    word = before.rpartition(" ")[2]
    return word.isalpha() and word[1:].islower() and word.casefold() not in _ABBREVIATED


def _ends_word(paragraph: str, found: re.Match[str]) -> bool:
    """Whether the stop ends a sentence, and not a part of a domain, address or file name."""
    after = re.match(r"\W*(\w+)", paragraph[found.end() : found.end() + 40])
    if after and after[1] in _DOMAIN_ENDINGS:
        return False
    before = paragraph[max(0, found.start() - 100) : found.start()]
    return not _TOKEN_WITH_ADDRESS.search(before) and not _joined(
        before + ".", after[1] if after else ""
    )


def _over_closing_marks(paragraph: str, end: int) -> int:
    """Past the marks that close what ended: `сделано. » Он` keeps its » on the left."""
    at = end
    while at < len(paragraph) and paragraph[at].isspace():
        at += 1
    if at == len(paragraph) or paragraph[at] not in "»”)]":
        return end
    found = _CLOSING.match(paragraph, at)
    return found.end() if found else end


def _goes_on(paragraph: str, start: int, stop: int) -> bool:
    return _joined(paragraph[max(start, stop - _SEEN) : stop], paragraph[stop : stop + _SEEN])


def _joined(left: str, right: str) -> bool:
    """Whether the text before a boundary goes on behind it."""
    left = left.rstrip()
    right = right.lstrip()
    if not right:
        return True
    if not left.endswith("."):
        # «Ура!» — сказал он; "Really?" she asked.
        return left[-1:] in '!?…»”"' and bool(re.match(r"[—–-]?\s*[a-zа-яё]", right))
    last = left[-_LONGEST_ABBREVIATION - 2 : -1]
    if len(last) > _LONGEST_ABBREVIATION and last.isalpha():
        return _goes_on_low(right)  # behind most full stops: nothing so long is abbreviated
    return _goes_on_abbreviated(left, right)


def _goes_on_abbreviated(left: str, right: str) -> bool:
    tail = left[-_TAIL:]
    if _ABBREVIATION.search(tail) or _NUMBER_POINT.fullmatch(left):
        return True
    if _OPEN_ABBREVIATION.search(tail):
        return bool(_GOES_ON.match(right)) and not right[0].isupper()
    if _INITIAL.search(tail):
        return right[0].isupper() and not _LONE_INITIAL_END.search(left)
    return _goes_on_low(right)


def _goes_on_low(right: str) -> bool:
    if right[0].isupper():
        return False
    return bool(_STARTS_LOW.match(right)) and not _is_low_name(right)


def _is_low_name(right: str) -> bool:
    """A name that is written small even where a sentence opens: iPhone, xAI, eBay."""
    word = re.match(r"\w+", right)
    return bool(word) and any(letter.isupper() for letter in word[0])  # type: ignore[index]
