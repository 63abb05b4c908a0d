import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.text.markup import paragraphs_of, plain_text


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<p>Раз<b>дв</b>а</p><p>Три&nbsp;четыре</p>", "Раздва\n\nТри четыре"),
        ("Один<br>два<br/><br>Три", "Один два\n\nТри"),
        ("Первая строка.<br>Вторая строка", "Первая строка.\n\nВторая строка"),
        ("<ul><li>a</li><li><p>b</p></li><li></li></ul>конец", "• a\n\n• b\n\nконец"),
        ("<script>alert(1)</script>ok<style>p{}</style>", "ok"),
        ("<figure><img src=x><figcaption>Фото</figcaption></figure>Текст", "Текст"),
        ("<b>unclosed <i>x</p></div>more", "unclosed x\n\nmore"),
        ("<img src=x onerror=alert(1)>", ""),
        ("&lt;b&gt;double", "<b>double"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n\n3"),
        ("<!-- no --><p>yes</p><?php no ?>", "yes"),
        ("<svg><title>no</title></svg>yes", "yes"),
        ("<p>a</p></body></html><p>b</p>", "a\n\nb"),
        ("<a href='javascript:x'>link</a>", "link"),
        ("<blockquote expandable>", ""),
        ("<p>x\u202ey\U000e0041z</p>\x00", "xyz"),
    ],
)
def test_fragments_become_paragraphs(fragment: str, text: str) -> None:
    assert plain_text(fragment) == text


@given(st.lists(st.text(alphabet="абвгд <>.,«»—0123", min_size=1), max_size=20))
def test_text_without_tags_keeps_its_words(words: list[str]) -> None:
    text = " ".join(" ".join(words).split())
    assert plain_text(text) == text


def test_an_address_keeps_its_parameters() -> None:
    assert plain_text("https://a.b/?a=1&copy=2 &laquo;к&raquo;") == "https://a.b/?a=1&copy=2 «к»"


def test_wrapped_lines_are_one_paragraph_and_separate_lines_are_not() -> None:
    wrapped = (
        "Первая строка письма, которую кто-то перенёс на шестидесятом знаке\n"
        "Вторая строка того же самого письма, перенесённая таким же образом\nи конец."
    )
    assert len(paragraphs_of(wrapped)) == 1
    assert paragraphs_of("Первый абзац.\nВторой абзац\nТретий") == [
        "Первый абзац.",
        "Второй абзац",
        "Третий",
    ]


@pytest.mark.parametrize(
    "fragment",
    [
        "<div>" * 100_000 + "x",
        "<b>" * 100_000 + "x",
        "<ul><li>" * 50_000 + "x",
        "<" * 200_000,
        "&" * 200_000,
        "a<b " * 100_000,
        "\n \n" * 100_000,
        " " * 300_000 + "<b>",
    ],
)
def test_hostile_fragments_are_read_in_a_moment(fragment: str) -> None:
    started = time.perf_counter()
    plain_text(fragment)
    assert time.perf_counter() - started < 2


@given(st.text(alphabet=st.sampled_from("<>/&;!?-='\" abp\n"), max_size=200))
def test_garbled_markup_is_read_without_an_error(fragment: str) -> None:
    plain_text(fragment)
