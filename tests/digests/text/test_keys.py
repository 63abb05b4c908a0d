"""How a word's case and form become the keys it is found by."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digests.models import Keys
from digests.text.aliases import parse_aliases
from digests.text.keys import BREAK, field_keys, is_stop_word, keys_of, lemma_keys
from digests.text.words import split_words
from digests.topics import matches, parse_query


def keys(text: str) -> set[str]:
    return set(field_keys([text]).split(" "))


def test_a_word_gives_its_lemma_and_its_stem() -> None:
    assert field_keys(["лесные пожары"]) == "лесной пожар | ~лесн ~пожар"
    assert keys("пожарами") >= {"пожар"}


def test_lemma_keys_stand_in_reading_order_without_breaks_and_stems() -> None:
    assert lemma_keys(field_keys(["Горели леса", "и дома"])) == ["гореть", "лес", "дом"]
    assert lemma_keys(field_keys([""])) == lemma_keys(field_keys([])) == []


def test_paragraphs_are_kept_apart() -> None:
    assert field_keys(["красный", "дом"]).split(" ")[:4] == ["красный", BREAK, "дом", BREAK]


def test_a_stem_that_is_a_lemma_of_the_field_is_not_repeated() -> None:
    found = field_keys(["пожар пожар"]).split(" ")
    assert found == ["пожар", "пожар", BREAK, "~пожар"]


@pytest.mark.parametrize(("text", "key"), [("ИИ", "@ии"), ("AI", "@ai"), ("США", "@сша")])
def test_acronyms_are_neither_stemmed_nor_taken_for_words(text: str, key: str) -> None:
    assert keys(f"Вырос рынок {text} в мире") & {key, key[1:], f"~{key[1:]}"} == {key}


@pytest.mark.parametrize("word", ["ии", "кот", "x5", "2024", "f16"])
def test_short_words_and_words_with_digits_are_kept_as_they_are(word: str) -> None:
    assert lemma_keys(field_keys([f"вот {word}"]))[-1] == word


def test_a_stop_word_is_no_key_but_its_acronym_is() -> None:
    assert "и" not in keys("города и сёла")
    assert "it" not in keys("so it was")
    assert "@it" in keys("the IT market")


def test_yo_is_folded() -> None:
    assert "елка" in keys("ёлка")
    assert keys("Ёлки зелёные") == keys("Елки зеленые")


def test_a_name_in_mid_sentence_is_no_ordinary_word() -> None:
    found = keys("Инженеры встретили Илона Маска вчера")
    assert "маска" not in found
    assert {"^маска", "^~маск"} & found


def test_a_capital_that_opens_a_sentence_tells_nothing() -> None:
    assert "маска" in keys("Маска упала")
    assert "маска" in keys("Всё. Маска упала")
    assert "маска" in keys("«Маска» вышла на экраны")


def test_a_word_with_a_capital_inside_is_a_name_wherever_it_stands() -> None:
    assert "^openai" in keys("OpenAI растёт")
    assert "^xai" in keys("растёт xAI")


def test_a_shouted_headline_is_read_as_small_letters() -> None:
    assert field_keys(["ЛЕСНЫЕ ПОЖАРЫ ТУШАТ"]) == field_keys(["лесные пожары тушат"])


def test_two_acronyms_are_no_shouting() -> None:
    assert {"@сша", "@фрс"} <= keys("США ФРС")


def test_the_first_paragraph_is_the_lead() -> None:
    found = keys_of("Мост", ["Первый абзац", "Второй абзац"])
    assert "первый" in lemma_keys(found.lead)
    assert "второй" in lemma_keys(found.body)
    assert keys_of("Мост", []).lead == field_keys([""])


TEXTS = st.text(
    st.sampled_from("аяиёЁМИ aAbZ019 .,!?«»-–#+@|^~\n\t\u0301🔥مर"), max_size=60
) | st.text(max_size=60)


@given(TEXTS, TEXTS)
def test_any_text_has_keys_that_keep_their_shape(title: str, text: str) -> None:
    found = keys_of(title, [text])
    for field in (found.title, found.lead, found.body):
        assert not field.startswith(" ")
        assert "  " not in field
        assert field.split(" ").count(BREAK) == 1 or field == found.body
        assert BREAK not in lemma_keys(field)
        assert not any(key.startswith("~") for key in lemma_keys(field))


LETTERS = st.text(st.characters(categories=["Ll", "Lu", "Nd"], max_codepoint=0x45F), min_size=2)


@given(st.lists(LETTERS, min_size=1, max_size=6))
def test_a_text_is_found_by_its_own_words(words: list[str]) -> None:
    text = " ".join(words)[:200]
    assume(not all(is_stop_word(word) for word in split_words(text)))  # «Он» tells nothing
    query = parse_query(text, parse_aliases("# «ai» asks for AI alone: a rule of the aliases"))
    assert matches(query, Keys("", field_keys([text]), ""))
