import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.errors import EmptyFileError, NotTextError
from digests.text.charset import decode

CYRILLIC = ["cp1251", "koi8-r", "iso-8859-5", "mac-cyrillic", "cp866"]
WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
NEWS = (
    "Сооснователь компании покинул её и объявил о запуске фонда. Фонд будет поддерживать "
    "исследования и стартапы, сообщает РБК. Ёлку у моста открыли 25 тысяч гостей!"
)
WORDS = NEWS.replace("!", "").replace(".", "").replace(",", "").split()


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", *WIDE, *CYRILLIC])
def test_russian_is_read_in_every_charset_it_is_published_in(charset: str) -> None:
    assert decode(NEWS.encode(charset)) == NEWS


@pytest.mark.parametrize("charset", ["utf-8", *CYRILLIC])
@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "windows-1251", "koi8-r", "us-ascii"])
def test_a_wrong_declaration_is_not_believed(charset: str, declared: str) -> None:
    assert decode(NEWS.encode(charset), declared) == NEWS


# mac-cyrillic has cp1251's small letters: a few words do not tell the two apart.
@given(
    st.lists(st.sampled_from(WORDS), min_size=8, max_size=40, unique=True),
    st.sampled_from([charset for charset in CYRILLIC if charset != "mac-cyrillic"]),
)
def test_any_russian_words_survive_the_round_trip(words: list[str], charset: str) -> None:
    text = " ".join(words)
    assert decode(text.encode(charset)) == text


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_a_mark_settles_the_charset(text: str) -> None:
    if text.strip("\ufeff \u00a0").strip():
        assert decode(text.encode("utf-8-sig")) == text


@given(st.binary(max_size=300))
def test_bytes_give_text_or_one_of_two_errors(data: bytes) -> None:
    with contextlib.suppress(NotTextError, EmptyFileError):
        assert isinstance(decode(data), str)


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        ('<?xml version="1.0" encoding="windows-1251"?>', "cp1251"),
        ("<html><head><meta charset=koi8-r></head>", "koi8-r"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=big5">', "big5"),
    ],
)
def test_a_charset_declared_inside_is_found(head: str, charset: str) -> None:
    text = head + ("中文新聞標題與內容" if charset == "big5" else NEWS)
    assert decode(text.encode(charset)) == text


def test_western_text_without_declaration_keeps_its_accents() -> None:
    assert decode("Café déjà vu — naïve".encode("cp1252")) == "Café déjà vu — naïve"


def test_one_broken_byte_does_not_spoil_the_rest() -> None:
    data = NEWS.encode()
    split = len(NEWS[:40].encode())
    assert decode(data[:-3] + b"\xd0").startswith(NEWS[:-3])
    assert decode(data[:split] + b"\xff" + data[split:]).replace("\ufffd", "") == NEWS


def test_an_unknown_or_dangerous_charset_is_ignored() -> None:
    for declared in ("no-such", "utf-7", "rot13", "hex", "", "\x00", "unicode_escape", "é"):
        assert decode(NEWS.encode("cp1251"), declared) == NEWS


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00" * 40])
def test_nothing_but_white_space_is_an_empty_file(data: bytes) -> None:
    with pytest.raises(EmptyFileError):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 and words",
        b"PK\x03\x04 zip",
        b"\x89PNG\r\n\x1a\n",
        b"\x1f\x8b\x08\x00",
        random.Random(1).randbytes(5_000),
        b"words\x00\x01\x02\x03\x04 and more",
    ],
)
def test_binary_content_is_no_text(data: bytes) -> None:
    with pytest.raises(NotTextError):
        decode(data)
