"""Periods as people say them: «за 3 дня», «вчера», "this week"; cut off the words of a question.

A period is a rolling one of so many hours or days, or a calendar one of the reader's zone. It
stands at the end or the beginning of the question: «за неделю до выборов» in the middle is none.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from digests.text.words import fold
from digests.topics import MOST_QUERY_LETTERS

MOST_HOURS: Final = 24 * 365
MOST_DAYS: Final = 3_650
CALENDAR: Final = ("today", "yesterday", "week", "lastweek", "month", "lastmonth")
CODE: Final = re.compile(r"(?P<unit>[hd])(?P<count>[1-9][0-9]{0,3})")
DAYS: Final = {"w": 7, "m": 30, "y": 365}
NUMBERS: Final = {
    "пару": 2, "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7,
    "десять": 10, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10,
}  # fmt: skip
COUNT: Final = rf"(?:(?P<count>[0-9]{{1,4}}|{'|'.join(NUMBERS)})\s*)?"
UNITS: Final = (
    (r"час(?:а|ов)?|ч|hours?|h", "h"),
    (r"день|дня|дней|дн|сутки|суток|days?|d", "d"),
    (r"недел[юяиь]|нед|weeks?|w", "w"),
    (r"месяц(?:а|ев)?|мес|months?", "m"),
    (r"года?|лет|years?", "y"),
)
UNIT: Final = "(?P<unit>" + "|".join(forms for forms, _ in UNITS) + ")"
ROLLING: Final = (
    rf"за\s+(?:последн\w+\s+|прошедш\w+\s+)?{COUNT}{UNIT}",
    rf"в\s+последн\w+\s+{COUNT}{UNIT}",
    rf"последн\w+\s+{COUNT.removesuffix('?')}{UNIT}",
    rf"(?:(?:in|for|over|from|within)\s+)?(?:the\s+)?past\s+{COUNT}{UNIT}",
    rf"(?:(?:in|for|over|from|within)\s+)?(?:the\s+)?last\s+{COUNT.removesuffix('?')}{UNIT}",
    r"(?:(?:in|for|over|from|within)\s+)?(?:the\s+)?last\s+(?P<unit>day|hour|year)",
)
NAMED: Final = (
    (r"(?:за\s+)?сегодня|today", "today"),
    (r"(?:за\s+)?вчера(?:шний\s+день)?|yesterday", "yesterday"),
    (r"(?:на|за)\s+эт(?:ой|у)\s+недел[еюи]|this\s+week", "week"),
    (r"(?:на|за)\s+прошл(?:ой|ую)\s+недел[еюи]|last\s+week", "lastweek"),
    (r"(?:в|за)\s+этом?т?\s+месяце?|this\s+month", "month"),
    (r"(?:в|за)\s+прошл(?:ом|ый)\s+месяце?|last\s+month", "lastmonth"),
)
LAST_ONE: Final = rf"последн\w+\s+{UNIT}"  # no period before words: «последний день Помпеи»
AT_END: Final = r"(?:^|.*?[\s,;:—–-]){}[\s.!?]*"
# «за неделю до выборов» is no period.
AT_START: Final = r"{}(?!\s+(?:до|перед|после|before|after|of)\b)(?:[\s,;:—–-].*|[.!?]*)"
# «новости за неделю»: beside a period these ask for nothing in particular.
FILLERS: Final = frozenset(
    ("новость", "новости", "новостей", "последние", "что", "нового", "было", "news", "latest",
     "the", "what", "is", "s", "new", "stories")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """`h24`, `d7`: the last hours or days; else one of CALENDAR."""

    code: str

    def bounds(self, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """From when, and until when. None: no end."""
        rolling = CODE.fullmatch(self.code)
        if rolling:
            count = int(rolling["count"])
            past = timedelta(hours=count) if rolling["unit"] == "h" else timedelta(days=count)
            return now - past, None
        since, until = _days(self.code, now.astimezone(zone).date())
        return _midnight(since, zone), _midnight(until, zone) if until else None


def period_of(code: str) -> Period | None:
    """None: there is no such period."""
    return Period(code) if code in CALENDAR or CODE.fullmatch(code) else None


def _days(code: str, today: date) -> tuple[date, date | None]:
    monday, first = today - timedelta(today.weekday()), today.replace(day=1)
    return {
        "today": (today, None),
        "yesterday": (today - timedelta(1), today),
        "week": (monday, None),
        "lastweek": (monday - timedelta(7), monday),
        "month": (first, None),
        "lastmonth": ((first - timedelta(1)).replace(day=1), first),
    }[code]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def split_period(text: str) -> tuple[str, Period | None]:
    """The words without their period, and the period. None: none is named."""
    text = " ".join(text.split())[:MOST_QUERY_LETTERS]
    folded = fold(text)
    if len(folded) != len(text):  # «İ» becomes two: places would not be those of the text
        folded = "".join(low if len(low := fold(letter)) == 1 else letter for letter in text)
    for pattern, is_end in _PATTERNS:
        match = pattern.fullmatch(folded)
        if match and (period := _period(match)):
            start = match.start("period")
            left = text[:start] if is_end else text[match.end("period") :]
            is_word = " " not in match["period"]
            if is_end and left and is_word and text[start].isupper() and not text.isupper():
                continue  # a name: `USA Today`
            return _told(left), period
    return text, None


def _told(words: str) -> str:
    words = " ".join(words.split()).strip(" ,;:—–-")
    return "" if all(word in FILLERS for word in re.findall(r"\w+", fold(words))) else words


def _period(match: re.Match[str]) -> Period | None:
    found = match.groupdict()
    if found.get("named"):
        return next(Period(code) for form, code in NAMED if re.fullmatch(form, found["named"]))
    unit = next(code for forms, code in UNITS if re.fullmatch(forms, found["unit"]))
    given = found.get("count") or "1"
    count = NUMBERS.get(given) or int(given)
    if unit == "h":
        return Period(f"h{min(count, MOST_HOURS)}") if count else None
    days = min(count * DAYS.get(unit, 1), MOST_DAYS)
    return Period(f"d{days}") if days else None


def _patterns() -> list[tuple[re.Pattern[str], bool]]:
    named = "(?P<named>" + "|".join(form for form, _ in NAMED) + ")"
    forms = [f"(?P<period>{form})" for form in (named, *ROLLING)]
    ends = [*forms, f"(?P<period>{LAST_ONE})"]
    return [
        (re.compile(place.format(form), re.DOTALL), place is AT_END)
        for place, forms in ((AT_END, ends), (AT_START, forms))
        for form in forms
    ]


_PATTERNS: Final = _patterns()
