"""What a week's recap holds, and its chart."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from digests.recap import LABEL_LETTERS, MOST_BARS, Bar, draw, longest, weightiest
from tests.factories import a_story, an_article, prepared, query

if TYPE_CHECKING:
    from digests.models import ArticleId, Keys, Story

TITLES = ("Город открыл новый мост", "Потушен пожар на складе", "Рынок акций вырос")


def story(number: int, hosts: int) -> Story:
    return a_story(
        *(
            an_article(100 * number + n, link=f"https://outlet{n}.example/{number}")
            for n in range(hosts)
        )
    )


def keys_of(stories: list[Story]) -> dict[ArticleId, Keys]:
    """The first story is about a bridge, the second about a fire, the third about a market."""
    keys = [prepared(title, text=f"{title}.").keys for title in TITLES]
    return {one.lead.id: its for one, its in zip(stories, keys, strict=True)}


def chosen(**options: object) -> list[int]:
    stories = [story(1, 2), story(2, 3), story(3, 4)]
    found = weightiest(stories, keys_of(stories), 3, **options)  # type: ignore[arg-type]
    return [stories.index(one) + 1 for one in found]


def test_most_covered_come_first() -> None:
    assert chosen() == [3, 2, 1]


def test_a_followed_topic_weighs_half_as_much_again() -> None:
    assert chosen(topics=[query("мост")]) == [1, 3, 2]  # 1.5 × log2(3) > log2(5)


def test_only_the_topics_without_the_main_news_and_nothing_muted() -> None:
    assert chosen(topics=[query("пожар")], main=False) == [2]
    assert chosen(main=False) == [3, 2, 1], "who follows nothing gets the main news"
    assert chosen(muted=[query("рынок")]) == [2, 1]


def test_bars_are_sorted_bounded_and_more_than_one() -> None:
    many = [Bar(f"тема {number}", number) for number in range(20)]
    assert [bar.count for bar in longest(many)] == list(range(19, 19 - MOST_BARS, -1))
    assert longest([Bar("одна", 5), Bar("пустая", 0)]) == ()


def test_chart_is_a_light_picture_of_a_phones_width() -> None:
    bars = [("м" * LABEL_LETTERS, 31), ("$x_1$ <b>🙂", 4)]
    drawn = draw("О чём писали", bars)
    assert drawn.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", drawn[16:24])
    assert width == 1080
    assert 300 < height < 800
    assert drawn != draw("О чём писали", list(reversed(bars)))
