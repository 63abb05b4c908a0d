"""What is offered to follow: names, acronyms and phrases of what is being covered now."""

from __future__ import annotations

from digests.models import Story, StoryId
from digests.suggesting import suggest_topics
from tests.factories import a_story, an_article


def story(number: int, *titles: str) -> Story:
    return a_story(
        *(
            an_article(number * 10 + at, title=title, story_id=StoryId(number))
            for at, title in enumerate(titles)
        )
    )


def suggested(*stories: Story, count: int = 8) -> list[str]:
    return suggest_topics(stories, count, {}, 0)


def test_phrases_are_in_their_dictionary_form() -> None:
    rate = story(1, "ЦБ снизил ключевую ставку", "Ключевую ставку опустили до 14 %", "Решение ЦБ")
    assert suggested(rate, count=2) == ["ключевая ставка", "ЦБ"]
    fires = story(2, "Под Лугоградом тушат лесные пожары", "Лесные пожары подошли к Лугограду")
    assert "лесные пожары" in suggested(fires)


def test_what_one_outlet_says_once_is_no_topic() -> None:
    assert suggested(story(1, "Жирафы переехали в новый вольер")) == []
    told = story(1, "Жирафы переехали в вольер"), story(2, "Вольер ждал жирафов два года")
    assert set(suggested(*told)) == {"жирафы", "вольер"}


def test_the_wider_story_comes_first_and_another_story_before_its_second_word() -> None:
    wide = story(1, *["Шторм закрыл порт в Тихоморске"] * 5)
    other = story(2, *["Хоккеисты вернулись с кубком"] * 3)
    words = suggested(wide, other, count=3)
    assert words[0] in {"шторм", "порт", "Тихоморск"}
    assert words[1] in {"хоккеисты", "кубок"}


def test_units_first_names_quoted_names_and_verbs_are_none() -> None:
    titles = (
        "Ремонт обойдётся в 48 млн рублей",
        "За двадцать минут Антон забил «Волне»",
        "Антон снова забил «Волне» за двадцать минут",
        "За 48 млн рублей построили и открыли",
        "Построили и открыли за 48 млн рублей",
    )
    words = suggested(*(story(number, title) for number, title in enumerate(titles, 1)))
    assert not {"рублей", "рубли", "минут", "минуты", "Антон", "волна"} & set(words)
    assert not [word for word in words if word.startswith(("откры", "постро", "забил"))]


def test_english_pairs_and_names_are_offered() -> None:
    told = story(1, "Pioneer quits to fund AI safety", "New fund for AI safety opens in Ellery")
    more = story(2, "Bridge in Ellery closes", "Cracks close the Ellery bridge")
    assert set(suggested(told, more, count=2)) == {"AI safety", "Ellery"}


def test_suggestions_do_not_depend_on_the_order_of_stories() -> None:
    stories = [story(n, f"Пожар номер {n} в Лугограде", "Склад горел ночью") for n in range(1, 6)]
    assert suggested(*stories) == suggested(*reversed(stories)) != []
