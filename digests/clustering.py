"""Stories: which articles tell the same event, and how a chat sees them.

Two texts are alike when each holds what is most telling of the other: the geometric mean of the
shares, by weight, of each one's heaviest keys that stand in the other's beginning. Against human
labels on hard Russian pairs this is better than the cosine of the same weights and far better than
titles (`make eval` prints all three). An article is held against the story as a whole, so that
the tenth report of a long event still finds it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from math import log, sqrt
from typing import Final

from digests.models import Article, Keys, Story, StoryId
from digests.semantics import (
    LANGUAGES,
    LEAST_IN_WORDS,
    NEAR,
    NEAR_ABROAD,
    Meaning,
    in_bridges,
    in_meaning,
)
from digests.text.bridges import number_bridge
from digests.text.keys import ACRONYM, NAME, is_stop_word, lemma_keys
from digests.text.words import fold, lemma, split_words, stem

WINDOW: Final = timedelta(hours=72)  # an event that old is told anew
HEAVY_KEYS: Final = 12  # what is most telling of an article
TITLE_TIMES: Final = 3  # a word of the title counts as three of the text
NAME_TIMES: Final = 2.0  # who and where tells events apart better than what
LEAST_WEIGHT: Final = 0.1  # of a key that stands in every article
HEAVY_READ: Final = 30  # keys of the text among which the heaviest are sought
SEEN_READ: Final = 130  # keys of the text in which the other's are looked for
COMMON_SHARE: Final = 0.05  # of all articles have a key: nobody is found by it
SHARED_KEYS: Final = 2  # with fewer in common nobody is a candidate
NEWEST_MEMBERS: Final = 5
ALIKE: Final = 0.31
SAME_HOST_ALIKE: Final = 0.37  # one outlet seldom tells an event twice, except to update it
ARTICLES_READ: Final = 64  # a batch's: its keys are counted before they are weighed
ARTICLES_ASSUMED: Final = 300  # read before the first: see common_words.txt
FRESH_HOURS: Final = 24
DECAY_HOURS: Final = 48
CONFLICT: Final = 0.5  # of the likeness is left by each way in which the titles disagree
SAME_FIGURE: Final = 1.15  # times as alike when a telling number of a title stands in the other
OTHER_DAY: Final = 0.25  # is left when they are of different days: a column, not an event
NUMBERS_HOLD: Final = timedelta(hours=6)
UP: Final = "up"
DOWN: Final = "down"
DIRECTIONS: Final = frozenset((UP, DOWN))
UP_WORDS: Final = (
    "повысить повысил повышение поднять подняла вырасти вырос выросла рост увеличить увеличил "
    "подорожать подорожал укрепиться raise raises raised rise rises rose increase hike hikes up"
)
DOWN_WORDS: Final = (
    "снизить снизил снижение опустить опустил упасть упал упала падение сократить сократил "
    "подешеветь подешевел ослабнуть cut cuts lower lowers lowered fall falls fell trim trims drop"
)

MONTHS: Final = (
    "январь январе января january jan|февраль феврале февраля february feb|март марте марта march "
    "mar|апрель апреле апреля april apr|май мае мая may|июнь июне июня june jun|июль июле июля "
    "july jul|август августе августа august aug|сентябрь сентябре сентября september sept sep|"
    "октябрь октябре октября october oct|ноябрь ноябре ноября november nov|декабрь декабре "
    "декабря december dec"
)

UNKNOWN_LANGUAGE: Final = "und"
LEAD_HALF_LIFE_HOURS: Final = 12.0
SHORT_TITLE_LETTERS: Final = 30
SHORT_TITLE_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Sketch:
    """What clustering remembers of an article for as long as its event is fresh."""

    language: str
    published: datetime
    host: str
    heavy: tuple[tuple[str, float], ...]  # key and weight, heaviest first; the weights add up to 1
    seen: frozenset[str]  # keys of the title and of the beginning of the text
    figures: frozenset[str]  # numbers and days (5/11) of the title, and whether it says up or down
    meaning: Meaning | None = None  # None: not embedded


def telling_keys(keys: Keys) -> list[str]:
    """The keys of an article that are counted for their frequency, each once."""
    title, text, _ = _read(keys)
    return list(dict.fromkeys([*title, *text[:SEEN_READ]]))


@lru_cache(maxsize=ARTICLES_READ)
def _read(keys: Keys) -> tuple[list[str], list[str], set[str]]:
    """Stems of the title, stems of the text, and which of them are names.

    Of «Антон Ковальский» and "Wall Street" only the last word counts as the name.
    """
    title, text = lemma_keys(keys.title), lemma_keys(keys.lead) + lemma_keys(keys.body)
    marks = (NAME, ACRONYM)
    names = {
        stem(key[1:])
        for key, following in pairwise([*title, "", *text, ""])
        if key.startswith(marks) and not following.startswith(marks)
    }
    return (
        [stem(key.lstrip(NAME + ACRONYM)) for key in title],
        [stem(key.lstrip(NAME + ACRONYM)) for key in text],
        names,
    )


def sketch(
    keys: Keys,
    language: str,
    published: datetime,
    host: str,
    frequencies: Mapping[str, int],
    articles: int,
    meaning: Meaning | None = None,
) -> Sketch:
    """The sketch of an article; `frequencies` says how many of `articles` have a key.

    A key weighs (1 + ln tf) · ln((N + 1) / (df + 1/2)), a name's `NAME_TIMES` as much; N and df
    start from what is known of common words.
    """
    title, text, names = _read(keys)
    common = common_stems()
    articles += ARTICLES_ASSUMED
    counts = Counter(text[:HEAVY_READ])
    for key in title:
        counts[key] += TITLE_TIMES
    weights = {
        key: (NAME_TIMES if key in names else 1.0)
        * (1 + log(count))
        * max(
            LEAST_WEIGHT,
            log((articles + 1) / (frequencies.get(key, 0) + common.get(key, 0.0) + 0.5)),
        )
        for key, count in counts.items()
    }
    return Sketch(
        language,
        published,
        host,
        _heaviest(weights),
        frozenset(title) | frozenset(text[:SEEN_READ]),
        _figures(title),
        meaning,
    )


def _figures(title: Sequence[str]) -> frozenset[str]:
    """What a title claims that another report of the event would not deny."""
    days = {}
    for place, key in enumerate(title):
        if month := month_stems().get(key):
            near = (place - 1, place + 1)
            day = next((at for at in near if 0 <= at < len(title) and title[at].isdigit()), None)
            if day is not None:
                days[day] = f"{int(title[day])}/{month}"
    numbers = {
        key
        for place, key in enumerate(title)
        if place not in days and key.replace(".", "").isdigit()
    }
    ways = {way for key in title if (way := direction_stems().get(key))}
    return frozenset(numbers | ways | set(days.values()))


@cache
def month_stems() -> dict[str, int]:
    return {
        stem(lemma(word)): number
        for number, words in enumerate(MONTHS.split("|"), 1)
        for word in words.split()
    }


@cache
def direction_stems() -> dict[str, str]:
    """The stem of a word that says which way something went → `up` or `down`."""
    return {
        stem(lemma(word)): way
        for way, words in ((UP, UP_WORDS), (DOWN, DOWN_WORDS))
        for word in words.split()
    }


@cache
def common_stems() -> dict[str, float]:
    """In how many of `ARTICLES_ASSUMED` articles a common word's stem is assumed to stand."""
    text = resources.files("digests.text").joinpath("common_words.txt").read_text(encoding="utf-8")
    found: dict[str, float] = {}
    for line in text.splitlines():
        share, _, words = line.partition(":")
        if share.strip().isdigit():
            for word in words.split(","):
                found[stem(fold(word.strip()))] = int(share) / 100 * ARTICLES_ASSUMED
    return found


