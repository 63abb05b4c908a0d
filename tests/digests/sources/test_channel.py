"""Preview pages of public channels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from digests.errors import NoChannelError
from digests.sources.channel import channel_name, is_telegram, parse_channel
from tests.previews import NO_PREVIEW, Channel, Post

if TYPE_CHECKING:
    from digests.models import Entry

WORDS = "В Лугограде открыли оранжерею с кактусами, вход туда свободный."


def entries(*posts: Post) -> tuple[Entry, ...]:
    return parse_channel(Channel(posts=list(posts)).page().encode()).entries


def test_post_has_its_first_line_as_title_its_time_and_its_address() -> None:
    text = f'<b>Кактусы зацвели</b> <i class="emoji"><b>🌵</b></i><br/><br/>{WORDS}<br/>Ещё строка.'
    at = datetime(2026, 11, 23, 7, 5, tzinfo=UTC)
    (entry,) = entries(Post(17, text, at=at))
    assert entry.title == "Кактусы зацвели 🌵"
    assert entry.text == f"{WORDS}\n\nЕщё строка."
    assert entry.link == "https://t.me/lugograd/17"
    assert entry.guid == "lugograd/17"
    assert entry.published == at
    assert entry.origin is None


def test_long_first_line_gives_its_first_sentence_as_title_and_stays_whole() -> None:
    line = f"{WORDS} {'Директор сада рассказал, что их привезли из пустыни. ' * 4}".strip()
    (entry,) = entries(Post(1, line))
    assert entry.title == WORDS
    assert entry.text == line


def test_title_and_bounds_of_the_page_are_read() -> None:
    page = parse_channel(Channel(posts=[Post(n, WORDS) for n in range(1, 31)]).page().encode())
    assert page.title == "Лугоград сегодня"
    assert (page.first, page.last) == (11, 30)
    assert len(page.entries) == 20


def test_album_is_told_by_its_caption_and_wordless_posts_only_count() -> None:
    page = Channel(
        posts=[
            Post(1, WORDS, photos=3),
            Post(5, photos=1),
            Post(6, "👍"),
            Post(7, "Доброе утро"),
            Post(8, "Канал создан сегодня утром тут", service=True),
        ]
    ).page()
    read = parse_channel(page.encode())
    assert [entry.guid for entry in read.entries] == ["lugograd/1"]
    assert (read.first, read.last) == (1, 8)


def test_forwarded_post_keeps_whose_it_was() -> None:
    (entry,) = entries(Post(3, WORDS, forwarded="Сад & парк"))
    assert entry.origin == "Сад & парк"
    assert entry.link == "https://t.me/lugograd/3"


def test_quoted_reply_is_not_the_posts_text() -> None:
    (entry,) = entries(Post(3, WORDS, reply="Чужие слова из другого сообщения канала"))
    assert "Чужие" not in entry.title + entry.text


def test_bare_link_is_told_by_what_the_page_says_of_itself() -> None:
    link = '<a href="https://a.example/1" target="_blank">https://a.example/1</a>'
    (entry,) = entries(Post(3, link, preview=("Фикусы вернулись", WORDS)))
    assert (entry.title, entry.text) == ("Фикусы вернулись", WORDS)


def test_quotations_stand_in_lines_of_their_own() -> None:
    text = f"Кактусы зацвели<blockquote>{WORDS}</blockquote>Ещё строка<pre>код</pre>"
    (entry,) = entries(Post(1, text))
    assert entry.title == "Кактусы зацвели"
    assert entry.text == f"{WORDS}\n\nЕщё строка\n\nкод"


def test_time_beyond_all_time_is_none() -> None:
    page = Channel(posts=[Post(1, WORDS)]).page()
    page = page.replace("2026-11-23T06:01:00+00:00", "9999-12-31T23:59:59-12:00")
    assert "9999" in page
    (entry,) = parse_channel(page.encode()).entries
    assert entry.published is None


def test_markup_in_words_stays_words() -> None:
    (entry,) = entries(Post(3, "Тег &lt;script&gt;alert(1)&lt;/script&gt; вставлен в пост"))
    assert entry.title == "Тег <script>alert(1)</script> вставлен в пост"


def test_channel_without_posts_is_one() -> None:
    page = parse_channel(Channel().page().encode())
    assert (page.title, page.entries, page.last) == ("Лугоград сегодня", (), None)


@pytest.mark.parametrize(
    "data", [NO_PREVIEW.encode(), b"", b"\x00\x01\x02" * 99, b"<rss/>", "<div " * 90_000]
)
def test_page_without_a_history_is_no_channel(data: bytes | str) -> None:
    with pytest.raises(NoChannelError):
        parse_channel(data.encode() if isinstance(data, str) else data)


def test_broken_numbers_and_times_are_passed_over() -> None:
    page = Channel(posts=[Post(1, WORDS), Post(2, WORDS)]).page()
    page = page.replace('data-post="lugograd/1"', 'data-post="../1"')
    page = page.replace("2026-11-23T06:02:00+00:00", "вчера")
    (entry,) = parse_channel(page.encode()).entries
    assert (entry.guid, entry.published) == ("lugograd/2", None)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("@lugograd", "lugograd"),
        ("t.me/lugograd", "lugograd"),
        ("https://t.me/s/Lugograd_24/", "Lugograd_24"),
        ("https://t.me/lugograd/17?single", "lugograd"),
        ("http://telegram.me/lugograd", "lugograd"),
        ("https://t.me/lugograd/5/17", "lugograd"),
        ("https://t.me/lugograd#x", "lugograd"),
        ("https://t.me/lugograd/5/6/7", None),
        ("https://t.me/+AbCdEf", None),
        ("https://t.me/joinchat/AAAA", None),
        ("https://t.me/c/123/4", None),
        ("https://at.me/lugograd", None),
        ("@x", None),
        ("lugograd", None),
    ],
)
def test_names_of_channels_are_told_from_other_addresses(words: str, name: str | None) -> None:
    assert channel_name(words) == name


def test_private_invitations_are_known_as_telegrams() -> None:
    assert is_telegram("https://t.me/+AbCdEf")
    assert not is_telegram("https://not-t.me/+AbCdEf")
