"""Whether two reports tell one event: what they share, and what they deny of each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.clustering import ALIKE, _may_be_near, likeness, may_hold
from digests.models import StoryId
from digests.sketches import Sketch, heaviest, mark, sketch
from digests.text.keys import keys_of
from storage.packing import packed
from tests.factories import NOW, hours


def drawn(title: str, *paragraphs: str, age: float = 0, language: str = "ru") -> Sketch:
    published = NOW - hours(age)
    return sketch(keys_of(title, paragraphs), language, published, "a.example", {}, 0)


WORDS = st.sampled_from([*"абвгдежзиклмнопрстуф", "14", "2026"])


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    words = draw(st.dictionaries(WORDS, st.floats(0.1, 9.0), min_size=1, max_size=20))
    figures = frozenset(word for word in words if word.isdigit())
    beside = draw(st.frozensets(WORDS, max_size=6))
    seen = frozenset(map(mark, beside | words.keys()))
    return Sketch("ru", NOW, "a.example", heaviest(words), seen, figures)


@given(sketches(), st.lists(sketches(), min_size=1, max_size=7))
def test_what_is_alike_is_never_left_out_by_its_bound(one: Sketch, members: list[Sketch]) -> None:
    packed_marks = {StoryId(1): [packed(member.seen) for member in members]}
    bounds = _may_be_near(one, members) and may_hold(one, packed_marks)
    assert likeness(one, members) < ALIKE or bounds


def test_the_bound_lets_through_what_a_common_number_makes_alike() -> None:
    sides = [
        Sketch(
            "ru", NOW, "a.example", (("14", 0.28), (word, 0.72)), frozenset({mark("14")}), figures
        )
        for word, figures in (("мост", frozenset({"14"})), ("река", frozenset({"14"})))
    ]
    assert ALIKE <= likeness(sides[0], sides[1:]) < 1.05 * ALIKE
    assert _may_be_near(sides[0], sides[1:])


def test_the_bound_leaves_out_what_shares_two_words_of_many() -> None:
    one = drawn("Мэр Самары Ковальский открыл мост через Волгу после трёх лет ремонта и споров")
    other = drawn("Мэр Кемерово Рябов закрыл театр ради склада, зрители вышли к ратуше на митинг")
    assert likeness(one, [other]) < ALIKE
    assert not _may_be_near(one, [other])


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
