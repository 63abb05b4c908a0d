"""What meaning adds to what words agree on; vectors are made by hand."""

from __future__ import annotations

from math import cos, pi, sin

import pytest

from digests.clustering import (
    ALIKE,
    SHARED_KEYS,
    found_by,
    likeness,
    may_be_compared,
    sought_keys,
)
from digests.embedding import SCALE, closeness
from digests.semantics import meaning_of
from digests.sketches import Sketch, sketch
from tests.factories import NOW, hours, prepared

RUSSIAN = (
    "Лугория подняла ставку до 16 процентов",
    "Глава Нацбанка Арвид Селин объяснил решение ослаблением крона. Курс упал на 11 процентов.",
)
ENGLISH = (
    "Lugoria raises its main rate to 16%",
    "Arvid Selin, the governor, blamed the falling kron, which has lost 11% since May.",
)
ELSEWHERE = (
    "Film festival opens in the old harbour",
    "The programme holds ninety pictures, and the jury will meet on Sunday evening.",
)


def vector(turn: float) -> bytes:
    """A unit vector turned by so much: the cosine of two is that of the difference."""
    values = [cos(turn) / 8] * 64 + [sin(turn) / 8] * 64  # spread, so that each fits a byte
    return bytes(round(value * SCALE) % 256 for value in values)


NEAR, FAR = 0.1, pi / 2


def drawn(told: tuple[str, str], turn: float | None = NEAR, *, late: float = 0) -> Sketch:
    """`turn` None: not embedded."""
    article = prepared(told[0], text=told[1], published=NOW + hours(late), now=NOW + hours(99))
    meaning = None if turn is None else meaning_of(vector(turn), article.keys, {}, 0)
    return sketch(article.keys, article.language, article.published, "a", {}, 0, meaning)


def test_closeness_is_the_cosine() -> None:
    assert closeness(vector(0), vector(0)) == pytest.approx(1, abs=0.01)
    assert closeness(vector(0), vector(pi / 3)) == pytest.approx(0.5, abs=0.01)
    assert closeness(vector(0), vector(pi)) == pytest.approx(-1, abs=0.01)


def test_one_event_in_two_languages_is_alike_when_names_numbers_and_meaning_agree() -> None:
    assert likeness(drawn(RUSSIAN), [drawn(ENGLISH)]) >= ALIKE
    assert likeness(drawn(ENGLISH), [drawn(RUSSIAN)]) >= ALIKE


def test_closeness_alone_joins_no_two_languages() -> None:
    assert likeness(drawn(RUSSIAN), [drawn(ELSEWHERE)]) == 0


def test_names_and_numbers_alone_join_no_two_languages() -> None:
    assert likeness(drawn(RUSSIAN, FAR), [drawn(ENGLISH)]) < ALIKE


@pytest.mark.parametrize("turns", [(None, None), (NEAR, None), (None, NEAR)])
def test_two_languages_have_nothing_in_common_unless_both_are_embedded(
    turns: tuple[float | None, float | None],
) -> None:
    one, other = drawn(RUSSIAN, turns[0]), drawn(ENGLISH, turns[1])
    assert likeness(one, [other]) == 0


def test_what_titles_of_two_languages_contradict_is_not_alike() -> None:
    cut = ("Lugoria cuts its main rate to 12%", ENGLISH[1])
    assert likeness(drawn(RUSSIAN), [drawn(cut)]) < ALIKE
    assert likeness(drawn(RUSSIAN), [drawn(cut)]) < likeness(drawn(RUSSIAN), [drawn(ENGLISH)])


def test_titles_of_two_languages_may_name_different_numbers_of_one_event() -> None:
    other = ("Lugoria surprises markets as kron loses 11%", "Arvid Selin raised the rate to 16%.")
    assert likeness(drawn(RUSSIAN), [drawn(other)]) >= ALIKE


def test_within_a_language_meaning_tips_what_words_leave_open() -> None:
    again = ("Ставка в Лугории выросла", "Решение Нацбанка принято из-за курса крона.")
    near, far = (likeness(drawn(again), [drawn(RUSSIAN, turn)]) for turn in (NEAR, FAR))
    plain = likeness(drawn(again, None), [drawn(RUSSIAN, None)])
    assert far < plain < near


def test_within_a_language_closeness_alone_joins_nothing() -> None:
    stranger = ("Хоккеисты вышли в финал", "Команда обыграла соперника в третьем периоде.")
    plain = likeness(drawn(stranger, None), [drawn(RUSSIAN, None)])
    assert likeness(drawn(stranger), [drawn(RUSSIAN)]) == plain < ALIKE


def test_closeness_adds_nothing_to_opposite_facts() -> None:
    opposite = ("Лугория снизила ставку до 12 процентов", RUSSIAN[1])
    plain = likeness(drawn(opposite, None), [drawn(RUSSIAN, None)])
    assert likeness(drawn(opposite), [drawn(RUSSIAN)]) == plain


def test_a_story_in_two_languages_is_met_in_either() -> None:
    members = [drawn(RUSSIAN), drawn(ENGLISH, late=1)]
    assert likeness(drawn(ENGLISH), members) == likeness(drawn(ENGLISH), members[1:])
    assert likeness(drawn(RUSSIAN), members) == likeness(drawn(RUSSIAN), members[:1])


def is_found(article: Sketch, other: Sketch) -> bool:
    """Whether the other is a candidate for the article."""
    shared = sought_keys(article, (), {}, 0) & set(found_by(other))
    return may_be_compared(article, other) and len(shared) >= SHARED_KEYS


def test_the_other_language_is_found_by_what_reads_the_same() -> None:
    russian, english, elsewhere = drawn(RUSSIAN), drawn(ENGLISH), drawn(ELSEWHERE)
    assert is_found(russian, english)
    assert is_found(english, russian)
    assert not is_found(russian, elsewhere)
    assert not is_found(drawn(RUSSIAN, None), english)
