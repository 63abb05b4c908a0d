"""Picks the sentences that tell an article: verbatim, self-contained, best first.

Comes after cleaning; what is picked is stored with the article and shown in source order. Each word
has the chance that an editor's lead would hold it, from three plain facts; sentences are picked so
that together they hold most of what the lead would at the least length (greedy expected F1). What
leaves a sentence hanging in the air (a pronoun at its start, a question, somebody's own words)
speaks against it. See docs/decisions/0011-summaries.md.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, groupby
from typing import Final

from digests.models import CleanText, ParagraphKind, Pick, Sentence
from digests.text.cleaning import opens_as_teaser, opens_with_quotation
from digests.text.sentences import split_sentences
from digests.text.words import STOP_WORDS, WORD, fold, stem

FEWEST_WORDS: Final = 6
LEAST_LETTERS_SHARE: Final = 0.75
MOST_BRACKETS: Final = 2
MOST_COMMAS: Final = 5
CANDIDATES: Final = 60  # sentences, from the start
SENTENCES_READ: Final = 300  # in which words are counted
KEYS_CACHED: Final = 40_000  # a day's news has some 40,000 distinct forms
CHANCES_CACHED: Final = 10_000

# Chance of a word, as logit: logistic regression over 19,000 words of 40 Russian news and the leads
# their editors wrote.
RARE_WORD: Final = -1.65
WORD_OF_TITLE: Final = 1.75
PER_LOG_SENTENCES: Final = 1.2  # how many sentences hold it
PER_LOG_FIRST: Final = -0.57  # in which it comes first
LEAD_WORDS: Final = 40  # stop words left out, of an editor's lead

# In units of F1; a middling sentence adds a tenth.
POSITION: Final = 0.10  # news tells its news first
POSITION_HALVES: Final = 4  # sentences until position is worth half
CONTEXT: Final = 0.05
HANGING_PENALTY: Final = 0.045
FOLLOWING_PENALTY: Final = 0.02  # when the sentence before, which says who «он» is, was picked
QUOTE_PENALTY: Final = 0.03
QUESTION_PENALTY: Final = 0.04
OLD_YEAR_PENALTY: Final = 0.03
OWN_WORDS_PENALTY: Final = 0.08
CUT_PENALTY: Final = 0.08

_OPENS = re.compile(r"[«“„\"(\[]*[A-ZА-ЯЁ\d$€£₽№]|[a-zа-яё]+[A-ZА-ЯЁ]")  # iPhone, xAI
_CLOSING: Final = '»”")]'
_GOES_ON: Final = ":;,—–-"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")
_PAIRED_MARK = re.compile(r"[«»“”„]")
_QUOTE_MARK = re.compile(r"[«»“”„\"]")
# The look ahead passes over most letters at once: without it the search takes three times as long.
_OWN_WORDS = re.compile(
    r"""(?=[яЯмМнНвВIMmWwOouYy])(?<![\w-])
    (?:(?i:я|мне|меня|мной|мы|нам|нас|нами|вы|вам|вас|вами|(?:мо|наш|ваш)(?:
    |й|я|ё|е|ю|у|а|ей|и|их|им|ими|его|ему|ем|ём))|I|[Mm][ey]|[Ww]e|[Oo]ur|us|[Yy]our?)(?![\w-])""",
    re.VERBOSE,
)
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
# Lower-case letters only, for lower-case text: ignoring case takes twice as long.
_BIOGRAPHY = re.compile(
    r"""\b(?:родил(?:ся|ась|ись)\b|окончил[аи]?\s|учил(?:ся|ась)\s|уроженец|уроженка|выпускни(?:к|ца)\b
    |(?:свою\s)?карьеру\b.{0,30}\b(?:нач|стро|продолж)\w+
    |(?:нача[лт]|начинал)\w*\s.{0,20}карьеру|отвечал[аи]?\s+за\b|курировал[аи]?\b
    |(?:работал|занимал|возглавлял|руководил)[аи]?\b.{0,40}\bс\s\d{4}\b
    |с\s\d{4}\s(?:года\s)?(?:по\s\d{4}\s(?:год\s)?)?(?:работал|занимал|возглавлял|руководил)
    |was\sborn|graduated\sfrom|grew\sup\b|studied\s(?:at|in)\b
    |(?:began|started)\s(?:his|her|their)\scareer)""",
    re.VERBOSE,
)
# None of it without one of these.
_BIOGRAPHY_SIGNS: Final = (
    "родил", "оконч", "учил", "урожен", "выпускни", "карьер", "отвечал", "курировал", "работал",
    "занимал", "возглавлял", "руководил", "born", "graduated", "grew", "studied", "career",
)  # fmt: skip

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
    score: float  # for and against it, whatever words it holds
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


def _ends_whole(sentence: str) -> bool:
    """With a full stop or its like, whatever it closes behind it."""
    return sentence.rstrip(_CLOSING).endswith((".", "!", "?", "…"))


def summarise(
    article: CleanText,
    published: datetime,
    language: str,  # noqa: ARG001 - the weights serve both languages; callers need not know
    count: int = 5,
) -> tuple[Pick, ...]:
    """At most `count` sentences, best first; empty when no sentence can stand alone."""
    sentences = article_sentences(article)[:SENTENCES_READ]
    keys = [_keys(sentence.text) for sentence in sentences]
    inside = _inside_quotation(sentences)
    candidates = [
        _Candidate(
            position=at,
            sentence=sentence,
            keys=keys[at],
            score=_score(article, sentence, at, published),
            hangs=opens_hanging(sentence.text),
        )
        for at, sentence in enumerate(sentences[:CANDIDATES])
        if not inside[at] and _may_stand(article, sentence, published)
    ]
    whole = [c for c in candidates if _ends_whole(c.sentence.text)]
    # Half of the Russian feeds give one line without a full stop: better than nothing.
    return tuple(_greedy(whole or candidates, _chances(_keys(article.title), keys), count))


def _chances(title: Counter[str], sentences: Sequence[Counter[str]]) -> dict[str, float]:
    """Key → the chance that an editor's lead would hold it."""
    held = Counter(chain.from_iterable(sentences))
    first: dict[str, int] = {}
    for at in range(len(sentences) - 1, -1, -1):
        first.update(dict.fromkeys(sentences[at], at))
    return {key: _chance(held[key], at, key in title) for key, at in first.items()}


