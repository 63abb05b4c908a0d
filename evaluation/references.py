"""TextRank and LexRank as sumy has them, reading with our own sentences and stems.

sumy is no part of the program: `make eval` installs it from its own lock file.
"""

from collections.abc import Callable

from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from digests.models import CleanText
from digests.summarising import article_sentences
from digests.text.words import split_words, stem
from evaluation.summaries import SENTENCES, Summariser


class OurTokenizer:
    """sumy's own wants data that must be downloaded."""

    def to_sentences(self, text: str) -> list[str]:
        return [text]

    def to_words(self, text: str) -> list[str]:
        return [word.folded for word in split_words(text)]


def summarisers() -> list[tuple[str, Summariser]]:
    return [
        ("TextRank (sumy)", _summariser(TextRankSummarizer)),
        ("LexRank (sumy)", _summariser(LexRankSummarizer)),
    ]


def _summariser(kind: Callable[..., object]) -> Summariser:
    def summarise(article: CleanText) -> list[str]:
        tokenizer = OurTokenizer()
        sentences = [Sentence(one.text, tokenizer) for one in article_sentences(article)]
        document = ObjectDocumentModel([Paragraph(sentences)])
        summariser = kind(stem)
        picked = summariser(document, SENTENCES)  # type: ignore[operator]
        return [str(sentence) for sentence in picked]

    return summarise
