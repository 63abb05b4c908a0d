"""The zone a person means by a city, a name, an offset or their clock."""

from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.errors import UnknownZoneError
from digests.zones import LIKELY, cities, find_zone

WINTER = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Казань", "Europe/Moscow"),
        ("казань", "Europe/Moscow"),
        ("  санкт-петербург ", "Europe/Moscow"),
        ("орел", "Europe/Moscow"),
        ("Екатеринбург", "Asia/Yekaterinburg"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Europe/Moscow", "Europe/Moscow"),
        ("europe/moscow", "Europe/Moscow"),
        ("UTC+5", "Asia/Yekaterinburg"),
        ("utc +3", "Europe/Moscow"),
        ("GMT-5", "America/New_York"),
        ("UTC−5", "America/New_York"),
        ("МСК", "Europe/Moscow"),
        ("МСК+2", "Asia/Yekaterinburg"),
        ("msk-1", "Europe/Kaliningrad"),
        ("+7", "Asia/Novosibirsk"),
        ("12:00", "Europe/Moscow"),
        ("12.05", "Europe/Moscow"),
        ("14:45", "Asia/Kathmandu"),
        ("4:00", "America/New_York"),
        ("23:00", "Pacific/Honolulu"),
        ("UTC-12", "Etc/GMT+12"),
        ("UTC+14", "Etc/GMT-14"),
    ],
)
def test_a_zone_is_found_by_what_people_say(text: str, zone: str) -> None:
    assert find_zone(text, WINTER).key == zone


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Нигдеград", "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "Europe",
        "UTC+15", "UTC-13", "+99", "25:00", "12:60", "5", "utc+5:45:00", "x" * 5_000, "\0",
        "Europe/", "posixrules", ",", ":",
    ],
)  # fmt: skip
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(UnknownZoneError):
        find_zone(text, WINTER)


@given(st.text(max_size=40) | st.text(st.sampled_from("utcgmмск+-–0123456789:. /"), max_size=10))
def test_any_text_is_a_zone_or_refused(text: str) -> None:
    try:
        zone = find_zone(text, WINTER)
    except UnknownZoneError:
        return
    assert zone.key in available_timezones()


@given(st.sampled_from(LIKELY), st.sampled_from([WINTER, SUMMER]), st.integers(-6, 6))
def test_the_clock_on_the_wall_tells_the_offset(name: str, now: datetime, wrong: int) -> None:
    there = now.astimezone(ZoneInfo(name))
    shown = there + timedelta(minutes=wrong)
    found = now.astimezone(find_zone(f"{shown:%H:%M}", now))
    assert (found.hour, found.minute) == (there.hour, there.minute)


@given(st.integers(-12, 14), st.sampled_from([WINTER, SUMMER]))
def test_an_offset_is_the_offset_now(hours: int, now: datetime) -> None:
    found = find_zone(f"UTC{hours:+d}", now)
    assert now.astimezone(found).utcoffset() == timedelta(hours=hours)


def test_every_zone_of_the_city_list_exists() -> None:
    text = resources.files("digests").joinpath("zones.txt").read_text(encoding="utf-8")
    named = {line.partition(":")[0] for line in text.splitlines() if line}
    assert len(named) > 20
    assert named <= available_timezones()
    assert "" not in cities()
