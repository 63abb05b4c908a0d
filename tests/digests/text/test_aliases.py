"""The file of equal meanings and the rules by which names cross alphabets."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.models import Keys
from digests.text.aliases import (
    MOST_SPELLINGS,
    default_aliases,
    is_common_noun,
    parse_aliases,
    spellings,
)
from digests.text.keys import field_keys
from digests.text.words import split_words
from digests.topics import matches, parse_query


def found(query: str, text: str, aliases: str) -> bool:
    return matches(parse_query(query, parse_aliases(aliases)), Keys("", field_keys([text]), ""))


def meant(words: str) -> set[str]:
    aliases = default_aliases()
    forms = aliases.forms(aliases.meanings_of(split_words(words)))
    return {" ".join(word.text for word in form) for form in forms}


def test_comments_and_lines_of_one_form_mean_nothing() -> None:
    assert parse_aliases("# ИИ = AI\n\nодин\n = \nдва = # три\n").meanings == ()


def test_each_form_of_a_line_leads_to_all_of_them() -> None:
    for words in ("ИИ", "AI", "искусственный интеллект", "artificial intelligence"):
        assert {"ИИ", "AI", "artificial intelligence"} <= meant(words)


@pytest.mark.parametrize("words", ["искусственного интеллекта", "искусственным интеллектом"])
def test_a_form_is_known_in_any_inflection(words: str) -> None:
    assert "AI" in meant(words)


def test_a_word_may_have_several_meanings() -> None:
    aliases = parse_aliases("ЦБ = Центробанк\nЦБ = ценная бумага\n")
    assert len(aliases.meanings_of(split_words("ЦБ"))) == 2


def test_a_form_in_capitals_matches_only_an_acronym() -> None:
    assert found("machine learning", "Рынок ML вырос", "ML = machine learning")
    assert not found("machine learning", "пятьдесят ml воды", "ML = machine learning")


def test_a_capitalised_form_matches_only_a_name() -> None:
    aliases = "Роза = Rosa"
    assert found("Rosa", "В город приехала Роза вчера", aliases)
    assert not found("Rosa", "на окне цветёт роза алая", aliases)


def test_a_small_form_matches_either() -> None:
    aliases = "нейросеть = neural network"
    assert found("neural network", "Новая Нейросеть и другие", aliases)
    assert found("neural network", "обучили нейросети", aliases)


def test_an_edited_file_needs_no_new_index() -> None:
    text = "Вышел отчёт о воблах"
    assert not found("рыба года", text, "кит = whale")
    assert found("рыба года", text, "рыба года = вобла")


def test_every_line_of_the_file_is_read() -> None:
    text = resources.files("digests.text").joinpath("aliases.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(default_aliases().meanings) == len(lines) > 50
    assert all("=" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("babushkin", "бабушкин"),
        ("babuschkin", "бабушкин"),
        ("бабушкин", "babushkin"),
        ("kharlamov", "харламов"),
        ("harlamov", "харламов"),
        ("maxim", "максим"),
        ("zhukov", "жуков"),
        ("жуков", "zhukov"),
        ("щукин", "shchukin"),
        ("dmitriy", "дмитрий"),
        ("tegmark", "тегмарк"),
    ],
)
def test_names_cross_alphabets(name: str, other: str) -> None:
    assert other in spellings(name)


@pytest.mark.parametrize("word", ["ии", "max", "x5retail", "", "école", "日本経済新聞"])
def test_what_cannot_be_spelled_is_left_alone(word: str) -> None:
    assert spellings(word) == ()


@given(st.text(st.sampled_from("abcdehikopsxyzабгеийкхшщью"), min_size=4, max_size=30))
def test_spellings_are_few_different_and_in_the_other_alphabet(word: str) -> None:
    others = spellings(word)
    assert len(set(others)) == len(others) <= MOST_SPELLINGS
    if word.isascii():
        assert others
        assert not any(set(other) & set("abcdefghijklmnopqrstuvwxyz") for other in others)


@pytest.mark.parametrize(
    ("typed", "common"), [("маски", True), ("Маски", False), ("илон", False), ("openai", False)]
)
def test_only_a_small_common_noun_is_one(typed: str, common: bool) -> None:
    assert is_common_noun(split_words(f"вот {typed}")[1]) is common
