"""Where a line may not break, and where a text is cut."""

from __future__ import annotations

import pytest

from bot.i18n import LANGUAGES, language
from bot.rendering import shortened
from bot.typography import kept_together


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("до 14 % годовых", "до 14~% годовых"),
        ("17 ч назад", "17~ч~назад"),
        ("2 млн долларов", "2~млн долларов"),
        ("события — это", "события~— это"),
        ("дом № 5", "дом №~5"),
        ("в 08:30 и с 9 утра", "в~08:30 и с~9 утра"),
        ("5 часовых поясов", "5 часовых поясов"),
        ("кто-то в доме", "кто-то в доме"),
        ("within 20 seconds", "within 20 seconds"),
        ("5 h ago", "5~h ago"),
    ],
)
def test_numbers_keep_their_units_and_no_line_begins_with_a_dash(text: str, together: str) -> None:
    assert kept_together(text) == together.replace("~", "\u00a0")


@pytest.mark.parametrize("code", LANGUAGES)
def test_ages_are_not_torn(code: str) -> None:
    assert "5\u00a0" in language(code).say("age.hours", 5)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("короткий", "короткий"),
        ("Пожар в области потушен", "Пожар в области…"),
        ("Пожар в области, потушен вчера", "Пожар в области…"),
        ("Пожар потушенный вчера", "Пожар потушенный…"),
        ("Сверхдлинноесловобезпробелов", "Сверхдлинноеслово…"),
    ],
)
def test_texts_are_cut_after_a_word(text: str, shown: str) -> None:
    assert shortened(text, 18) == shown
