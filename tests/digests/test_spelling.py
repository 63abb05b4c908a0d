"""Slips of one letter or two and of the keyboard are mended from the roots that are known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digests.spelling import MOST_GUESSES, distance, doubts, guesses, switched
from digests.text.words import stem

WORDS = (
    "безопасность пожар ипотека ставка ключевая безработица банк хоккей fire security government"
)
KNOWN = {stem(word): 20 for word in WORDS.split()} | {"светлоярск": 9}


def mended(text: str, *topics: str, known: dict[str, int] | None = None) -> list[str]:
    known = KNOWN if known is None else known
    doubted = doubts(text)
    near = {
        one.near: {root: count for root, count in known.items() if root.startswith(one.near)}
        for one in doubted
        if one.near
    }
    return guesses(text, doubted, known, near, topics)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("безапасности", "безопасности"),  # another case stays
        ("пажар", "пожар"),
        ("пожра", "пожар"),
        ("хокей", "хоккей"),
        ("безработеца", "безработица"),
        ("безроботеца", "безработица"),  # two slips
        ("ключивая ставка", "ключевая ставка"),
        ("Светлаярск", "Светлоярск"),  # no dictionary knows it
        ("fier", "fire"),
        ("goverment", "government"),
        ("cnfdrf", "ставка"),
        ("акук", "frer"),
    ],
)
def test_a_slip_is_mended(typed: str, meant: str) -> None:
    known = KNOWN | {"frer": 1}
    assert mended(typed, known=known)[:1] == [meant]


@pytest.mark.parametrize("typed", ["пожар", "ИИ", "ко", "", "!!!", "14 %", "абракадабра", "и в"])
def test_what_is_right_or_unlike_anything_is_left_alone(typed: str) -> None:
    assert mended(typed) == []


def test_a_word_that_is_written_gives_way_only_to_a_much_commoner_one() -> None:
    assert mended("пажар", known={"пажар": 2, "пожар": 20}) == []
    assert mended("пажар", known={"пажар": 2, "пожар": 21}) == ["пожар"]


def test_what_is_too_long_for_a_word_is_not_guessed_at() -> None:
    doubted = doubts("достопримечательностями " + "ж" * 150)
    assert [one.word for one in doubted] == ["достопримечательностями"]


def test_a_topic_is_what_was_meant() -> None:
    assert mended("стафка цб", "ставка ЦБ", "ИИ")[0] == "ставка ЦБ"


def test_another_keyboard_is_known_by_all_its_words() -> None:
    assert switched("cnfdrf")[0] == "ставк"
    assert mended("cnfdrf rjcvjc") == []


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=60)
def test_any_text_can_be_doubted(text: str) -> None:
    assert len(mended(text)) <= MOST_GUESSES


LETTERS = st.text("абв", max_size=5)


def slowly(one: str, other: str) -> int:
    """Optimal string alignment by its definition."""
    if not one or not other:
        return len(one) + len(other)
    options = [
        slowly(one[1:], other) + 1,
        slowly(one, other[1:]) + 1,
        slowly(one[1:], other[1:]) + (one[0] != other[0]),
    ]
    if one[:2] == other[:2][::-1] and len(one) > 1 and len(other) > 1:
        options.append(slowly(one[2:], other[2:]) + 1)
    return min(options)


@given(LETTERS, LETTERS)
@settings(deadline=None)
def test_distance_counts_slips(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one) == min(slowly(one, other), 3)
