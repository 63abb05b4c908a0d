"""Snippets mark what search found, by its keys, and tell the sentence that answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from digests.errors import EmptyQueryError
from digests.snippets import SNIPPET_LETTERS, Marked, Passage, Snippet, snippets_of
from digests.text.keys import keys_of
from digests.topics import matches, parse_query


def snippet(words: str, title: str, text: str, otherwise: str | None = None) -> Snippet:
    (found,) = snippets_of(parse_query(words), [Passage(title, text, otherwise)])
    return found


def bold(marked: Marked | None) -> list[str]:
    return [marked.text[start:end] for start, end in marked.spans] if marked else []


def test_other_forms_of_the_word_are_marked() -> None:
    found = snippet(
        "безопасность",
        "Форум о безопасности прошёл в Казани",
        "Гостей встретил мэр.\n\nО правилах безопасности рассказали школьникам.",
    )
    assert bold(found.title) == ["безопасности"]
    assert found.told is not None
    assert found.told.text == "О правилах безопасности рассказали школьникам."
    assert bold(found.told) == ["безопасности"]


def test_the_sentence_that_answers_most_words_is_told() -> None:
    text = "Банк открылся. Ставка выросла. Центральный банк снизил ставку. Банк закрылся."
    found = snippet("ставка банка", "Новости", text)
    assert found.told is not None
    assert found.told.text == "Центральный банк снизил ставку."
    assert bold(found.told) == ["банк", "ставку"]


def test_an_alias_is_marked_as_what_was_found() -> None:
    found = snippet("ЦБ", "Новости", "Центральный банк России снизил ставку.")
    assert "Центральный банк" in bold(found.told)[0]


def test_what_repeats_the_title_is_not_told_again() -> None:
    title = "Пожар на складе потушили"
    found = snippet("пожар", title, f"{title} утром.\n\nПричину пожара выясняют.")
    assert found.told is not None
    assert found.told.text == "Причину пожара выясняют."


def test_where_only_the_title_answers_its_own_summary_is_told() -> None:
    found = snippet("пожар", "Пожар на складе", "Никто не ранен.", "Никто не ранен.")
    assert found.told == Marked("Никто не ранен.")
    assert snippet("пожар", "Пожар на складе", "").told is None


def test_a_long_sentence_is_cut_around_its_match() -> None:
    found = snippet("пожар", "Новости", "слово " * 100 + "пожар " + "дело " * 100)
    assert found.told is not None
    assert found.told.text.startswith("…")
    assert found.told.text.endswith("…")
    assert len(found.told.text) <= SNIPPET_LETTERS + 2
    assert bold(found.told) == ["пожар"]


WORDS = st.sampled_from(("банк", "ставки", "ЦБ", "Маск", "и", "в", "ИИ", "rate", "Москве"))
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_marks_stand_where_the_query_matches(words: str, text: str) -> None:
    try:
        query = parse_query(words)
    except EmptyQueryError:
        return
    (found,) = snippets_of(query, [Passage("", text, None)])
    if matches(query, keys_of("", [text])):
        assert found.told is not None
        assert found.told.spans


@given(st.text(max_size=400), st.text(max_size=400))
@settings(deadline=None)
def test_spans_of_any_text_are_apart_and_inside(title: str, text: str) -> None:
    (found,) = snippets_of(parse_query("банк"), [Passage(title, text, text or None)])
    for marked in (found.title, found.told):
        at = 0
        for start, end in marked.spans if marked else ():
            assert at <= start < end <= len(marked.text if marked else "")
            at = end
