from datetime import UTC, datetime
from pathlib import Path

import pytest

from digests.errors import EmptyFileError, NoHeaderError, NotTextError
from digests.sources.text_file import parse_text_file

SEED = Path(__file__).parents[4] / "shared" / "data" / "seed_article.txt"
FILE = " date 2025-08-14 Мост открыт\r\n\r\nДвижение началось.\r\n\r\nВсе рады.\r\n"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_file_is_read_in_every_charset(charset: str) -> None:
    entry = parse_text_file(FILE.encode(charset), "мост.txt")
    assert entry.title == "Мост открыт"
    assert entry.text == "Движение началось.\n\nВсе рады."
    assert entry.published == datetime(2025, 8, 14, 12, tzinfo=UTC)
    assert entry.date_only
    assert entry.guid is None
    assert entry.link is None


@pytest.mark.parametrize(
    "header", ["date 2025-08-14 T", "  DATE  2025-08-14  T", "Date: 2025-08-14 T"]
)
def test_headers_may_be_written_freely(header: str) -> None:
    assert parse_text_file(f"\n{header}\n\nText".encode()).title == "T"


@pytest.mark.parametrize(
    "line",
    [
        "Просто заголовок",
        "date 2025-02-30 Нет такого дня",
        "date 2025-13-01 Нет такого месяца",
        "date 2025-08-14",
        "date 14.08.2025 Другая дата",
        "<html>" + "x" * 200,
    ],
)
def test_a_file_without_a_valid_header_is_refused_by_name(line: str) -> None:
    with pytest.raises(NoHeaderError) as caught:
        parse_text_file(f"{line}\n\nТекст".encode(), "x.txt")
    assert caught.value.values == {"name": "x.txt", "line": line[:80]}


def test_empty_and_binary_files_are_refused_by_name() -> None:
    with pytest.raises(EmptyFileError) as empty:
        parse_text_file(b" \r\n", "x.txt")
    assert empty.value.values == {"name": "x.txt"}
    with pytest.raises(NotTextError):
        parse_text_file(b"%PDF-1.4", "x.txt")
    with pytest.raises(EmptyFileError):
        parse_text_file("\u200b\u202e".encode())


@pytest.mark.skipif(not SEED.is_file(), reason="development data is not here: ../shared/data")
def test_the_seed_article_is_read() -> None:
    entry = parse_text_file(SEED.read_bytes(), SEED.name)
    assert entry.title.startswith("От стартапа Илона Маска — к своему фонду")
    assert entry.published == datetime(2025, 8, 14, 12, tzinfo=UTC)
    assert entry.text.startswith("Сооснователь xAI")
