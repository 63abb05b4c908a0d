import pytest
from hypothesis import given
from hypothesis import strategies as st
from razdel import sentenize

from digests.text.sentences import _goes_on, _over_closing_marks, _plain_ends, split_sentences

PIECES = st.sampled_from(
    "Он ушёл.|И. И. Иванов|т. е.|5 янв. 2024|«Да!»|— сказал он|лигами.Россияне|St.|Inc.|3.5|№1|?!|…"  # noqa: SIM905
    '|https://a.b/C.D?x=1|\n| |»|(|)|"|U.S.|г.|1.'.split("|")
)


WORDS = st.sampled_from(
    "республиканский|сообщили|просп|Москва|Что|IV|И|тел|т.е|2024|it|дом|ул|руб|ред|тыс|ед|дж|да|а|м"  # noqa: SIM905
    "|домовлад|mr|vs|Дж|по-русски|«дом|янв|Янв|Sept|илл".split("|")
)
ENDS = st.sampled_from([". ", "! ", "… ", " ", ".", '." ', ".» ", "; ", " — ", ":) ", ") "])


def joined(sentences: list[str]) -> str:
    return "".join("".join(sentences).split())


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map(" ".join)))
def test_sentences_in_order_are_the_paragraph_but_for_white_space(paragraph: str) -> None:
    sentences = split_sentences(paragraph)
    assert joined(sentences) == "".join(paragraph.split())
    assert all(sentence in paragraph and sentence.strip() == sentence for sentence in sentences)


@given(
    st.lists(st.tuples(WORDS, ENDS), max_size=20).map(lambda parts: "".join(map("".join, parts)))
)
def test_marks_end_what_razdel_lets_them_end(paragraph: str) -> None:
    # Where nothing is left behind the last mark razdel ends it twice.
    whole = {0, len(paragraph.rstrip())}
    ends = dict(_plain_ends(paragraph))
    assert {*ends} | whole == {p.stop for p in sentenize(paragraph)} | whole
    start = 0
    for end in (end for end, is_sure in ends.items() if is_sure):
        assert _over_closing_marks(paragraph, end) == end
        assert not _goes_on(paragraph, start, end)
        start = end


@pytest.mark.parametrize(
    "sentences",
    [
        ["Встреча прошла 5 янв. 2024 года.", "Потом все ушли."],
        ["И. И. Иванов и А.С. Пушкин пришли.", "Это верно, т. е. так и есть."],
        ["Рост составил 3.5 процента.", "Курс 92.15 руб. за доллар."],
        ["Смотрите на meduza.io и lenta.ru.", "Сайт https://a.b/C.Html?x=1.Yes работает."],
        ["В 2023 г. Россия выросла.", "Это было в 1990-х гг.", "Потом стало хуже."],
        ["Президент США Дж. Байден был в г. Москве на ул. Ленина, д. 5.", "Далее — ничего."],
        ["«Да!» — сказал он.", "Все ушли."],
        ["«Мы сделали всё.", "И ещё больше.»", "Он улыбнулся."],
        ["Apple Inc. объявила о сделке.", "Акции выросли."],
        ["He lives in St. Petersburg.", "Mr. Smith left at 5 p.m. on Monday."],
        ['She said: "We did it."', "Then she left.", '"Is it?" he asked.'],
        ["Ожидается до +16 °С.", "Ветер до 14 м/с.", "Ранее обещали 90 км/ч.", "Это много."],
        ["Вырос только eBay.", "xAI упал."],
    ],
)
def test_sentences_are_told_apart(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["Клуб ушёл с двумя лигами.", "Россияне ждут."],
        ["Он назвал это «победой».", "Россияне ждут."],
        ["Так было в 2020.", "Россияне ждут."],
        ["That was the word.", "Next came another one."],
    ],
)
def test_a_lost_space_does_not_glue_sentences(sentences: list[str]) -> None:
    assert split_sentences("".join(sentences)) == sentences


@pytest.mark.parametrize(
    "text", ["Booking.Com вырос.", "ASP.Net is fine.", "Пишите на a@b.Ru сейчас."]
)
def test_domains_are_not_split(text: str) -> None:
    assert split_sentences(text) == [text]