@lru_cache(maxsize=CHANCES_CACHED)
def _chance(sentences: int, first: int, in_title: bool) -> float:
    logit = RARE_WORD + PER_LOG_SENTENCES * math.log(sentences)
    logit += WORD_OF_TITLE * in_title + PER_LOG_FIRST * math.log(1 + first)
    return 1 / (1 + math.exp(-logit))


def _greedy(candidates: list[_Candidate], chances: dict[str, float], count: int) -> list[Pick]:
    worth, length = 0.0, LEAD_WORDS
    picked: list[_Candidate] = []
    left = list(candidates)
    news = [list(one.keys) for one in left]  # what of each is not told yet
    worths = [sum(map(chances.__getitem__, keys)) for keys in news]
    lengths = [one.keys.total() for one in left]
    while left and len(picked) < count:
        gains = [
            2 * (worth + new) / (length + longer) + one.score
            - (_hanging(one, picked) if one.hangs else 0)
            for one, new, longer in zip(left, worths, lengths, strict=True)
        ]  # fmt: skip
        best = gains.index(max(gains))
        worth += worths.pop(best)
        length += lengths.pop(best)
        picked.append(left.pop(best))
        told = set(news.pop(best))
        for at, keys in enumerate(news):
            if not told.isdisjoint(keys):
                news[at] = [key for key in keys if key not in told]
                worths[at] = sum(map(chances.__getitem__, news[at]))
    return [Pick(candidate.sentence.text, candidate.position) for candidate in picked]


def _hanging(candidate: _Candidate, picked: list[_Candidate]) -> float:
    """What speaks against a sentence that leans on the one before."""
    follows = any(candidate.position == other.position + 1 for other in picked)
    return FOLLOWING_PENALTY if follows else HANGING_PENALTY


def _score(article: CleanText, sentence: Sentence, at: int, published: datetime) -> float:
    """What speaks for and against a sentence, its words aside."""
    text = sentence.text
    lifted = article.paragraphs[sentence.paragraph].kind is ParagraphKind.CONTEXT
    return (
        POSITION / (1 + at / POSITION_HALVES)
        + CONTEXT * lifted
        - QUOTE_PENALTY * opens_with_quotation(text)
        - QUESTION_PENALTY * ("?" in text)
        - OLD_YEAR_PENALTY * _is_old(text, published)
        - OWN_WORDS_PENALTY * bool(_OWN_WORDS.search(_unquoted(text)))
        - CUT_PENALTY * text.rstrip(_CLOSING).endswith(("…", "..."))
    )


