"""The words people say a schedule in: `8:00 и 20:00 по будням`, `every 6 hours`, `quiet 23-7`."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from digests.errors import BadScheduleError
from digests.models import Quiet
from digests.schedules import EVERY_DAY, WEEKDAYS, WEEKEND, Timing, every_hours

MOST_TIMES: Final = 12
MOST_LETTERS: Final = 200

DAY_SETS: Final[dict[str, int]] = {
    "ежедневно": EVERY_DAY, "каждый день": EVERY_DAY, "daily": EVERY_DAY, "every day": EVERY_DAY,
    "everyday": EVERY_DAY, "по будням": WEEKDAYS, "будни": WEEKDAYS, "будням": WEEKDAYS,
    "рабочим дням": WEEKDAYS, "рабочие": WEEKDAYS, "weekdays": WEEKDAYS, "workdays": WEEKDAYS,
    "weekday": WEEKDAYS, "по выходным": WEEKEND, "выходные": WEEKEND, "выходным": WEEKEND,
    "weekends": WEEKEND, "weekend": WEEKEND,
}  # fmt: skip
DAY_NAMES: Final = (
    ("пн", "пон", "mon", "mo"),
    ("вт", "втор", "tue", "tu"),
    ("ср", "сре", "wed", "we"),
    ("чт", "чет", "thu", "th"),
    ("пт", "пят", "fri", "fr"),
    ("сб", "суб", "sat", "sa"),
    ("вс", "вос", "sun", "su"),
)
FILLERS: Final = frozenset((
    "в", "во", "с", "со", "и", "по", "на", "часов", "часа", "час", "ч", "каждый", "каждую",
    "каждое", "начиная", "at", "on", "and", "from", "every", "starting", "o'clock",
))  # fmt: skip
QUIET_FILLERS: Final = FILLERS | {"до", "to", "till", "until", "between"}
NUMBERS: Final = {
    "два": 2, "три": 3, "четыре": 4, "шесть": 6, "восемь": 8, "двенадцать": 12,
    "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "twelve": 12,
}  # fmt: skip
HALF: Final = r"(?P<half>am|pm|утра|дня|вечера|ночи)"
TIME: Final = re.compile(
    rf"(?<![\d.:])(?P<hour>\d{{1,2}})(?:[:.\-](?P<minute>\d{{2}}))?\s*{HALF}?(?![\w:])",
    re.IGNORECASE,
)
QUIET_TIME: Final = re.compile(TIME.pattern.replace(r"[:.\-]", "[:.]"), re.IGNORECASE)
EVERY: Final = re.compile(
    rf"(?:кажд(?:ые|ый)|раз\s+в|every|each)\s+(?:(?P<word>{'|'.join(NUMBERS)})\s+)?"
    r"(?:(?P<digits>\d{1,3})\s*)?(?:ч|час|часа|часов|h|hrs?|hours?)(?!\w)",
    re.IGNORECASE,
)
WEEKLY: Final = re.compile(r"(?<!\w)(?:еженедельно|раз в неделю|weekly|once a week)(?!\w)")
DAY_RANGE: Final = re.compile(r"([^\W\d_]+)\s*[-–—]\s*([^\W\d_]+)")
OFF: Final = frozenset({"off", "no", "none", "выкл", "нет", "выключить", "снять"})


def parse_timings(
    text: str, zone: ZoneInfo, now: datetime, days: int = EVERY_DAY
) -> tuple[Timing, ...]:
    """`8:30 weekdays`, `9 пн ср пт`, `8 и 20 по будням`, `по пятницам в 18, по субботам в 11`,
    `каждые 6 часов`, `every 3 hours from 8:00 weekdays`; `days` when none is named.

    Earliest first, each time once. Raises BadScheduleError.
    """
    text = text.lower()
    if len(text) > MOST_LETTERS:
        raise BadScheduleError(text=text[:80])
    weekly, text = bool(WEEKLY.search(text)), WEEKLY.sub(" ", text)
    if every := EVERY.search(text):
        rest = text[: every.start()] + " " + text[every.end() :]
        return (_parse_every(every, rest, zone, now, days),)
    found = list(TIME.finditer(text))
    edges = [0, *(edge for match in found for edge in match.span()), len(text)]
    named = [parse_days(text[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if not 0 < len(found) <= MOST_TIMES or (weekly and not any(named)):
        raise BadScheduleError(text=text[:80])
    by_time: dict[time, int] = {}
    for match, its_days in zip(found, _share_days(named), strict=True):
        at = _time_of(match)
        by_time[at] = by_time.get(at, 0) | (its_days or days)
    return tuple(Timing(at, by_time[at]) for at in sorted(by_time))


def _share_days(named: Sequence[int]) -> list[int]:
    """The days of each time, from the days named before, between and after the times.

    `пн в 9, вт в 10`: a time has the days said last; `9 по будням, 11 по выходным`: those said
    next, or failing these the last. 0: none named at all.
    """
    if named[0]:
        days = list(named[:-1])
        for place in range(1, len(days)):
            days[place] = days[place] or days[place - 1]
        days[-1] |= named[-1]
        return days
    days = list(named[1:])
    for place in reversed(range(len(days) - 1)):
        days[place] = days[place] or days[place + 1]
    for place in range(1, len(days)):
        days[place] = days[place] or days[place - 1]
    return days


def _parse_every(
    match: re.Match[str], rest: str, zone: ZoneInfo, now: datetime, days: int
) -> Timing:
    every = NUMBERS[match["word"]] if match["word"] else int(match["digits"] or 1)
    start = TIME.search(rest)
    if start:
        rest = rest[: start.start()] + " " + rest[start.end() :]
    at = _time_of(start) if start else time(0)
    return every_hours(every, zone, now, at, parse_days(rest) or days)


def _time_of(match: re.Match[str]) -> time:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = match["half"]
    if half:
        if not 1 <= hour <= 12:
            raise BadScheduleError(text=match[0])
        late = half in {"pm", "дня", "вечера"} or (half == "ночи" and 9 <= hour < 12)
        hour = hour % 12 + (12 if late else 0)
    if hour > 23 or minute > 59:
        raise BadScheduleError(text=match[0])
    return time(hour, minute)


def parse_days(text: str) -> int:
    """The weekdays named, 0 for none. Raises BadScheduleError on a word that names no day."""
    text = text.lower()
    days = 0
    for words, mask in DAY_SETS.items():
        if re.search(rf"(?<!\w){words}(?!\w)", text):
            days |= mask
            text = re.sub(rf"(?<!\w){words}(?!\w)", " ", text)
    for first, last in DAY_RANGE.findall(text):
        start, end = day_number(first), day_number(last)
        days |= sum(1 << (start + step) % 7 for step in range((end - start) % 7 + 1))
    text = DAY_RANGE.sub(" ", text)
    for word in re.findall(r"[\w']+", text):
        if word not in FILLERS:
            days |= 1 << day_number(word)
    return days


def day_number(word: str) -> int:
    """0 for Monday. Raises BadScheduleError."""
    for number, starts in enumerate(DAY_NAMES):
        if any(word == start or (len(start) > 2 and word.startswith(start)) for start in starts):
            return number
    raise BadScheduleError(text=word[:80])


def parse_quiet(text: str) -> Quiet | None:
    """`23-7`, `с 23:30 до 7`, `11pm to 7am`; None for `off`. Raises BadScheduleError."""
    text = text.lower().strip()
    if text in OFF:
        return None
    found = list(QUIET_TIME.finditer(text[:MOST_LETTERS]))
    words = re.findall(r"[^\W\d_]+", QUIET_TIME.sub(" ", text))
    if len(found) != 2 or any(word not in QUIET_FILLERS for word in words):
        raise BadScheduleError(text=text[:80])
    start, end = map(_time_of, found)
    if start == end:
        raise BadScheduleError(text=text[:80])
    return Quiet(start, end)
