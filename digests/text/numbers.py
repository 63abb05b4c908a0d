"""Numbers as values: «четверо» is 4, «3 тысячи» and "3,000" are 3000.

Reports of one event write its numbers differently; whether a number is news must not hang on that.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

NUMERALS: Final = (
    "ноль zero|один one|два две двое two|три трое three|четыре четверо four|пять пятеро five|шесть "
    "шестеро six|семь семеро seven|восемь восьмеро eight|девять девятеро nine|десять десятеро ten|"
    "одиннадцать eleven|двенадцать twelve|тринадцать thirteen|четырнадцать fourteen|пятнадцать "
    "fifteen|шестнадцать sixteen|семнадцать seventeen|восемнадцать eighteen|девятнадцать nineteen"
)
TENS: Final = (
    "двадцать twenty|тридцать thirty|сорок forty|пятьдесят fifty|шестьдесят sixty|семьдесят "
    "seventy|восемьдесят eighty|девяносто ninety"
)
HUNDREDS: Final = "сто ста|двести|триста|четыреста|пятьсот|шестьсот|семьсот|восемьсот|девятьсот"
SCALES: Final = {
    1e3: "тысяча тыс thousand",
    1e6: "миллион млн million",
    1e9: "миллиард млрд billion bn",
    1e12: "триллион трлн trillion",
}
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")  # "11,300", its comma read as a point
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def with_values(lemmas: Sequence[str]) -> list[str]:
    """The lemmas in order, each number as its value: `двадцать пять тысяча` → `25000`."""
    kept: list[str] = []
    at = 0
    while at < len(lemmas):
        value, after = _value(lemmas, at)
        kept.append(lemmas[at] if value is None else f"{value:.12g}")
        at = after
    return kept


def _value(lemmas: Sequence[str], at: int) -> tuple[float | None, int]:
    """The value of the number that opens here, None for no number, and where it ends."""
    value, after = _spoken(lemmas, at)
    if value is None:
        value, after = _digits(lemmas, at)
    if value is None:
        return None, after
    at = after
    while at < len(lemmas) and (scale := _scales().get(lemmas[at])):
        value, at = value * scale, at + 1
    return value, at


def _spoken(lemmas: Sequence[str], at: int) -> tuple[float | None, int]:
    """«сорок два» is one number, «сорок» and «шестьдесят» behind it are two."""
    value: float | None = None
    room = math.inf  # below which the next word still belongs to the number
    while at < len(lemmas) and (part := _words().get(lemmas[at])) is not None and part < room:
        value = (value or 0.0) + part
        room = 100 if part >= 100 else 10 if part >= 20 else 0
        at += 1
    return value, (at if value is not None else at + 1)


def _digits(lemmas: Sequence[str], at: int) -> tuple[float | None, int]:
    text, after = lemmas[at], at + 1
    scaled = after < len(lemmas) and lemmas[after] in _scales()
    if _THOUSANDS.fullmatch(text) and not scaled:
        return float(text.replace(".", "")), after
    if not _NUMBER.fullmatch(text):
        return None, after  # a date, a version, «90х»
    while after < len(lemmas) and len(text) <= 3 and lemmas[after] == "000":
        text, after = text + "000", after + 1
    return float(text), after


@cache
def _words() -> dict[str, float]:
    values = {
        word: float(number)
        for number, words in enumerate(NUMERALS.split("|"))
        for word in words.split()
    }
    for start, step, names in ((20, 10, TENS), (100, 100, HUNDREDS)):
        for place, words in enumerate(names.split("|")):
            values |= dict.fromkeys(words.split(), float(start + step * place))
    return values | {"полтора": 1.5, "полторы": 1.5}


@cache
def _scales() -> dict[str, float]:
    return {word: scale for scale, words in SCALES.items() for word in words.split()}