def _unquoted(text: str) -> str:
    return _QUOTED.sub("", text) if _QUOTE_MARK.search(text) else text


def _may_stand(article: CleanText, sentence: Sentence, published: datetime) -> bool:
    """Whether a sentence can be read alone: whole, closed and prose."""
    text = sentence.text
    if article.paragraphs[sentence.paragraph].kind in {ParagraphKind.HEADING, ParagraphKind.LIST}:
        return False
    if sentence.paragraph and _is_biography(text, article.title, published):
        return False
    words = text.split()
    if len(words) < FEWEST_WORDS or not _OPENS.match(text) or text[-1] in _GOES_ON:
        return False
    dense = "".join(words)
    # Whole words first: they are most of prose, and quickly counted.
    letters = len("".join(filter(str.isalpha, words)))
    if letters < LEAST_LETTERS_SHARE * len(dense) > sum(map(str.isalpha, dense)):
        return False
    if opens_as_teaser(text):
        return False
    is_list = text.count("(") > MOST_BRACKETS or text.count(",") > MOST_COMMAS
    return not is_list and _is_balanced(text)


def _is_biography(text: str, title: str, published: datetime) -> bool:
    """Whether a life is told that is not the news itself, as a birth in the title would be."""
    low = text.lower()
    if any(sign in low for sign in _BIOGRAPHY_SIGNS) and _BIOGRAPHY.search(low):
        return not _BIOGRAPHY.search(title.lower())
    return _is_old(text, published) and bool(_CAREER_STEP.search(text))


def _is_old(text: str, published: datetime) -> bool:
    """Whether the newest year a sentence names lies before its publication."""
    if "19" not in text and "20" not in text:
        return False
    years = [int(year) for year in _YEAR.findall(text)]
    return bool(years) and max(years) < published.year


def _inside_quotation(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences stand inside a quotation that goes on over a sentence's end: somebody's
    words, which must not be shown as the article's."""
    inside: list[bool] = []
    for _, together in groupby(sentences, key=lambda sentence: sentence.paragraph):
        texts = [sentence.text for sentence in together]
        if not any(map(_QUOTE_MARK.search, texts)):
            inside += [False] * len(texts)
            continue
        straight = _between_straight_marks(texts)
        depth = int(_closes_first("".join(texts)))  # opened in a paragraph before
        for at, text in enumerate(texts):
            before = depth
            depth = max(0, depth + text.count("«") - text.count("»"))
            depth = max(0, depth + text.count("“") - text.count("”"))
            inside.append(before > 0 or depth > 0 or at in straight)
    return inside


def _between_straight_marks(sentences: Sequence[str]) -> set[int]:
    """Which sentences of a paragraph a quotation in "such marks" runs through.

    A mark without its fellow is an inch; marks around a whole paragraph are some export's.
    """
    odd = [at for at, text in enumerate(sentences) if text.count('"') % 2]
    if len(odd) % 2 or sentences[-1].endswith('"'):
        return set()
    spans = zip(odd[::2], odd[1::2], strict=True)
    return {at for start, end in spans for at in range(start, end + 1)}


def _closes_first(paragraph: str) -> bool:
    mark = _PAIRED_MARK.search(paragraph)
    return bool(mark) and mark[0] in "»”"  # type: ignore[index]


def _is_balanced(text: str) -> bool:
    if text.count('"') % 2 or text.count("«") != text.count("»"):
        return False
    if text.count("(") != text.count(")"):
        return False
    return text.count("“") + text.count("„") <= text.count("”") + text.count("“") and (
        text.count("”") == 0 or text.count("“") + text.count("„") >= text.count("”")
    )


def _keys(text: str) -> Counter[str]:
    return Counter(filter(None, map(_key, WORD.findall(fold(text)))))


@lru_cache(maxsize=KEYS_CACHED)
def _key(word: str) -> str:
    """The stem of a folded word, "" for one that says nothing."""
    word = word.replace(",", ".")
    return "" if word in STOP_WORDS else stem(word)
