from pathlib import Path

import pytest

from digests.models import Paragraph, ParagraphKind
from digests.sources.text_file import parse_text_file
from digests.text.cleaning import clean, line_key

SEED = Path(__file__).parents[4] / "shared" / "data" / "seed_article.txt"
TITLE = "Город открыл новый мост через реку"
PROSE = "Мост соединил два берега, и движение по нему началось в понедельник утром."


def left_of(line: str) -> list[Paragraph]:
    """What is left of a line that stands before an ordinary paragraph."""
    return list(clean(TITLE, f"{line}\n\n{PROSE}").paragraphs[:-1])


@pytest.mark.parametrize(
    "line",
    [
        TITLE,
        TITLE.upper() + "!",
        "Фото: пресс-служба МВД",
        "12:30 Фото: РИА Новости",
        "© РИА Новости / Иван Петров",
        "John Smith / Contributor / Getty Images",
        "Photo: John Smith/Getty Images",
        "Автор: Иван Петров",
        "Читайте также: Как жить дальше",
        "По теме: мост закрыли",
        "Подробнее — в материале РБК.",
        "Подписывайтесь на наш Telegram-канал!",
        "Реклама. ООО «Ромашка», ИНН 7701234567, erid: 2VtzqwERT",
        "Read more: The bridge",
        "Смотреть все фото к статье (18)",
        "Related: The bridge",
        "Subscribe to our newsletter",
        "The post The bridge appeared first on Blog.",
        "#мост @channel https://t.me/channel",
        "14 августа 2025, 12:30",
        "***",
    ],
)
def test_what_is_not_about_the_event_goes(line: str) -> None:
    assert left_of(line) == []


@pytest.mark.parametrize(
    "line",
    [
        "Реклама на телевидении подорожала на 20 процентов за год, сообщили аналитики.",
        "Фото с места событий опубликовал губернатор области в своём канале.",
        "Видео — главный тренд года, пишут аналитики рынка в обзоре за полугодие.",
        "По теме санкций высказался министр иностранных дел на встрече в Москве.",
        "Компания Getty Images подала в суд на разработчика нейросети, сообщает агентство.",
        "Copyright law will change next year, the minister told reporters on Monday.",
        "Follow the money, investigators told the court in London on Monday morning.",
    ],
)
def test_prose_that_opens_like_junk_stays(line: str) -> None:
    assert left_of(line) == [Paragraph(line)]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (
            (
                "The third episode goes on. ALSO READ: PODCAST | From learning to shoot to a new "
                "role – Ronja Mareis tells all about her part in 'Lines' PODCAST | Meeting the "
                "scene-stealer – The cheeky truck driver played by Gert Stein in the second part"
            ),
            "The third episode goes on.",
        ),
        (
            "Фото: Ирина Бужор / Коммерсантъ Перевести проект на новый язык удалось не сразу.",
            "Перевести проект на новый язык удалось не сразу.",
        ),
        (
            "Фото: Shutterstock.com. Учёные нашли новый вид рыб в Тихом океане.",
            "Учёные нашли новый вид рыб в Тихом океане.",
        ),
        ("МОСКВА, 14 авг — РИА Новости. Президент подписал указ.", "Президент подписал указ."),
        ("INTERFAX.RU - Программа киноцентра изменится.", "Программа киноцентра изменится."),
        ("Москва. 5 мая. INTERFAX.RU - Рубль вырос.", "Рубль вырос."),
        ("MILAN, Nov 17 — The coach was sacked on Monday.", "The coach was sacked on Monday."),
        ("TOKYO (Nov 14): The firm confirmed the talks.", "The firm confirmed the talks."),
        ("Embed from Getty Images Ракета успешно стартовала.", "Ракета успешно стартовала."),
        ("1 min read Власти признали вспышку болезни.", "Власти признали вспышку болезни."),
        ("LONDON (Reuters) - Oil prices rose on Monday.", "Oil prices rose on Monday."),
        ("Он пришёл домой. Читайте также: Как жить дальше", "Он пришёл домой."),
        (f"{TITLE}. Об этом сообщили власти.", "Об этом сообщили власти."),
        ("Первый день прошёл без очередей. […]", "Первый день прошёл без очередей."),
    ],
)
def test_junk_inside_a_paragraph_is_cut_off(line: str, left: str) -> None:
    assert left_of(line) == [Paragraph(left)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Два правила от строителей", ParagraphKind.HEADING),
        ("«Мы сделали всё, что могли», — сказал он.", ParagraphKind.QUOTE),
        ("— Мы не знаем, — сказал он.", ParagraphKind.QUOTE),
        ("«Зенит» обыграл «Спартак» со счётом 2:1.", ParagraphKind.BODY),
        ("• первый пункт", ParagraphKind.LIST),
        ("№1 — не бояться засучить рукава.", ParagraphKind.LIST),
        ("1. Первый пункт плана.", ParagraphKind.LIST),
        ("2025 год стал для города годом моста, а не парка.", ParagraphKind.BODY),
    ],
)
def test_each_paragraph_says_what_it_is(line: str, kind: ParagraphKind) -> None:
    assert left_of(line) == [Paragraph(line, kind)]


@pytest.mark.parametrize("heading", ["Контекст", "Почему это важно?", "Background:", "Предыстория"])
def test_the_paragraph_after_a_context_heading_is_context(heading: str) -> None:
    cleaned = clean(
        TITLE, f"{PROSE}\n\n{heading}\n\nСтарый мост закрыли.\n\nОн был построен давно."
    )
    assert [p.kind for p in cleaned.paragraphs] == [
        ParagraphKind.BODY,
        ParagraphKind.HEADING,
        ParagraphKind.CONTEXT,
        ParagraphKind.BODY,
    ]


def test_the_footer_of_the_source_goes() -> None:
    footer = "Сетевое издание «Мост», все вопросы в редакцию."
    cleaned = clean(TITLE, f"{PROSE}\n\n{footer}", frozenset({line_key(footer)}))
    assert cleaned.paragraphs == (Paragraph(PROSE),)


def test_a_description_of_one_short_line_is_the_text() -> None:
    assert clean(TITLE, "Движение началось утром").paragraphs == (
        Paragraph("Движение началось утром"),
    )


@pytest.mark.parametrize("text", ["", " \n\n ", TITLE, "Фото: ТАСС"])
def test_nothing_may_be_left(text: str) -> None:
    assert clean(TITLE, text).paragraphs == ()


@pytest.mark.skipif(not SEED.is_file(), reason="development data is not here: ../shared/data")
def test_the_seed_article_keeps_its_text_and_loses_its_credit() -> None:
    entry = parse_text_file(SEED.read_bytes())
    paragraphs = clean(entry.title, entry.text).paragraphs
    kinds = [p.kind for p in paragraphs]
    assert kinds.count(ParagraphKind.HEADING) == 4
    assert kinds.count(ParagraphKind.CONTEXT) == 1
    assert "Getty" not in paragraphs[-1].text
    assert all(p.text in entry.text for p in paragraphs)
