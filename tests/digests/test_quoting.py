"""Which sentence quotes somebody by name, whole and by itself."""

import pytest

from digests.quoting import LEAST_SHARE, best_quote, quoted_share
from digests.text.cleaning import clean

WHOLE = (
    "«Собака начала лаять секунд за десять до толчка», — рассказала жительница Заречного Ольга.",
    "Замминистра Илья Тарханов пояснил: «Рисуйте сколько угодно, но никого не обманывайте».",
    "«Задача на день одна — не пустить огонь в посёлок», — сообщили в МЧС.",
    '"We learned to build rockets and forgot about brakes," Veresov wrote in a note to staff.',
    "“It works at night and it never asks for tea,” said Bill Tranter, who farms near Faversham.",
)
NONE = (
    "«Мы закончим к маю, что бы ни случилось», — сказал он.",  # who?
    "Новый стадион «Зенит» открыли в Казани в субботу, сообщил мэр Иванов.",  # a name
    "Иванов рассказал, что цены вырастут «в полтора или два раза» к концу следующего года.",  # bits
    "«Мы закончим к маю, — сказал Иванов.",  # the quotation goes on
    "Не раньше мая, и ни днём раньше», — сказал Иванов.",  # it began before
    "«Мы закончим к маю, что бы там ни случилось», — большими буквами на фасаде Дома Советов.",
)


@pytest.mark.parametrize("sentence", WHOLE)
def test_a_whole_quotation_with_its_speaker_is_a_quote(sentence: str) -> None:
    assert quoted_share(sentence) >= LEAST_SHARE


@pytest.mark.parametrize("sentence", NONE)
def test_a_part_a_name_or_words_of_nobody_are_none(sentence: str) -> None:
    assert quoted_share(sentence) < LEAST_SHARE


def test_the_quote_stands_word_for_word_in_the_article() -> None:
    text = (
        "Мост через реку достроят в мае, решили в мэрии.\n\n"
        "«Мы закончим к маю, как и обещали всем», — сказал мэр Пётр Иванов.\n\n"
        "Старый мост закроют."
    )
    quote = best_quote(clean("Мост достроят", text))
    assert quote is not None
    assert quote.text in text
    assert quote.position == 1
    assert best_quote(clean("Мост достроят", "Мост через реку достроят в мае.")) is None
