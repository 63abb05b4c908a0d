"""The command line as an operator uses it: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot import __version__
from bot.cli import run_command_line
from bot.settings import Settings
from digests.sources.opml import Outline, parse_opml
from storage.locking import hold_lock
from tests.foreign import rsstt

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
ARTICLE = """ date 2026-03-05 Оранжерея с кактусами открылась в Лугограде

В Лугограде открыли оранжерею с кактусами. Вход свободный до конца месяца, сообщила мэрия города.

Коллекцию из трёхсот растений собирали двадцать лет. Первые посетители пришли ещё до открытия.
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "cactus.txt").write_text(ARTICLE, encoding="utf-8")
    return tmp_path


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


def run_process(place: Path, *words: str, env: dict[str, str] | None = None) -> Done:
    """Run the program by itself in `place`, with no settings but `env`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SVODKA_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=place,
        env=clean | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"} | (env or {}),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def svodka(
    place: Path, quick: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run a command in this process, which has imported already what takes seconds."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "120")
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SVODKA_{name.upper()}", raising=False)

    def run(*words: str, env: dict[str, str] | None = None) -> Done:
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["svodka", *words])
        with pytest.raises(SystemExit) as ended:
            run_command_line()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


def test_help_lists_every_command_with_its_sentence(place: Path) -> None:
    done = run_process(place, "--help")
    assert done.returncode == 0
    for command in ("run", "demo", "ingest", "preview", "search", "doctor", "backup", "restore"):
        assert f" {command} " in done.stdout
    assert "SVODKA_" in done.stdout
    assert not list(place.glob("*.sqlite*"))


def test_version_is_the_packages(place: Path) -> None:
    assert run_process(place, "--version").stdout.strip() == f"svodka {__version__}"


def test_command_line_imports_nothing_heavy_before_a_command_runs() -> None:
    code = (
        "import sys, bot.cli, bot.__main__; "
        "print([n for n in ('aiogram', 'aiohttp', 'pymorphy3', 'numpy', 'apscheduler', 'lxml') "
        "if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_preview_prints_the_digest_of_a_file_with_its_path(
    place: Path, svodka: Callable[..., Done]
) -> None:
    done = svodka("preview", "news/cactus.txt", "--topic", "кактусы", "--language", "ru")
    assert done.returncode == 0, done.stderr
    assert "пт 6 марта" in done.stdout, "09:00 of the day after the newest article"
    assert "КАКТУСЫ" in done.stdout
    assert "Оранжерея с кактусами открылась в Лугограде" in done.stdout
    assert "В Лугограде открыли оранжерею с кактусами." in done.stdout
    assert "cactus.txt" in done.stdout
    assert not list(place.glob("*.sqlite*")), "a preview of files keeps nothing"


def test_preview_speaks_english_and_travels_in_time(
    place: Path, svodka: Callable[..., Done]
) -> None:
    done = svodka("preview", "news", "--language", "en", "--at", "2026-03-07T09:00")
    assert "Sat, March 7" in done.stdout
    late = svodka("preview", "news", "--language", "en", "--at", "2026-04-07T09:00")
    assert late.returncode == 0
    assert late.stdout.startswith("Nothing new")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(("--at", "завтра"), "--at"), (("--language", "de"), "--language")],
)
def test_wrong_option_is_named(
    place: Path, svodka: Callable[..., Done], words: tuple[str, ...], complaint: str
) -> None:
    done = svodka("preview", "news", *words)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_search_finds_inflected_words_and_fails_on_nothing(
    place: Path, svodka: Callable[..., Done]
) -> None:
    done = svodka("search", "открытие оранжерей", "news")
    assert done.returncode == 0
    assert "Оранжерея с кактусами" in done.stdout
    assert "cactus.txt" in done.stdout
    none = svodka("search", "бегемоты", "news/cactus.txt")
    assert none.returncode == 1
    assert "Nothing found" in none.stdout


def test_ingest_counts_new_known_and_rejected_and_says_why(
    place: Path, svodka: Callable[..., Done]
) -> None:
    (place / "news" / "empty.txt").write_bytes(b"")
    (place / "news" / "binary.txt").write_bytes(b"\x00\x01\x02\xff" * 99)
    (place / "news" / "plain.txt").write_text("Без заголовка.\n\nСовсем.", encoding="utf-8")
    first = svodka("ingest", "news", "nowhere.txt", "http://127.0.0.1:9/rss")
    assert first.returncode == 0
    assert first.stdout.strip() == "1 new, 0 changed, 0 known, 5 rejected"
    for words in (
        "empty.txt: The file is empty",
        "binary.txt",
        "plain.txt: The first line",
        "nowhere",
    ):
        assert words in first.stderr
    assert "127.0.0.1:9/rss: An unusual port" in first.stderr
    again = svodka("ingest", "news")
    assert again.stdout.strip() == "0 new, 0 changed, 1 known, 3 rejected"
    assert "кактус" in svodka("search", "кактусы").stdout, "the real database is searched"


def test_ingest_of_nothing_but_rejects_fails(place: Path, svodka: Callable[..., Done]) -> None:
    assert svodka("ingest", "nowhere.txt").returncode == 1


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({}, "SVODKA_BOT_TOKEN"),
        ({"SVODKA_ACCESS": "everybody"}, "SVODKA_ACCESS"),
        ({"SVODKA_DATABASE_URL": "mysql://x"}, "SVODKA_DATABASE_URL"),
    ],
)
def test_run_with_wrong_settings_stops_with_a_sentence(
    place: Path, env: dict[str, str], named: str
) -> None:
    done = run_process(place, "run", env=env)
    assert done.returncode == 2
    assert done.stderr.startswith(named)
    assert "Traceback" not in done.stderr


def test_damaged_database_is_left_alone(place: Path) -> None:
    (place / "svodka.sqlite").write_bytes(b"this is no database" * 100)
    done = run_process(place, "search", "кактус")
    assert done.returncode == 2
    assert "damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert (place / "svodka.sqlite").read_bytes() == b"this is no database" * 100


def test_backup_and_restore_bring_back_what_was_there(
    place: Path, svodka: Callable[..., Done]
) -> None:
    assert svodka("ingest", "news").returncode == 0
    done = svodka("backup", "copy.sqlite")
    assert done.returncode == 0, done.stderr
    assert "copy.sqlite" in done.stdout
    assert "1 articles" in done.stdout
    (place / "svodka.sqlite").write_text("damaged beyond reading, " * 400)
    done = svodka("search", "кактусы")
    assert done.returncode == 2
    assert "svodka restore BACKUP" in done.stderr
    done = svodka("restore", "copy.sqlite")
    assert done.returncode == 0, done.stderr
    kept = done.stdout.split("kept as ")[1].strip()
    assert (place / kept).read_text().startswith("damaged beyond")
    assert svodka("search", "кактусы").returncode == 0


def test_backups_go_into_their_folder_and_a_refused_file_names_the_newest(
    place: Path, svodka: Callable[..., Done]
) -> None:
    assert svodka("ingest", "news").returncode == 0
    assert svodka("backup").returncode == 0
    (backup,) = (place / "svodka-backups").iterdir()
    (place / "svodka.sqlite").write_bytes(b"")
    done = svodka("search", "кактусы")
    assert done.returncode == 2
    assert f"svodka restore svodka-backups/{backup.name}" in " ".join(done.stderr.split())
    assert (place / "svodka.sqlite").read_bytes() == b""


def test_restore_is_refused_while_a_bot_works(place: Path, svodka: Callable[..., Done]) -> None:
    assert svodka("ingest", "news").returncode == 0
    assert svodka("backup", "copy.sqlite").returncode == 0
    with hold_lock(place / "svodka.sqlite"):
        done = svodka("restore", "copy.sqlite")
    assert done.returncode == 2
    assert "Another bot works" in done.stderr


def test_backup_overwrites_nothing(place: Path, svodka: Callable[..., Done]) -> None:
    assert svodka("ingest", "news").returncode == 0
    (place / "mine").write_text("keep me")
    assert svodka("backup", "mine").returncode == 2
    assert (place / "mine").read_text() == "keep me"
    assert svodka("restore", "none.sqlite").returncode == 2


LIST = """<opml version="2.0"><body><outline text="А" xmlUrl="https://a.example/rss"/>
<outline text="Канал" xmlUrl="https://t.me/lugograd"/></body></opml>"""


def test_import_takes_lists_and_export_gives_them_back(
    place: Path, svodka: Callable[..., Done]
) -> None:
    (place / "mine.opml").write_text(LIST, encoding="utf-8")
    done = svodka("import", "mine.opml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mine.opml: 2 sources for everybody; 0 known already.")
    assert "; 2 known already" in svodka("import", "mine.opml").stdout
    written = svodka("export", "out.opml")
    assert written.returncode == 0, written.stderr
    assert [one.address for one in parse_opml((place / "out.opml").read_bytes())] == [
        "https://a.example/rss",
        "https://t.me/s/lugograd",
    ]
    again = svodka("export", "out.opml")
    assert again.returncode == 2
    assert "out.opml" in again.stderr
    listed = json.loads(svodka("export", "--format", "json").stdout)
    assert [one["kind"] for one in listed["sources"]] == ["feed", "channel"]
    assert svodka("export", "--format", "xml").returncode == 2


def test_import_of_a_starter_list(place: Path, svodka: Callable[..., Done]) -> None:
    assert "13 sources for everybody" in svodka("import", "--starter", "ru").stdout
    assert "12 sources for everybody" in svodka("import", "--starter", "en").stdout
    assert svodka("import", "--starter", "de").returncode == 2
    assert svodka("import").returncode == 2


def test_import_of_another_bots_database_reports_what_is_lost(
    place: Path, svodka: Callable[..., Done]
) -> None:
    rsstt(place / "db.sqlite3")
    with closing(sqlite3.connect(place / "db.sqlite3")) as db:
        db.execute("UPDATE feed SET title = title || char(11, 8238)")  # no XML has such
        db.commit()
    done = svodka("import", "db.sqlite3", env={"SVODKA_ADMINS": "1000"})
    assert done.returncode == 0, done.stderr
    head = "1 sources for everybody, 1 for 2 chats of RSS-to-Telegram-Bot; 1 known already."
    assert head in done.stdout
    for line in (
        "tags: 1",
        "subscriptions that were switched off: 1",
        "addresses that are none: 1",
    ):
        assert line in done.stdout
    exported = svodka("export").stdout
    assert parse_opml(exported.encode()) == (Outline("А", "https://a.example/rss"),)
    assert "https://b.example/rss" not in exported, "somebody's own"


@pytest.mark.parametrize("content", [b"words", b"", b"SQLite format 3\x00" + b"\x00" * 99])
def test_import_of_something_else_gets_a_sentence(
    place: Path, svodka: Callable[..., Done], content: bytes
) -> None:
    (place / "file").write_bytes(content)
    done = svodka("import", "file")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "list of feeds" in done.stderr
    assert svodka("import", "nothing there").returncode == 2
