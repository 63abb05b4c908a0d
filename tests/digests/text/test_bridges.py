"""What reads the same in Russian and in English."""

import pytest

from digests.text.bridges import bridges_of, number_bridge, sound_of
from digests.text.keys import keys_of


def bridges(title: str, *paragraphs: str) -> frozenset[str]:
    return bridges_of(keys_of(title, paragraphs))


@pytest.mark.parametrize(
    ("russian", "english"),
    [
        ("тегмарк", "tegmark"),
        ("бабушкин", "babushkin"),
        ("бабушкин", "babuschkin"),
        ("верхнеозерск", "verkhneozersk"),
        ("лозовск", "lozovskaya"),
        ("захаров", "zakharova"),
        ("эйлер", "eyler"),
        ("ельцин", "yeltsin"),
        ("яндекс", "yandex"),
        ("кузнецов", "kuznetsov"),
        ("щербаков", "shcherbakov"),
        ("жуков", "zhukov"),
        ("чехов", "chekhov"),
    ],
)
def test_a_name_sounds_alike_in_both_alphabets(russian: str, english: str) -> None:
    heard, read = sound_of(russian), sound_of(english)
    assert heard == read or heard.startswith(read)  # a Russian stem may keep an ending


@pytest.mark.parametrize(
    ("one", "other"),
    [("иванов", "petrov"), ("тегмарк", "denmark"), ("самара", "sahara"), ("маск", "mars")],
)
def test_different_names_do_not(one: str, other: str) -> None:
    assert sound_of(one) != sound_of(other)


def test_inflected_names_known_aliases_and_numbers_are_bridges() -> None:
    russian = bridges(
        "Глава Лугории поговорил с Эйлером",
        "Евросоюз выделит Лугории 2,5 миллиарда и ещё 840 машин, сказал Томас Эйлер в США.",
    )
    english = bridges(
        "EU to give Lugoria 2.5 billion",
        "Talks with Thomas Eyler in the United States brought Lugoria 840 vehicles.",
    )
    assert {"^лгр", "^алр", "=ес", "=сша", "#2.5", "#840"} <= russian & english


def test_the_longest_phrase_of_the_alias_file_is_the_one_that_counts() -> None:
    found = bridges("Европейский центральный банк сохранил ставку", "Текст.")
    assert "=ецб" in found
    assert not {"=цб", "=центробанк"} & found


@pytest.mark.parametrize(
    ("key", "bridge"),
    [
        ("376", "#376"),
        ("376.000", "#376"),
        ("25.000.000", "#25"),
        ("1.240", "#1240"),
        ("0.4", "#0.4"),
        ("39.5", "#39.5"),
        ("7", None),
        ("2026", None),
        ("1998", None),
        ("слово", None),
        ("т1", None),
    ],
)
def test_numbers_that_may_tell_something(key: str, bridge: str | None) -> None:
    assert number_bridge(key) == bridge


def test_ordinary_words_and_short_names_are_no_bridges() -> None:
    assert bridges("Город открыл мост", "Мост строили четыре года, сказал Ли.") == frozenset()
