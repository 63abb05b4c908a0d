"""Picks the sentences that tell an article: verbatim, self-contained, best first.

Comes after cleaning; what is picked is stored with the article and shown in source order. Position,
centrality and names speak for a sentence; what leaves it hanging in the air (a pronoun at its
start, an open quotation, a question) speaks against. Weights were tuned on Russian news with the
editor's lead as reference.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from digests.models import CleanText, ParagraphKind, Pick, Sentence
from digests.text.cleaning import opens_with_quotation
from digests.text.sentences import split_sentences
from digests.text.words import STOP_WORDS, split_words, stem

FEWEST_WORDS: Final = 6
LONG_WORDS: Final = 40
LEAST_LETTERS_SHARE: Final = 0.75
MOST_BRACKETS: Final = 2
MOST_COMMAS: Final = 5
NAMES_SATED: Final = 4  # a quarter of a sentence's words are names and numbers: enough
SENTENCES_COMPARED: Final = 60  # the rest of a long article is not weighed

POSITION: Final = 0.8
POSITION_HALVES: Final = 4  # sentences until position is worth half: news tells its news first
CENTRALITY: Final = 0.25
NAMES: Final = 0.15
CONTEXT: Final = 0.25
TITLE_SIMILARITY: Final = 0.4
ALREADY_TOLD: Final = 0.15
SAME_PARAGRAPH: Final = 0.1

HANGING_PENALTY: Final = 0.3  # unless the sentence before, which says who «он» is, was picked
QUOTE_PENALTY: Final = 0.2
QUESTION_PENALTY: Final = 0.25
LONG_PENALTY: Final = 0.1
OLD_YEAR_PENALTY: Final = 0.2

_FINAL = re.compile(r"[.!?…][»”\")\]]*$")
_GOES_ON: Final = ":;,—–-"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NAME = re.compile(r"(?<![.!?…«“\"]\s)(?<=\s)[«“\"(]?[A-ZА-ЯЁ][\w-]+|\d[\d.,]*")
_HANGING = re.compile(
    r"""(?:он|она|оно|они|его|её|ее|их|ему|ей|им|этот|эта|это|эти|этого|этой|этому|этим|этом|такой
    |такая|такое|такие|тот|та|те|там|тогда|туда|здесь|тут|потом|затем|поэтому|также|тоже|кроме
    |при\ этом|однако|но|а|и|или|зато|впрочем|при\ том|между\ тем|тем\ временем|тем\ не\ менее
    |в\ свою\ очередь|по\ (?:его|её|ее|их)\ словам|именно|например|так|далее|вместе\ с\ тем
    |к\ тому\ же|в\ том\ числе|в\ частности|наконец|напротив|наоборот|отсюда|иначе|причём|причем
    |правда|кстати|ведь|благодаря\ этому|после\ этого|до\ этого|в\ этом|в\ это|на\ этом|об\ этом
    |тем\ самым|теперь|последний|последняя|he|she|it|they|his|her|its|their|this|that|these
    |those|there|then|but|and|or|so|however|also|meanwhile|moreover|furthermore|therefore|thus
    |instead|yet|still|for\ example|for\ instance|such|in\ addition|as\ a\ result
    |on\ the\ other\ hand|nevertheless|besides|otherwise|here|both|another)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_BIOGRAPHY = re.compile(
    r"""\b(?:родил(?:ся|ась|ись)\b|окончил[аи]?\s|учил(?:ся|ась)\s|уроженец|уроженка|выпускни(?:к|ца)\b
    |(?:свою\s)?карьеру\b.{0,30}\b(?:нач|стро|продолж)\w+
    |(?:нача[лт]|начинал)\w*\s.{0,20}карьеру|отвечал[аи]?\s+за\b|курировал[аи]?\b
    |(?:работал|занимал|возглавлял|руководил)[аи]?\b.{0,40}\bс\s\d{4}\b
    |с\s\d{4}\s(?:года\s)?(?:по\s\d{4}\s(?:год\s)?)?(?:работал|занимал|возглавлял|руководил)
    |was\sborn|graduated\sfrom|grew\sup\b|studied\s(?:at|in)\b
    |(?:began|started)\s(?:his|her|their)\scareer)""",
    re.VERBOSE | re.IGNORECASE,
)

