"""Periods are read in both languages, at either end of a question, and nowhere else."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.periods import CALENDAR, Period, period_of, split_period

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # Thursday the 26th, 01:30, in Moscow


@pytest.mark.parametrize(
    ("said", "words", "code"),
    [
        ("пожар за неделю", "пожар", "d7"),
        ("За последние 3 дня: пожар", "пожар", "d3"),
        ("за пять дней", "", "d5"),
        ("ставка ЦБ, вчера", "ставка ЦБ", "yesterday"),
        ("что нового сегодня?", "", "today"),
        ("новости за сутки", "", "d1"),
        ("за 2 часа хоккей", "хоккей", "h2"),
        ("хоккей на прошлой неделе", "хоккей", "lastweek"),
        ("за эту неделю", "", "week"),
        ("выборы в этом месяце", "выборы", "month"),
        ("выборы за прошлый месяц", "выборы", "lastmonth"),
        ("пожар за год", "пожар", "d365"),
        ("rate cut last 3 days", "rate cut", "d3"),
        ("AI this week", "AI", "week"),
        ("AI last week", "AI", "lastweek"),
        ("in the past week AI", "AI", "d7"),
        ("in the last 24 hours", "", "h24"),
        ("what's new today", "", "today"),
        ("yesterday", "", "yesterday"),
        ("в последний час", "", "h1"),
        ("пожар в последние 2 часа", "пожар", "h2"),
        ("последние новости за сутки", "", "d1"),
        ("ВЫБОРЫ СЕГОДНЯ", "ВЫБОРЫ", "today"),
        ("Пожар За неделю", "Пожар", "d7"),
        ("Elections Last Week", "Elections", "lastweek"),
        ("Сегодня Россия", "Россия", "today"),
        ("İstanbul за неделю", "İstanbul", "d7"),
        ("вчера İİİ", "İİİ", "yesterday"),
    ],
)
def test_period_is_cut_off_the_words(said: str, words: str, code: str) -> None:
    assert split_period(said) == (words, Period(code))


@pytest.mark.parametrize(
    "said",
    [
        "пожар",
        "за",
        "неделя моды",
        "за неделю до выборов",
        "last of us",
        "за 0 дней",
        "week",
        "",
        "USA Today",
        "Russia Today",
        "последний день Помпеи",
        "последний год войны",
        "Коммерсантъ Сегодня",
    ],
)
def test_what_names_no_period_stays_whole(said: str) -> None:
    assert split_period(said) == (said, None)


@pytest.mark.parametrize(
    ("code", "since", "until"),
    [
        ("today", "2026-11-26", None),
        ("yesterday", "2026-11-25", "2026-11-26"),
        ("week", "2026-11-23", None),
        ("lastweek", "2026-11-16", "2026-11-23"),
        ("month", "2026-11-01", None),
        ("lastmonth", "2026-10-01", "2026-11-01"),
    ],
)
def test_calendar_periods_are_those_of_the_readers_zone(
    code: str, since: str, until: str | None
) -> None:
    def midnight(day: str) -> datetime:
        return datetime.fromisoformat(day).replace(tzinfo=MOSCOW)

    expected = (midnight(since), midnight(until) if until else None)
    assert Period(code).bounds(NOW, MOSCOW) == expected


def test_rolling_periods_reach_back_from_now() -> None:
    assert Period("h24").bounds(NOW, MOSCOW) == Period("d1").bounds(NOW, MOSCOW)
    assert Period("d1").bounds(NOW, MOSCOW) == (NOW.replace(day=24), None)


@given(st.text(max_size=80))
def test_any_code_is_known_or_refused_and_bounded(code: str) -> None:
    period = period_of(code)
    assert (period is None) or period.bounds(NOW, MOSCOW)[0] < NOW


@pytest.mark.parametrize("code", [*CALENDAR, "d1", "h9999"])
def test_every_known_code_comes_back(code: str) -> None:
    assert period_of(code) == Period(code)


@given(st.text(max_size=300))
def test_any_text_can_be_asked(said: str) -> None:
    words, _ = split_period(said)
    assert len(words) <= 200
