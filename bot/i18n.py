"""The words of the bot. A language is one file of `locales/`, read as it is at the start.

Message ids are short keys; `say` fills their {names} and picks the plural form.
"""

import gettext
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from io import BytesIO
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.languages import LANGUAGES as LANGUAGES  # noqa: PLC0414 - offered from here as well
from bot.typography import kept_together

OFFSET = re.compile(r"Etc/GMT(?P<sign>[+-])(?P<hours>\d+)")
DAYS_AHEAD = 7  # so far a day goes by its name
NEAR_DAYS = {-1: "date.yesterday", 0: "date.today", 1: "date.tomorrow"}


@dataclass(frozen=True)
class Language:
    code: str
    translations: gettext.GNUTranslations
    locale: Locale

    def say(self, key: str, count: int | None = None, **values: object) -> str:
        """The sentence for `key`; with `count` in the right plural form, and as {count}."""
        if count is None:
            return self.translations.gettext(key).format_map(values)
        return self.translations.ngettext(key, key, count).format_map({"count": count} | values)

    @property
    def name(self) -> str:
        """As its speakers write it: `Русский`."""
        return str(self.locale.language_name).capitalize()

    def has(self, key: str) -> bool:
        return self.translations.gettext(key) != key

    def full_date(self, day: date) -> str:
        """As in `понедельник, 23 ноября`."""
        return dates.format_date(day, self.say("date.full"), locale=self.locale)

    def brief_date(self, day: date) -> str:
        """As in `пн 23 ноября`."""
        return dates.format_date(day, self.say("date.brief"), locale=self.locale)

    def days(self, first: date, last: date) -> str:
        """As in `17–23 ноября`, `October 28 – November 3`."""
        if first.month == last.month:
            month = dates.format_date(last, "MMMM", locale=self.locale)
            return self.say("date.days", first=first.day, last=last.day, month=month)
        pattern = self.say("date.day")
        begin, end = (dates.format_date(day, pattern, locale=self.locale) for day in (first, last))
        return f"{begin} – {end}"

    def day(self, day: date) -> str:
        """As in `23 ноября`."""
        return dates.format_date(day, self.say("date.day"), locale=self.locale)

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """As in `23 ноября, 08:30`: what follows `с` and `до`."""
        return self._at(self.say("date.day"), moment, zone)

    def near_moment(self, moment: datetime, zone: ZoneInfo, now: datetime) -> str:
        """As people say it: `вчера, 14:05`, `завтра, 08:30`, within a week to come `ср, 08:30`,
        else `23 ноября, 14:05`."""
        local = moment.astimezone(zone)
        away = (local.date() - now.astimezone(zone).date()).days
        if away in NEAR_DAYS:
            return f"{self.say(NEAR_DAYS[away])}, {local:%H:%M}"
        if 0 < away < DAYS_AHEAD:
            return self._at("EEE", moment, zone)
        is_near = local.year == now.astimezone(zone).year
        return self._at(self.say("date.day" if is_near else "date.with_year"), moment, zone)

    def _at(self, pattern: str, moment: datetime, zone: ZoneInfo) -> str:
        local = moment.astimezone(zone)
        return f"{dates.format_date(local.date(), pattern, locale=self.locale)}, {local:%H:%M}"

    def city(self, zone: str) -> str:
        """The city that a zone goes by here: as it is offered, else the one it is named after. An
        offset alone is `UTC+5` (whose zone is called Etc/GMT-5)."""
        if offset := OFFSET.fullmatch(zone):
            return f"UTC{'+' if offset['sign'] == '-' else '−'}{offset['hours']}"
        if zone.startswith("Etc/"):
            return zone.removeprefix("Etc/")
        named = f"{self.say('zone.offered')}|{self.say('zone.named')}"
        cities = dict(pair.split("=") for pair in named.split("|"))
        if zone in cities:
            return cities[zone]
        return dates.get_timezone_location(zone, locale=self.locale, return_city=True)

    def listed(self, names: Sequence[str]) -> str:
        """As in `08:00, 12:00 и 20:00`."""
        return str(lists.format_list(names, locale=self.locale))

    def decimal(self, number: float, digits: str = "0.00") -> str:
        """As in `0,77`; `digits` is a pattern of CLDR."""
        return str(numbers.format_decimal(number, digits, locale=self.locale))

    def day_name(self, number: int) -> str:
        """0 is Monday: `пн`."""
        return str(dates.get_day_names("abbreviated", locale=self.locale)[number])

    def age(self, moment: datetime, now: datetime) -> str:
        """As in `5 мин назад`, `3 ч назад`, `2 дня назад`."""
        past = max(now - moment, timedelta(0))
        minutes = int(past.total_seconds() // 60)
        if minutes < 60:
            return self.say("age.minutes", max(minutes, 1))
        if minutes < 24 * 60:
            return self.say("age.hours", minutes // 60)
        return self.say("age.days", minutes // (24 * 60))


@cache
def language(code: str) -> Language:
    """`code` is one of LANGUAGES."""
    file = resources.files("bot").joinpath("locales", f"{code}.po")
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale=code)
    for message in catalogue:
        if message.id:  # else the header
            said = message.string
            if isinstance(said, str):
                message.string = kept_together(said)
            else:
                message.string = tuple(kept_together(form) for form in said or ())
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language(code, gettext.GNUTranslations(compiled), Locale(code))


def language_for(telegram_code: str | None, default: str) -> str:
    """The language of a Telegram user: their client's when we speak it, else the default.

    Speakers of the languages around Russian get Russian only where that is the default.
    """
    code = (telegram_code or "").split("-")[0].lower()
    return code if code in LANGUAGES else default
