import json
from pathlib import Path

import pytest

from digests.text.language import language_of

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ЦБ снизил ключевую ставку до 16%", "ru"),
        ("xAI покидает Igor Babuschkin, Elon Musk и OpenAI", "ru"),
        ("Президент Володимир Зеленський підписав указ", "und"),
        ("Қазақстан президенті мәлімдеді", "und"),
        ("Chinese company in vaccine scandal declared bankrupt", "en"),
        ("The president said on Monday that it would not change its policy.", "en"),
        (
            "Der Bundestag hat das Gesetz am Freitag mit den Stimmen der Koalition beschlossen",
            "und",
        ),
        ("Le président de la République a annoncé de nouvelles mesures", "und"),
        ("El gobierno anuncia que el impuesto se aplicará en los próximos meses", "und"),
        ("مرحبا بالعالم", "und"),
        ("2025: 14, 08 — 12.30!", "und"),
        ("", "und"),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.skipif(not DATA.is_dir(), reason="development data is not here: ../shared/data")
@pytest.mark.parametrize("language", ["ru", "en"])
def test_news_in_both_languages_is_recognised(language: str) -> None:
    lines = (DATA / "same_story" / f"{language}.jsonl").read_text().splitlines()
    articles = [json.loads(line)[side] for line in lines for side in ("first", "second")]
    assert {language_of(f"{a['title']}\n{a['text']}") for a in articles} == {language}