NOTHING_COUNTED: Final[Mapping[str, int]] = {}


def rarity(key: str, frequencies: Mapping[str, int] = NOTHING_COUNTED, articles: int = 0) -> float:
    """ln((N + 1) / (df + 1/2)) of a stem; N and df start from what is known of common words."""
    found = frequencies.get(key, 0) + common_stems().get(key, 0.0)
    return log((articles + ARTICLES_ASSUMED + 1) / (found + 0.5))


def _heaviest(weights: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:HEAVY_KEYS]
    total = sum(weight for _, weight in heaviest) or 1.0
    return tuple((key, weight / total) for key, weight in heaviest)


def likeness(article: Sketch, members: Sequence[Sketch]) -> float:
    """How much an article is like a story of these members, 0 … 1; one member is a pair.

    It is held against those of its own language and, when embedded, against the others; the
    better of the two counts.
    """
    own = [member for member in members if member.language == article.language]
    foreign = [member for member in members if member.language != article.language]
    return max(_at_home(article, own) if own else 0.0, _abroad(article, foreign))


def _at_home(article: Sketch, members: Sequence[Sketch]) -> float:
    newest = sorted(members, key=lambda member: member.published)[-NEWEST_MEMBERS:]
    agreed = _in_words(article, newest)
    adds = 0.0
    if agreed >= LEAST_IN_WORDS:
        adds = in_meaning(article.meaning, [member.meaning for member in newest], NEAR)
    return _together(agreed, adds, article, newest, agreement(article, newest))


