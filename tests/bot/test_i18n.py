"""Both catalogues say the same things, the code asks for nothing they lack, and they hold nothing
the code never asks for."""

from __future__ import annotations

import ast
import re
import shutil
import string
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.handlers.admin import PAGES
from bot.i18n import LANGUAGES, language, language_for
from bot.keyboards import READS
from bot.listings import NAMED, OFFERED
from bot.source_keyboards import NEXT_PAGES
from bot.starters import STARTERS
from bot.troubles import NAMED as NAMED_TROUBLES
from digests.models import Access, SourceKind
from digests.periods import CALENDAR
from digests.ranking import WEIGHTS
from digests.zones import LIKELY, find_zone
from storage.figures import UNDER_WAY
from tests.bot.living import bare_environment

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).parents[2]
KEY = re.compile(r"^[a-z]+(\.[a-z0-9_]+)+$")
CODE = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("digests/**/*.py"), *ROOT.glob("storage/**/*.py")]
# What an f-string of the code can become.
FAMILIES = {
    "admin.access.": list(Access),
    "admin.delivery.": list(UNDER_WAY),
    "admin.kind.": ["private", "group", "supergroup", "channel"],
    "admin.page.": list(PAGES),
    "admin.source.": ["healthy", "failing", "parked"],
    "command.": [*COMMANDS, *ADMIN_COMMANDS],
    "period.": [*CALENDAR, *NAMED.values()],
    "period.button.": list(OFFERED.values()),
    "reads.": list(READS),
    "trouble.": list(NAMED_TROUBLES),
    "why.term.": list(WEIGHTS),
    "source.kind.": list(SourceKind),
    "source.pages.": list(NEXT_PAGES),
    "sources.request.": ["own", "shared", "no"],
    "sources.starter.": list(STARTERS),
}


@cache
def catalogue(code: str) -> Catalog:
    with (ROOT / "bot" / "locales" / f"{code}.po").open("rb") as opened:
        return read_po(opened, locale=code)


def keys(code: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for message in catalogue(code):
        if message.id:
            name = message.id[0] if isinstance(message.id, tuple) else message.id
            found[name] = message.string if isinstance(message.string, tuple) else (message.string,)
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def strings_of_the_code() -> set[str]:
    """Every literal of the code, docstrings left out, and every family an f-string opens."""
    found: set[str] = set()
    for path in CODE:
        if "sandbox" in path.parts or "newsroom" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                found.add(f"{node.values[0].value}*")
    return found


def asked_for() -> set[str]:
    """The keys that calls of `say` name, and the codes of errors."""
    found: set[str] = set()
    for path in CODE:
        if "sandbox" in path.parts or "newsroom" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="say"), args=[first, *_]):
                    said = [one.value for one in ast.walk(first) if isinstance(one, ast.Constant)]
                    found |= {one for one in said if isinstance(one, str) and KEY.match(one)}
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                    found.add(code)
                case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code))):
                    found.add(code)
    return found - {"error.settings"}  # its sentences are made where it is raised


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_the_same_keys_once(code: str) -> None:
    assert keys(code).keys() ^ keys("ru").keys() == set(), "missing, or asked for by nobody"
    written = (ROOT / "bot" / "locales" / f"{code}.po").read_text("utf-8")
    assert len(re.findall(r'^msgid "[^"]', written, re.MULTILINE)) == len(keys(code))


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_left_untranslated_or_doubtful(code: str) -> None:
    for key, texts in keys(code).items():
        assert all(text.strip() for text in texts), key
    assert not [m.id for m in catalogue(code) if m.fuzzy and m.id]
    assert not list(catalogue(code).obsolete)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_fills_in_the_same_values(code: str) -> None:
    russian, theirs = keys("ru"), keys(code)
    for key in russian:
        told = {name for text in russian[key] for name in placeholders(text)}
        for text in (*russian[key], *theirs[key]):
            assert placeholders(text) == told, key


@pytest.mark.parametrize("code", LANGUAGES)
def test_plurals_have_every_form(code: str) -> None:
    for message in catalogue(code):
        if isinstance(message.id, tuple):
            assert len(message.string) == catalogue(code).num_plurals, message.id
            assert all("{count}" in text for text in message.string), message.id


def test_every_key_the_code_asks_for_exists() -> None:
    missing = {key for key in asked_for() if key not in keys("ru")}
    assert len(asked_for()) > 100
    assert not missing


