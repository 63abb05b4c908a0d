import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.models import CleanText, Paragraph, ParagraphKind
from digests.sources.text_file import parse_text_file
from digests.summarising import (
    _BIOGRAPHY,
    _BIOGRAPHY_SIGNS,
    article_sentences,
    summarise,
)
from digests.text.cleaning import clean

SEED = Path(__file__).parents[3] / "shared" / "data" / "seed_article.txt"
NOW = datetime(2025, 8, 14, 12, tzinfo=UTC)
TITLE = "Город открыл новый мост через реку"
LEAD = "Новый мост через реку открыли в понедельник в присутствии мэра города."
MORE = "Строительство моста заняло четыре года и обошлось бюджету в два миллиарда рублей."
LAST = "Старый мост закроют на ремонт, который продлится до конца следующего года."


def picked(*lines: str, title: str = TITLE, count: int = 5) -> list[str]:
    return [pick.text for pick in summarise(clean(title, "\n\n".join(lines)), NOW, "ru", count)]


def test_the_lead_comes_first() -> None:
    assert picked(LEAD, MORE, LAST)[0] == LEAD


def test_positions_count_all_sentences_of_the_article() -> None:
    article = clean(TITLE, f"{LEAD} {MORE}\n\nЗаголовок внутри\n\n{LAST}")
    sentences = article_sentences(article)
    for pick in summarise(article, NOW, "ru"):
        assert sentences[pick.position].text == pick.text


@pytest.mark.parametrize(
    "line",
    [
        "Короткая строка заголовка",
        "• пункт списка, который вполне мог бы оказаться длинным предложением.",
        "Он сказал.",
        "«Мы строили этот мост четыре года и очень рады его открыть.",
        "В программе мост, парк, сквер, фонтан, набережная, площадь, театр и музей.",
        "Код 12-34-56, 78-90-12, 34-56-78, 90-12-34 и 56-78-90 от 1.2.2025 № 17.",
        "предложение, начало которого потерялось где-то по дороге к читателю.",
        "Читайте: Почему мост через реку открыли на год позже срока, чем обещали.",
        "Спецпроект о мостах города>> - Самые важные новости дня в карточках.",
        ", однако сейчас мост находится на пике своей известности в городе.",
    ],
)
def test_what_cannot_stand_alone_is_never_picked(line: str) -> None:
    assert line not in picked(LEAD, line, MORE)


def test_words_of_somebody_are_not_shown_as_the_articles() -> None:
    quote = "«Мы строили быстро. Город никогда не строил мостов быстрее. Спасибо», — сказал мэр."
    assert not any("никогда" in text for text in picked(LEAD, quote, MORE))


@pytest.mark.parametrize(
    "quote",
    [
        '"Мы строили быстро. Город никогда не строил мостов быстрее. Спасибо", - сказал мэр.',
        "Мост строили быстро. Город никогда не строил мостов быстрее. Спасибо», — сказал мэр.",
    ],
)
def test_a_quotation_may_have_straight_marks_or_open_before(quote: str) -> None:
    assert not any("никогда" in text for text in picked(LEAD, quote, MORE))


def test_marks_around_a_whole_paragraph_are_no_quotation() -> None:
    assert picked(f'"{LEAD} {MORE} {LAST}"')[0] == MORE


def test_a_sentence_that_hangs_follows_the_one_it_hangs_on() -> None:
    hanging = "Он соединил два берега и сократил дорогу в центр на сорок минут."
    picks = picked(f"{LEAD} {hanging}", MORE, LAST)
    assert picks.index(LEAD) < picks.index(hanging)
    assert picked("Короткое начало.", hanging, MORE, LAST)[0] != hanging


def test_a_word_of_the_title_is_worth_more_than_an_early_place() -> None:
    aside = (
        "Накануне мэры соседних посёлков заключили пари на ящик яблок.",
        "Такие споры в этих краях ведут каждую осень с незапамятных времён.",
    )
    news = "Новый мост через реку город открыл на месяц раньше срока."
    assert picked(*aside, news)[0] == news


def test_what_two_sentences_both_say_is_told_once() -> None:
    again = "В понедельник мэр города открыл через реку новый мост."
    assert picked(LEAD, again, MORE, count=2) == [LEAD, MORE]