def _abroad(article: Sketch, members: Sequence[Sketch]) -> float:
    """Among members of another language, by what reads the same in both."""
    nearest = sorted(members, key=lambda member: abs(member.published - article.published))
    nearest = [member for member in nearest if member.meaning][:NEWEST_MEMBERS]
    meanings = [member.meaning for member in nearest if member.meaning]
    if not article.meaning or not meanings:
        return 0.0
    agreed = in_bridges(article.meaning, meanings)
    if not agreed:
        return 0.0
    adds = in_meaning(article.meaning, meanings, NEAR_ABROAD)
    return _together(agreed, adds, article, nearest, _agreement_abroad(article, nearest))


def _in_words(article: Sketch, members: Sequence[Sketch]) -> float:
    summed: Counter[str] = Counter()
    for member in members:
        summed.update(dict(member.heavy))
    seen = frozenset().union(*(member.seen for member in members))
    held = sum(weight for key, weight in article.heavy if key in seen)
    holds = sum(weight for key, weight in _heaviest(summed) if key in article.seen)
    same = any(_confirms(article, m) or _confirms(m, article) for m in members)
    return min(1.0, sqrt(held * holds) * (SAME_FIGURE if same else 1))


def _confirms(article: Sketch, other: Sketch) -> bool:
    """Whether a telling number of the title stands in the other report: 64 or 1.9, hardly 2."""
    return any(len(number) > 1 and number in other.seen for number in _numbers(article.figures))


def _together(
    agreed: float, adds: float, article: Sketch, members: Sequence[Sketch], left: float
) -> float:
    """What contradicts itself is near in meaning too, so there closeness adds nothing."""
    if left < 1:
        adds = min(0.0, adds)
    hours = min(abs((article.published - m.published).total_seconds()) for m in members) / 3600
    return max(0.0, agreed * left + adds) / (1 + max(0.0, hours - FRESH_HOURS) / DECAY_HOURS)


def agreement(article: Sketch, members: Sequence[Sketch]) -> float:
    """What is left of a likeness when titles contradict each other; 1 when they do not.

    «До 14 %» is not «до 16 %», nor «снизил» «повысил», nor «курс на 5 мая» that of the 6th. Numbers
    move on with the event, so only reports of the same hours contradict each other by them.
    """
    near = [m for m in members if abs(article.published - m.published) <= NUMBERS_HOLD]
    told = frozenset().union(*(m.figures for m in members))
    numbers = frozenset().union(*(_numbers(m.figures) for m in near))
    denied = _deny(_numbers(article.figures), numbers)
    return _left(article.figures, told) * (CONFLICT if denied else 1.0)


def _left(mine: frozenset[str], told: frozenset[str]) -> float:
    """Of a likeness, by the days and directions of the titles."""
    left = OTHER_DAY if _deny(_days(mine), _days(told)) else 1.0
    return left * (CONFLICT if _deny(mine & DIRECTIONS, told & DIRECTIONS) else 1.0)


def _deny(mine: frozenset[str], told: frozenset[str]) -> bool:
    return bool(mine and told and mine.isdisjoint(told))


def _days(figures: frozenset[str]) -> frozenset[str]:
    return frozenset(figure for figure in figures if "/" in figure)


def _numbers(figures: frozenset[str]) -> frozenset[str]:
    return figures - DIRECTIONS - _days(figures)


def _agreement_abroad(article: Sketch, members: Sequence[Sketch]) -> float:
    """Titles of two languages pick different numbers of one event: they contradict each other
    where neither article has the other's anywhere."""
    told = frozenset().union(*(m.figures for m in members))
    mine, theirs = _number_bridges(article.figures), _number_bridges(told)
    have = article.meaning.numbers if article.meaning else frozenset()
    held = frozenset().union(*(m.meaning.numbers for m in members if m.meaning))
    denied = _deny(mine, theirs) and mine.isdisjoint(held) and theirs.isdisjoint(have)
    return _left(article.figures, told) * (CONFLICT if denied else 1.0)


def _number_bridges(figures: frozenset[str]) -> frozenset[str]:
    return frozenset(bridge for number in _numbers(figures) if (bridge := number_bridge(number)))


def indexed_keys(article: Sketch) -> list[str]:
    """The keys by which an article is found as a candidate: what is heavy in it, and for articles
    of other languages its bridges, each behind the article's language."""
    return [*(key for key, _ in article.heavy), *(article.language + b for b in _bridges(article))]


def sought_keys(article: Sketch, frequencies: Mapping[str, int], articles: int) -> frozenset[str]:
    """The keys by which candidates are found: all that was seen in an article and is not common,
    and its bridges to articles of other languages.

    They are looked up among the indexed keys of others, so what both tell need not be heavy in
    both.
    """
    common = common_stems()
    most = COMMON_SHARE * (articles + ARTICLES_ASSUMED)
    words = (key for key in article.seen if frequencies.get(key, 0) + common.get(key, 0.0) <= most)
    others = [language for language in LANGUAGES if language != article.language]
    return frozenset([*words, *(other + b for other in others for b in _bridges(article))])


