"""Zones: the IANA zone a person means by a city, a zone's name, an offset or their clock."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from digests.errors import UnknownZoneError
from digests.text.words import fold

OFFSET: Final = re.compile(
    r"^(?P<base>utc|gmt|мск|msk)?\s*(?P<sign>[+\-−–])?\s*(?P<hours>\d{1,2})?$"
)
CLOCK: Final = re.compile(r"^(?P<hour>\d{1,2})[:.](?P<minute>\d{2})$")
MOSCOW_HOURS: Final = 3
QUARTER: Final = timedelta(minutes=15)
# The zone that stands for an offset, likeliest among our readers first.
LIKELY: Final = (
    "Europe/Moscow", "Europe/Kaliningrad", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk",
    "Asia/Novosibirsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan",
    "Asia/Kamchatka", "Europe/London", "Europe/Berlin", "Asia/Tbilisi", "Asia/Almaty",
    "Europe/Kyiv", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Sao_Paulo", "America/Anchorage", "Pacific/Honolulu",
    "Atlantic/Azores", "Asia/Tehran", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Kabul",
    "Australia/Adelaide", "Pacific/Auckland", "America/Halifax", "America/St_Johns",
)  # fmt: skip


@lru_cache(maxsize=1)
def cities() -> dict[str, str]:
    """Folded city name → IANA zone, from `zones.txt` and the zones' own names."""
    table = {}
    for name in sorted(available_timezones()):
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/")):
            table[fold(name.rsplit("/", 1)[-1].replace("_", " "))] = name
    text = resources.files("digests").joinpath("zones.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        zone, _, names = line.partition(":")
        for name in names.split(","):
            table[fold(name.strip())] = zone.strip()
    return table


def find_zone(text: str, now: datetime) -> ZoneInfo:
    """`Казань`, `Europe/Moscow`, `UTC+5`, `МСК+2`, or the time it is there now: `14:30`.

    Raises UnknownZoneError.
    """
    wanted = " ".join(text.split())
    folded = fold(wanted)
    if match := CLOCK.match(folded):
        hour, minute = int(match["hour"]), int(match["minute"])
        if hour < 24 and minute < 60:
            return _by_clock(hour, minute, now)
    if folded in {"utc", "gmt"}:
        return ZoneInfo("Etc/UTC")
    if (match := OFFSET.match(folded)) and (match["base"] or (match["sign"] and match["hours"])):
        hours = int(match["hours"] or 0) * (-1 if match["sign"] in {"-", "−", "–"} else 1)
        base = MOSCOW_HOURS if match["base"] in {"мск", "msk"} else 0
        return _by_offset(timedelta(hours=base + hours), now, text)
    for name in available_timezones():
        if fold(name) == folded and "/" in name:
            return ZoneInfo(name)
    zone = cities().get(folded) or cities().get(folded.replace("-", " "))
    if zone is None:
        raise UnknownZoneError(text=text[:80])
    return ZoneInfo(zone)


def _by_clock(hour: int, minute: int, now: datetime) -> ZoneInfo:
    """The zone where it is that time now; clocks are believed to be right within minutes."""
    there = timedelta(hours=hour, minutes=minute)
    here = timedelta(hours=now.hour, minutes=now.minute)
    offset = round((there - here) / QUARTER) * QUARTER
    day = timedelta(days=1)
    for candidate in (offset, offset - day, offset + day):
        if timedelta(hours=-12) < candidate <= timedelta(hours=14):
            for name in LIKELY:
                if now.astimezone(ZoneInfo(name)).utcoffset() == candidate:
                    return ZoneInfo(name)
    raise UnknownZoneError(text=f"{hour}:{minute:02}")


def _by_offset(offset: timedelta, now: datetime, text: str) -> ZoneInfo:
    for name in LIKELY:
        if now.astimezone(ZoneInfo(name)).utcoffset() == offset:
            return ZoneInfo(name)
    hours = int(offset / timedelta(hours=1))
    if not -12 <= hours <= 14:
        raise UnknownZoneError(text=text[:80])
    return ZoneInfo(f"Etc/GMT{-hours:+d}")
