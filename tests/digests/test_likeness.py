"""Whether two reports tell one event: what they share, and what they deny of each other."""

import pytest

from digests.clustering import ALIKE, likeness
from digests.sketches import Sketch, sketch
from digests.text.keys import keys_of
from tests.factories import NOW, hours


def drawn(title: str, *paragraphs: str, age: float = 0, language: str = "ru") -> Sketch:
    published = NOW - hours(age)
    return sketch(keys_of(title, paragraphs), language, published, "a.example", {}, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Курс доллара ЦБ на 5 мая", "Курс доллара ЦБ на 6 мая"),
        ("Погода в Самаре на 12 ноября", "Погода в Самаре на 13 ноября"),
        ("Гороскоп для всех знаков на 31 декабря", "Гороскоп для всех знаков на 1 января"),
        ("Norland shares close lower, Nov 11", "Norland shares close lower, Nov 12"),
        ("Weather in Leyton for 3 June", "Weather in Leyton for 4 June"),
    ],
)
def test_a_column_of_another_day_is_another_story(first: str, second: str) -> None:
    for age in (0, 24):
        assert likeness(drawn(first, age=age), [drawn(second)]) < ALIKE
    assert likeness(drawn(first, age=1), [drawn(first)]) > 0.9


def test_a_day_that_both_name_is_no_contradiction() -> None:
    moved = drawn("Концерт в Самаре перенесли с 12 мая на 19 мая")
    meant = drawn("Концерт в Самаре пройдёт 19 мая")
    assert likeness(moved, [meant]) > ALIKE


def test_opposite_moves_with_other_numbers_are_two_stories() -> None:
    cut = drawn("ЦБ снизил ключевую ставку до 14 %")
    raised = drawn("ЦБ повысил ключевую ставку до 16 %")
    assert likeness(cut, [raised]) < ALIKE


def test_numbers_move_on_with_an_event() -> None:
    first = drawn("Площадь пожара под Самарой выросла до 40 гектаров", age=20)
    later = drawn("Площадь пожара под Самарой выросла до 310 гектаров")
    assert likeness(later, [first]) > ALIKE


def test_of_a_full_name_the_last_word_counts_as_the_name() -> None:
    weights = dict(drawn("Антон Ковальский уволил советника").heavy)
    assert weights["ковальск"] > 1.5 * weights["антон"]
    assert weights["антон"] == pytest.approx(weights["советник"])


def test_titles_alone_are_enough() -> None:
    one = drawn("«Волга-Кредит» покупает «Теремок Банк» за 38 млрд")
    other = drawn("«Теремок Банк» купит «Волга-Кредит»")
    assert likeness(one, [other]) > ALIKE


def test_languages_are_never_mixed() -> None:
    one = drawn("Orbix buys Luma")
    assert likeness(one, [drawn("Orbix buys Luma", language="en")]) == 0