def _bridges(article: Sketch) -> list[str]:
    return [bridge for bridge, _ in article.meaning.bridges[:HEAVY_KEYS]] if article.meaning else []


def may_be_alike(article: Sketch, other: Sketch, sought: frozenset[str]) -> bool:
    """Whether another article is a candidate; the store finds the same ones by its index."""
    if article.language != other.language and not article.meaning:
        return False
    if abs(article.published - other.published) > WINDOW:
        return False
    return sum(key in sought for key in indexed_keys(other)) >= SHARED_KEYS


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where an article belongs: a story, and the others that it shows to be the same event."""

    story: StoryId | None  # None: a new one
    merged: tuple[StoryId, ...] = ()


def story_for(article: Sketch, stories: Mapping[StoryId, Sequence[Sketch]]) -> Belonging:
    """The story an article belongs to, of candidates with their members.

    An article like two stories joins them when they are like each other too: reports that come
    out of order, an outlet's backlog at a time, open an event's story more than once.
    """
    scores = {story: likeness(article, members) for story, members in stories.items()}
    near = [
        story for story, members in stories.items() if scores[story] >= _needed(article, members)
    ]
    if not near:
        return Belonging(None)
    best, *others = sorted(near, key=lambda story: (-scores[story], story))
    merged = [other for other in others if _same_event(stories[best], stories[other])]
    return Belonging(best, tuple(merged))


def _needed(article: Sketch, members: Sequence[Sketch]) -> float:
    same_host = any(member.host == article.host for member in members)
    return SAME_HOST_ALIKE if same_host else ALIKE


def _same_event(one: Sequence[Sketch], other: Sequence[Sketch]) -> bool:
    newest = sorted(other, key=lambda member: member.published)[-NEWEST_MEMBERS:]
    return sum(likeness(member, one) for member in newest) >= ALIKE * len(newest)


# --- how a chat sees them --------------------------------------------------------------------


def tell_stories(articles: Iterable[Article]) -> list[Story]:
    """The stories of the articles one chat may see, newest first.

    What a chat may not see is not among the articles, so it is neither named, counted nor quoted.
    """
    members: defaultdict[StoryId, list[Article]] = defaultdict(list)
    for article in articles:
        members[article.story_id].append(article)
    stories = [Story(story, _most_telling_first(found)) for story, found in members.items()]
    return sorted(stories, key=lambda story: (story.newest, story.id), reverse=True)


def understood(story: Story, languages: Sequence[str]) -> Story:
    """What of a story is in these languages, those of the first of them first; the whole story
    where nothing is."""
    read = [one for one in story.articles if is_read(one.language, languages)]
    if not languages or not read:
        return story
    ranks = {language: rank for rank, language in enumerate(languages)}
    return Story(story.id, tuple(sorted(read, key=lambda one: ranks.get(one.language, 0))))


def is_read(article_language: str, languages: Sequence[str]) -> bool:
    """No languages: all. Articles of an unknown language are nobody's foreign ones."""
    return not languages or article_language in {*languages, UNKNOWN_LANGUAGE}


def _most_telling_first(articles: list[Article]) -> tuple[Article, ...]:
    """By centrality of the title among texts of their own, with what is old or loud set back; then
    what is no copy, in order of time."""
    if len(articles) == 1:
        return tuple(articles)
    published = {article.id: article.published for article in articles}
    newest = max(published.values())
    words = {article.id: _stems(article.title) for article in articles}
    told = {
        article.id: words[article.id].union(*(_stems(p.text) for p in article.summary[:1]))
        for article in articles
    }

    def worth(article: Article) -> float:
        mine = words[article.id]
        others = [told[a.id] for a in articles if not a.copy_of and a.original != article.original]
        central = sum(len(mine & other) for other in others) / (len(mine) * len(others) or 1)
        # A copy is as old as what it repeats.
        hours = (newest - published.get(article.original, article.published)).total_seconds() / 3600
        quiet = 0.5 if is_loud(article.title) else 1.0
        readable = 1.0 if article.summary else 0.5
        return (0.2 + central) * 2 ** (-hours / LEAD_HALF_LIFE_HOURS) * quiet * readable

    def order(article: Article) -> tuple[float, bool, bool, float, int]:
        return (
            -round(worth(article), 6),
            article.copy_of is not None,
            article.link is None,
            article.published.timestamp(),
            article.id,
        )

    return tuple(sorted(articles, key=order))


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.folded) for word in split_words(text) if not is_stop_word(word))


def is_loud(title: str) -> bool:
    """A title that shouts, asks, quotes or says too little to stand for an event."""
    return (
        len(title) < SHORT_TITLE_LETTERS
        or title.rstrip('»”"').endswith(("!", "?"))
        or title.startswith(("«", "“", '"'))
        or len(title.split()) < SHORT_TITLE_WORDS
    )