def test_every_member_of_a_family_exists() -> None:
    for prefix, members in FAMILIES.items():
        for member in members:
            assert prefix + member in keys("ru")


def test_every_f_string_key_is_of_a_known_family() -> None:
    opened = {text[:-1] for text in strings_of_the_code() if text.endswith("*")}
    families = {p for p in opened if re.fullmatch(r"[a-z]+(\.[a-z]+)*\.", p)}
    first_words = {key.partition(".")[0] for key in keys("ru")}
    unknown = {p for p in families if p.partition(".")[0] in first_words}
    assert unknown == {*FAMILIES, "error.fetch."}


def test_every_key_is_used() -> None:
    said = strings_of_the_code()
    families = (*FAMILIES, "error.fetch.")
    unused = {key for key in keys("ru") if key not in said and not key.startswith(tuple(families))}
    assert not unused


def test_reasons_of_failed_fetches_are_ones_that_happen() -> None:
    code = "".join((ROOT / "bot" / name).read_text("utf-8") for name in ("fetching.py", "guard.py"))
    raised = set(re.findall(r'(?:return |reason ?= ?f?)"(\w+?)(?:_\{.*?\})?"', code))
    for key in keys("ru"):
        if key.startswith("error.fetch."):
            reason = key.removeprefix("error.fetch.")
            assert reason in raised or reason.startswith("http_"), key


@pytest.mark.parametrize(
    ("code", "count", "text"),
    [
        ("ru", 1, "1 событие"), ("ru", 2, "2 события"), ("ru", 5, "5 событий"),
        ("ru", 11, "11 событий"), ("ru", 14, "14 событий"), ("ru", 21, "21 событие"),
        ("ru", 112, "112 событий"), ("ru", 0, "0 событий"),
        ("en", 1, "1 story"), ("en", 0, "0 stories"), ("en", 21, "21 stories"),
    ],
)  # fmt: skip
def test_plural_forms_follow_the_count(code: str, count: int, text: str) -> None:
    assert language(code).say("digest.stories", count) == text


@pytest.mark.parametrize("code", LANGUAGES)
def test_descriptions_of_commands_fit_telegrams_limits(code: str) -> None:
    for name in (*COMMANDS, *ADMIN_COMMANDS):
        assert 3 <= len(language(code).say(f"command.{name}")) <= 256


@pytest.mark.parametrize("code", LANGUAGES)
def test_answers_to_presses_fit_two_hundred_characters(code: str) -> None:
    for key, texts in keys(code).items():
        if key.startswith(("error.", "access.", "schedule.one_day", "topics.")):
            assert all(len(text) <= 200 for text in texts), key


@pytest.mark.parametrize("code", LANGUAGES)
def test_offered_zones_exist_under_the_names_shown(code: str) -> None:
    for pair in language(code).say("zone.offered").split("|"):
        zone, city = pair.split("=")
        assert find_zone(city, datetime(2026, 11, 23, tzinfo=UTC)).key == zone


@pytest.mark.parametrize("code", LANGUAGES)
def test_zones_are_called_what_their_readers_call_them(code: str) -> None:
    spoken, letters = language(code), {"ru": r"[А-Яа-яЁё .-]+", "en": r"[\w .’'-]+"}[code]
    written = (ROOT / "digests" / "zones.txt").read_text("utf-8")
    zones = [line.partition(":")[0] for line in written.splitlines() if ":" in line]
    for zone in (*zones, *LIKELY):
        assert re.fullmatch(letters, spoken.city(zone)), zone
    assert spoken.city("Asia/Kolkata") == {"ru": "Дели", "en": "Delhi"}[code]
    assert spoken.city("Etc/GMT-5") == "UTC+5"
    assert spoken.city("Etc/GMT+3") == "UTC−3"
    assert spoken.city("Etc/UTC") == "UTC"


@pytest.mark.parametrize(
    ("hours", "russian", "english"),
    [
        (-200, "15 ноября, 04:00", "November 15, 04:00"),
        (-20, "вчера, 16:00", "yesterday, 16:00"),
        (-2, "сегодня, 10:00", "today, 10:00"),
        (20, "завтра, 08:00", "tomorrow, 08:00"),
        (44, "ср, 08:00", "Wed, 08:00"),
        (170, "30 ноября, 14:00", "November 30, 14:00"),
    ],
)
def test_moments_near_by_are_told_as_people_say_them(
    hours: int, russian: str, english: str
) -> None:
    now, zone = datetime(2026, 11, 23, 9, tzinfo=UTC), ZoneInfo("Europe/Moscow")
    at = now + timedelta(hours=hours)
    assert language("ru").near_moment(at, zone, now) == russian
    assert language("en").near_moment(at, zone, now) == english


