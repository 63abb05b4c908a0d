"""The words people say a schedule in, Russian and English."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.errors import BadScheduleError
from digests.models import Quiet
from digests.schedule_words import MOST_TIMES, parse_days, parse_quiet, parse_timings
from digests.schedules import EVERY_DAY, WEEKDAYS, WEEKEND, Timing, day_numbers, next_due

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 25, 10, 20, tzinfo=MOSCOW)  # a Wednesday
MON, TUE, WED, THU, FRI, SAT, SUN = (1 << number for number in range(7))


def parse(text: str, days: int = EVERY_DAY) -> list[Timing]:
    return list(parse_timings(text, MOSCOW, NOW, days))


@pytest.mark.parametrize(
    ("text", "at", "days"),
    [
        ("8:30", time(8, 30), EVERY_DAY),
        ("8", time(8), EVERY_DAY),
        ("08.05", time(8, 5), EVERY_DAY),
        ("0:00", time(0), EVERY_DAY),
        ("23-59", time(23, 59), EVERY_DAY),
        ("7pm", time(19), EVERY_DAY),
        ("7:15 AM", time(7, 15), EVERY_DAY),
        ("12am", time(0), EVERY_DAY),
        ("12pm", time(12), EVERY_DAY),
        ("8:30 weekdays", time(8, 30), WEEKDAYS),
        ("weekends at 10", time(10), WEEKEND),
        ("every day at 9", time(9), EVERY_DAY),
        ("ежедневно в 9", time(9), EVERY_DAY),
        ("каждый день в 21:00", time(21), EVERY_DAY),
        ("20.15 по будням", time(20, 15), WEEKDAYS),
        ("По выходным в 11", time(11), WEEKEND),
        ("9 пн ср пт", time(9), MON | WED | FRI),
        ("9 пн, ср и пт", time(9), MON | WED | FRI),
        ("в 9 в понедельник", time(9), MON),
        ("9:00 вторник четверг", time(9), TUE | THU),
        ("по субботам в 9", time(9), SAT),
        ("пн-пт 9", time(9), WEEKDAYS),
        ("7pm sat-sun", time(19), WEEKEND),
        ("8 fri–mon", time(8), FRI | SAT | SUN | MON),
        ("8 Mon, Thursday", time(8), MON | THU),
        ("weekdays sat 8", time(8), WEEKDAYS | SAT),
        ("по понедельникам в 9", time(9), MON),
        ("во вторник в 9 утра", time(9), TUE),
        ("в 8 вечера", time(20), EVERY_DAY),
        ("12 ночи", time(0), EVERY_DAY),
        ("в 9 часов", time(9), EVERY_DAY),
        ("каждое воскресенье в 10", time(10), SUN),
        ("weekly on monday at 9", time(9), MON),
        ("раз в неделю, в субботу, в 11:30", time(11, 30), SAT),
        ("every friday at 6 pm", time(18), FRI),
    ],
)
def test_schedules_are_said_in_words(text: str, at: time, days: int) -> None:
    assert parse(text) == [Timing(at, days)]


@pytest.mark.parametrize(
    ("text", "timings"),
    [
        ("8:00 и 20:00 по будням", [(8, WEEKDAYS), (20, WEEKDAYS)]),
        ("8:00 20:00 weekdays", [(8, WEEKDAYS), (20, WEEKDAYS)]),
        ("20:00, 8:00", [(8, EVERY_DAY), (20, EVERY_DAY)]),
        ("по будням в 8 и в 20", [(8, WEEKDAYS), (20, WEEKDAYS)]),
        ("8 по будням, 10 по выходным", [(8, WEEKDAYS), (10, WEEKEND)]),
        ("8 weekdays 10 weekends", [(8, WEEKDAYS), (10, WEEKEND)]),
        ("по понедельникам в 9, по пятницам в 18", [(9, MON), (18, FRI)]),
        ("mon at 9 and 12, fri at 18", [(9, MON), (12, MON), (18, FRI)]),
        ("8 по будням 20", [(8, WEEKDAYS), (20, WEEKDAYS)]),
        ("пн 9, ср", [(9, MON | WED)]),
        ("8 8:00 08.00", [(8, EVERY_DAY)]),
        ("8 mon, 8 tue", [(8, MON | TUE)]),
    ],
)
def test_several_times_share_the_days_said_beside_them(
    text: str, timings: list[tuple[int, int]]
) -> None:
    assert parse(text) == [Timing(time(hour), days) for hour, days in timings]


@pytest.mark.parametrize(
    ("text", "every", "first", "days"),
    [
        ("каждые 6 часов", 6, time(12), EVERY_DAY),
        ("every 6 hours", 6, time(12), EVERY_DAY),
        ("Every 6h", 6, time(12), EVERY_DAY),
        ("раз в 4 часа", 4, time(12), EVERY_DAY),
        ("каждые два часа", 2, time(12), EVERY_DAY),
        ("every three hours weekdays", 3, time(12), WEEKDAYS),
        ("каждый час", 1, time(11), EVERY_DAY),
        ("every hour on weekdays", 1, time(11), WEEKDAYS),
        ("каждые 3 часа с 8:30 по будням", 3, time(11, 30), WEEKDAYS),
        ("every 5 hours from 9 am", 5, time(14), EVERY_DAY),
    ],
)
def test_a_rhythm_of_hours_is_said_in_words(text: str, every: int, first: time, days: int) -> None:
    (timing,) = parse(text)
    assert (timing.every, timing.days) == (every, days)
    assert next_due(timing, MOSCOW, NOW).instant.astimezone(MOSCOW).time() == first


def test_too_many_times_are_refused() -> None:
    assert len(parse(" ".join(f"{n}:00" for n in range(MOST_TIMES)))) == MOST_TIMES
    with pytest.raises(BadScheduleError):
        parse(" ".join(f"{n}:00" for n in range(MOST_TIMES + 1)))


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("23-7", Quiet(time(23), time(7))),
        ("23-07", Quiet(time(23), time(7))),
        ("22:30–08:15", Quiet(time(22, 30), time(8, 15))),
        ("с 23 до 7", Quiet(time(23), time(7))),
        ("с 11 вечера до 7 утра", Quiet(time(23), time(7))),
        ("from 11pm to 7am", Quiet(time(23), time(7))),
        ("13 14", Quiet(time(13), time(14))),
        ("off", None),
        ("Выкл", None),
    ],
)
def test_quiet_hours_are_said_in_words(text: str, quiet: Quiet | None) -> None:
    assert parse_quiet(text) == quiet


@pytest.mark.parametrize("text", ["", "23", "7-7", "25-7", "1-2-3", "ночью 2-3", "23-7 завтра"])
def test_what_is_no_quiet_hours_is_refused(text: str) -> None:
    with pytest.raises(BadScheduleError):
        parse_quiet(text)


def test_days_stay_as_they_were_when_none_is_named() -> None:
    assert parse("9:30", WEEKEND) == [Timing(time(9, 30), WEEKEND)]
    assert parse("9:30 пн", WEEKEND) == [Timing(time(9, 30), MON)]


@pytest.mark.parametrize(
    "text",
    [
        "", "завтра", "weekdays", "24:00", "25", "8:60", "8:5", "12:345", "8:30 когда-нибудь",
        "weekly 9", "13 pm", "0 утра", "every 25 hours", "каждые 0 часов", "каждые сто часов",
        "every 3 hours tomorrow", "8 пн-никогда", "2026-11-23", "123", "-", "8:30:15", "9 foo",
        "٨:٣٠ x" * 500,
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadScheduleError):
        parse(text)


@given(st.text(max_size=60) | st.text(st.sampled_from("0123456789:.-apmпнсрвт ,"), max_size=14))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        timings = parse(text)
    except BadScheduleError:
        return
    assert 0 < len(timings) <= MOST_TIMES
    for timing in timings:
        assert 0 < timing.days <= EVERY_DAY
        assert timing.at.second == 0


@given(st.integers(0, EVERY_DAY))
def test_days_said_one_by_one_are_read_back(days: int) -> None:
    names = ("пн", "tue", "ср", "thu", "пятница", "sat", "вс")
    assert parse_days(" ".join(names[number] for number in day_numbers(days))) == days