# With a year long past: a step of somebody's career.
_CAREER_STEP = re.compile(
    r"""\b(?:(?:он|она|he|she)\s(?:\w+\s)?(?:стала?|занял[аи]?|возглавила?|переш(?:ёл|ел|ла)
    |приш(?:ёл|ел|ла)|основала?|работала?|became|joined|founded|worked)
    |стоял[аи]?\sу\sистоков|(?:была?|стала?)\sодн(?:им|ой)\sиз)\b""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence with what is known of it before anything is picked."""

    position: int
    sentence: Sentence
    keys: Counter[str]
    score: float
    hangs: bool  # opens with a word that leans on the sentence before


def article_sentences(article: CleanText) -> list[Sentence]:
    """All sentences in source order, headings' included: what `Pick.position` counts."""
    return [
        Sentence(text, index)
        for index, paragraph in enumerate(article.paragraphs)
        for text in split_sentences(paragraph.text)
    ]


def opens_hanging(sentence: str) -> bool:
    """A sentence that opens with a pronoun or connective says nothing by itself."""
    return bool(_HANGING.match(sentence))


def summarise(
    article: CleanText,
    published: datetime,
    language: str,  # noqa: ARG001 - the weights serve both languages; callers need not know
    count: int = 5,
) -> tuple[Pick, ...]:
    """At most `count` sentences, best first; empty when no sentence can stand alone."""
    sentences = article_sentences(article)[:SENTENCES_COMPARED]
    keys = [_keys(sentence.text) for sentence in sentences]
    weights = _rarity(keys)
    title = Counter(set(_keys(article.title)))
    centrality = _centrality(keys, weights)
    inside = _inside_quotation(sentences)
    candidates = [
        _Candidate(
            position=at,
            sentence=sentence,
            keys=keys[at],
            score=_base(article, sentence, at, centrality[at], published)
            + TITLE_SIMILARITY * _cosine(keys[at], title, weights),
            hangs=opens_hanging(sentence.text),
        )
        for at, sentence in enumerate(sentences)
        if not inside[at] and _may_stand(article, sentence, published)
    ]
    whole = [c for c in candidates if _FINAL.search(c.sentence.text)]
    # Half of the Russian feeds give one line without a full stop: better than nothing.
    return tuple(_greedy(whole or candidates, title, weights, count))


def _greedy(
    candidates: list[_Candidate], title: Counter[str], weights: dict[str, float], count: int
) -> list[Pick]:
    told = set(title)
    picked: list[_Candidate] = []
    left = list(candidates)
    while left and len(picked) < count:
        best = max(left, key=lambda candidate: _gain(candidate, picked, told, weights))
        left.remove(best)
        picked.append(best)
        told |= best.keys.keys()
    return [Pick(candidate.sentence.text, candidate.position) for candidate in picked]


def _gain(
    candidate: _Candidate, picked: list[_Candidate], told: set[str], weights: dict[str, float]
) -> float:
    gain = candidate.score
    follows = any(candidate.position == other.position + 1 for other in picked)
    if candidate.hangs and not follows:
        gain -= HANGING_PENALTY
    if picked:
        gain -= ALREADY_TOLD * _share(candidate.keys, told, weights)
        paragraph = candidate.sentence.paragraph
        gain -= SAME_PARAGRAPH * any(paragraph == other.sentence.paragraph for other in picked)
    return gain


def _base(
    article: CleanText, sentence: Sentence, at: int, centrality: float, published: datetime
) -> float:
    """What speaks for and against a sentence whatever else is picked, the title aside."""
    text = sentence.text
    names = len(_NAME.findall(text)) / (text.count(" ") + 1)
    lifted = article.paragraphs[sentence.paragraph].kind is ParagraphKind.CONTEXT
    return (
        POSITION / (1 + at / POSITION_HALVES)
        + CENTRALITY * centrality
        + NAMES * min(1.0, names * NAMES_SATED)
        + CONTEXT * lifted
        - QUOTE_PENALTY * opens_with_quotation(text)
        - QUESTION_PENALTY * ("?" in text)
        - LONG_PENALTY * (text.count(" ") >= LONG_WORDS)
        - OLD_YEAR_PENALTY * _is_old(text, published)
    )


def _may_stand(article: CleanText, sentence: Sentence, published: datetime) -> bool:
    """Whether a sentence can be read alone: whole, closed and prose."""
    text = sentence.text
    if article.paragraphs[sentence.paragraph].kind in {ParagraphKind.HEADING, ParagraphKind.LIST}:
        return False
    if sentence.paragraph and _is_biography(text, article.title, published):
        return False
    words = text.split()
    if len(words) < FEWEST_WORDS or words[0].islower() or text[-1] in _GOES_ON:
        return False
    dense = "".join(words)
    if sum(map(str.isalpha, dense)) < LEAST_LETTERS_SHARE * len(dense):
        return False
    is_list = text.count("(") > MOST_BRACKETS or text.count(",") > MOST_COMMAS
    return not is_list and _is_balanced(text)


def _is_biography(text: str, title: str, published: datetime) -> bool:
    """Whether a life is told that is not the news itself, as a birth in the title would be."""
    if _BIOGRAPHY.search(text):
        return not _BIOGRAPHY.search(title)
    return _is_old(text, published) and bool(_CAREER_STEP.search(text))


def _is_old(text: str, published: datetime) -> bool:
    """Whether the newest year a sentence names lies before its publication."""
    years = [int(year) for year in _YEAR.findall(text)]
    return bool(years) and max(years) < published.year


def _inside_quotation(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences stand inside a quotation that goes on over a sentence's end: somebody's
    words, which must not be shown as the article's."""
    inside = []
    depth, paragraph = 0, -1
    for sentence in sentences:
        if sentence.paragraph != paragraph:
            depth, paragraph = 0, sentence.paragraph
        before = depth
        depth = max(0, depth + sentence.text.count("«") - sentence.text.count("»"))
        depth = max(0, depth + sentence.text.count("“") - sentence.text.count("”"))
        inside.append(before > 0 or depth > 0)
    return inside


def _is_balanced(text: str) -> bool:
    if text.count('"') % 2 or text.count("«") != text.count("»"):
        return False
    if text.count("(") != text.count(")"):
        return False
    return text.count("“") + text.count("„") <= text.count("”") + text.count("“") and (
        text.count("”") == 0 or text.count("“") + text.count("„") >= text.count("”")
    )


def _keys(text: str) -> Counter[str]:
    folded = (word.folded for word in split_words(text))
    return Counter(stem(word) for word in folded if word not in STOP_WORDS)


def _rarity(keys: Sequence[Counter[str]]) -> dict[str, float]:
    """Inverse sentence frequency inside the article."""
    frequency = Counter(key for bag in keys for key in bag)
    return {key: 1 + math.log(len(keys) / count) for key, count in frequency.items()}


def _norm(keys: Counter[str], weights: dict[str, float]) -> float:
    return math.sqrt(sum((n * weights.get(key, 0.0)) ** 2 for key, n in keys.items())) or 1.0


def _cosine(one: Counter[str], other: Counter[str], weights: dict[str, float]) -> float:
    small, large = (one, other) if len(one) < len(other) else (other, one)
    dot = sum(
        n * large[key] * weights.get(key, 0.0) ** 2 for key, n in small.items() if key in large
    )
    return dot / (_norm(one, weights) * _norm(other, weights))


def _centrality(keys: Sequence[Counter[str]], weights: dict[str, float]) -> list[float]:
    """Mean similarity to the other sentences, the most central one's taken as 1."""
    total: Counter[str] = Counter()
    vectors = []
    for bag in keys:
        norm = _norm(bag, weights)
        vectors.append({key: n * weights[key] / norm for key, n in bag.items()})
        total.update(vectors[-1])
    degrees = [sum(v * total[key] for key, v in vector.items()) - 1 for vector in vectors]
    most = max(degrees, default=0.0)
    return [max(0.0, degree) / most if most > 0 else 0.0 for degree in degrees]


def _share(keys: Counter[str], told: set[str], weights: dict[str, float]) -> float:
    whole = sum(weights[key] for key in keys)
    return sum(weights[key] for key in keys if key in told) / whole if whole else 0.0