@pytest.mark.parametrize("code", LANGUAGES)
def test_commands_that_texts_name_exist(code: str) -> None:
    for key, texts in keys(code).items():
        for text in texts:
            for name in re.findall(r"(?<![\w/:.<])/([a-z_]+)\b", text):
                assert name in {*COMMANDS, *ADMIN_COMMANDS}, (key, name)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("ru", "ru"),
        ("en", "en"),
        ("en-GB", "en"),
        ("RU-ru", "ru"),
        ("de", "ru"),
        (None, "ru"),
        ("", "ru"),
    ],
)
def test_language_of_a_person_is_their_clients_or_the_default(
    theirs: str | None, ours: str
) -> None:
    assert language_for(theirs, "ru") == ours


# --- no words in the code ------------------------------------------------------------------------

# What is understood or offered as an example, and what the operator reads.
WORDS_UNDERSTOOD = {
    "cli.py", "core.py", "demo.py", "subscribing.py", "schedule.py", "typography.py",
}  # fmt: skip
TELLING = {"say", "show", "ask", "answer", "send_message", "edit_text", "button", "Content"}


def literals() -> list[tuple[Path, ast.AST, str]]:
    """Every string of the bot's code but docstrings, with what it stands in."""
    return [
        (path, node, child.value)
        for path in CODE
        if "bot" in path.parts and not {"sandbox", "newsroom"} & set(path.parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if not isinstance(node, ast.Expr)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.Constant) and isinstance(child.value, str)
    ]


def test_no_russian_words_are_in_the_code() -> None:
    cyrillic = [
        (path.name, text)
        for path, _, text in literals()
        if re.search("[а-яё]", text, re.IGNORECASE) and path.name not in WORDS_UNDERSTOOD
    ]
    assert cyrillic == []


def test_nothing_is_told_that_is_not_in_the_catalogue() -> None:
    told = [
        (path.name, text)
        for path, node, text in literals()
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in TELLING
        and re.search(r"[A-Za-z]{2,}", text)
        and not KEY.match(text)
    ]
    assert told == []


# --- a third language is one file ----------------------------------------------------------------

THIRD = """
from datetime import date
from bot.commands import COMMANDS, described
from bot.i18n import LANGUAGES, language, language_for
from bot.keyboards import languages_keyboard
from bot.settings import load_settings
from storage.subscribers import reads_in

assert LANGUAGES == ("ru", "en", "uk"), LANGUAGES
spoken = language("uk")
assert spoken.say("schedule.switch_on") == "Увімкнути"
assert [spoken.say("digest.stories", n) for n in (1, 3, 5)] == ["1 подія", "3 події", "5 подій"]
assert spoken.full_date(date(2026, 11, 23)) == "понеділок, 23 листопада"
assert spoken.days(date(2026, 11, 17), date(2026, 11, 23)) == "17–23 листопада"
assert language_for("uk", "ru") == "uk"
labels = [one.text for row in languages_keyboard(spoken).inline_keyboard for one in row]
assert labels[:3] == ["Русский", "English", "Українська"], labels
assert len(described(COMMANDS, spoken)) == len(COMMANDS)
assert load_settings(_env_file=None, default_language="uk").default_language == "uk"
assert reads_in("uk") == "all"
"""


def test_a_third_language_is_one_file(tmp_path: Path) -> None:
    for package in ("bot", "storage", "digests"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    locales = tmp_path / "bot" / "locales"
    theirs = (locales / "ru.po").read_text("utf-8").replace("Language: ru", "Language: uk")
    for said, instead in (
        (language("ru").say("schedule.switch_on"), "Увімкнути"),
        ("{count} событие", "{count} подія"),
        ("{count} события", "{count} події"),
        ("{count} событий", "{count} подій"),
    ):
        assert said in theirs
        theirs = theirs.replace(said, instead)
    (locales / "uk.po").write_text(theirs, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", THIRD],
        cwd=tmp_path,
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