@pytest.mark.parametrize(
    "words",
    [
        "Мне кажется, что мост через реку построили на год позже срока.",
        "В нашем городе такого моста через реку ещё никто и никогда не строил.",
        "Власти открыли мост через реку и подготовили для горожан...",
    ],
)
def test_own_words_and_teasers_stand_back(words: str) -> None:
    assert words not in picked(LEAD, words, MORE, LAST, count=3)


def test_capitals_inside_a_name_open_a_sentence_too() -> None:
    line = "xAI открыла в городе лабораторию, которая изучает мосты через реки."
    assert line in picked(LEAD, line)


def test_context_is_lifted() -> None:
    context = "За последние годы в городе закрыли три аварийных переправы."
    others = [LEAD, MORE, LAST, "На открытие пришли жители обоих берегов и музыканты."]
    assert context in picked(*others, "Контекст", context)[:3]
    assert context not in picked(*others, context)[:3]


def test_a_life_is_not_the_news() -> None:
    born = "Мэр города Иван Петров родился в семье строителей мостов и паромов."
    assert born not in picked(LEAD, born, MORE)
    assert born in picked(LEAD, born, MORE, title="У мэра родился сын в семье строителей")


@pytest.mark.parametrize("text", ["", "Коротко", "Фото: ТАСС", "• пункт\n\n• пункт"])
def test_an_article_may_have_no_summary(text: str) -> None:
    assert picked(text) == []


def test_a_line_without_a_full_stop_is_told_only_when_there_is_nothing_else() -> None:
    line = "Движение по новому мосту через реку началось утром"
    assert picked(line) == [line]
    assert line not in picked(LEAD, line, MORE)
    assert picked("Мэр города на открытии моста задал вопрос:") == []


def test_english_news_is_summarised() -> None:
    article = (
        "Oil prices rose 3% on Monday after producers agreed to cut output by a million barrels.",
        "It was unclear how long the deal would last.",
        "Brent crude climbed to $82 a barrel, the highest level since March, traders said.",
    )
    assert picked(*article, title="Oil prices rise after producers cut output")[:2] == [
        article[0],
        article[2],
    ]


WORDS = st.sampled_from(
    "Мост город «река» открыл. Мэр? он (2020) 5 янв. И. Ура! — , № Фото:".split()  # noqa: SIM905
)


@given(st.lists(st.lists(WORDS, max_size=25).map(" ".join), max_size=8), st.integers(0, 6))
def test_every_pick_stands_word_for_word_in_the_article(lines: list[str], count: int) -> None:
    article = clean(TITLE, "\n\n".join(lines))
    picks = summarise(article, NOW, "ru", count)
    assert len(picks) <= count
    assert len({pick.position for pick in picks}) == len(picks)
    sentences = article_sentences(article)
    for pick in picks:
        assert pick.text == sentences[pick.position].text
        assert pick.text in article.paragraphs[sentences[pick.position].paragraph].text


def test_a_very_long_article_is_summarised_in_a_moment() -> None:
    article = CleanText(TITLE, (Paragraph(LEAD), Paragraph(" ".join([MORE] * 700))))
    started = time.perf_counter()
    assert summarise(article, NOW, "ru")
    assert time.perf_counter() - started < 2


@pytest.mark.skipif(not SEED.is_file(), reason="development data is not here: ../shared/data")
def test_the_seed_article_is_told_by_its_news_and_context() -> None:
    entry = parse_text_file(SEED.read_bytes())
    article = clean(entry.title, entry.text)
    picks = [pick.text for pick in summarise(article, NOW, "ru")]
    assert picks[0].startswith("Сооснователь xAI Игорь Бабушкин")
    assert any(
        t.startswith(("Уход Бабушкина стал третьим", "Его увольнение совпало")) for t in picks[:3]
    )
    never = ("родился", "Карьеру", "?", "№1", "Фото", "Getty", "вопрос:")
    assert not any(word in text for word in never for text in picks)
    headings = {p.text for p in article.paragraphs if p.kind is ParagraphKind.HEADING}
    assert headings.isdisjoint(picks)


@given(st.from_regex(_BIOGRAPHY))
def test_no_life_is_told_without_a_sign_of_it(text: str) -> None:
    assert any(sign in text for sign in _BIOGRAPHY_SIGNS)
