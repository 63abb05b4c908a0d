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
from datetime import timedelta
from itertools import islice
from math import sqrt
from sys import byteorder
from typing import Final

from digests.models import Article, Story, StoryId
from digests.semantics import (
    LANGUAGES,
    LEAST_IN_WORDS,
    NEAR,
    NEAR_ABROAD,
    in_bridges,
    in_meaning,
)
from digests.sketches import (
    ARTICLES_ASSUMED,
    DIRECTIONS,
    HEAVY_KEYS,
    Sketch,
    common_stems,
    heaviest,
    mark,
)
from digests.text.bridges import number_bridge
from digests.text.keys import is_stop_word
from digests.text.words import split_words, stem

WINDOW: Final = timedelta(hours=72)  # an event that old is told anew
COMMON_SHARE: Final = 0.05  # of all articles have a key: nobody is found by it
SHARED_KEYS: Final = 2  # with fewer in common nobody is a candidate
NEWEST_MEMBERS: Final = 5
ALIKE: Final = 0.31
SAME_HOST_ALIKE: Final = 0.37  # one outlet seldom tells an event twice, except to update it
FRESH_HOURS: Final = 24
DECAY_HOURS: Final = 48
CONFLICT: Final = 0.5  # of the likeness is left by each way in which the titles disagree
SAME_FIGURE: Final = 1.15  # times as alike when a telling number of a title stands in the other
LEAST_SHARES: Final = 0.99 * (ALIKE / SAME_FIGURE) ** 2  # with a smaller product nothing is alike
OTHER_DAY: Final = 0.25  # is left when they are of different days: a column, not an event
NUMBERS_HOLD: Final = timedelta(hours=6)
UNKNOWN_LANGUAGE: Final = "und"
LEAD_HALF_LIFE_HOURS: Final = 12.0
SHORT_TITLE_LETTERS: Final = 30
SHORT_TITLE_WORDS: Final = 3


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
    held = sum(weight for key, weight in article.heavy if mark(key) in seen)
    holds = sum(weight for key, weight in heaviest(summed) if mark(key) in article.seen)
    same = any(_confirms(article, m) or _confirms(m, article) for m in members)
    return min(1.0, sqrt(held * holds) * (SAME_FIGURE if same else 1))


def _confirms(article: Sketch, other: Sketch) -> bool:
    """Whether a telling number of the title stands in the other report: 64 or 1.9, hardly 2."""
    numbers = _numbers(article.figures)
    return any(len(number) > 1 and mark(number) in other.seen for number in numbers)


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


def indexed_keys(
    language: str,
    heavy: Iterable[tuple[str, float]],
    bridges: Iterable[tuple[str, float]],
) -> list[str]:
    """The keys by which an article is found as a candidate: what is heavy in it, and for articles
    of other languages its bridges, each behind the article's language."""
    return [*(key for key, _ in heavy), *(language + key for key, _ in islice(bridges, HEAVY_KEYS))]


def sought_keys(
    article: Sketch, seen: Iterable[str], frequencies: Mapping[str, int], articles: int
) -> frozenset[str]:
    """The keys by which candidates are found: all that was `seen` in an article (`telling_keys`)
    and is not common, and its bridges to articles of other languages.

    They are looked up among the indexed keys of others, so what both tell need not be heavy in
    both.
    """
    common = common_stems()
    most = COMMON_SHARE * (articles + ARTICLES_ASSUMED)
    words = (key for key in seen if frequencies.get(key, 0) + common.get(key, 0.0) <= most)
    others = [language for language in LANGUAGES if language != article.language]
    return frozenset([*words, *(other + b for other in others for b in _bridges(article))])


def found_by(article: Sketch) -> list[str]:
    """The `indexed_keys` of a sketch."""
    bridges = article.meaning.bridges if article.meaning else ()
    return indexed_keys(article.language, article.heavy, bridges)


def _bridges(article: Sketch) -> list[str]:
    return [bridge for bridge, _ in article.meaning.bridges[:HEAVY_KEYS]] if article.meaning else []


def may_be_compared(article: Sketch, other: Sketch) -> bool:
    """Whether an article that shares `SHARED_KEYS` is a candidate; the store asks the same of those
    in its index."""
    if article.language != other.language and not article.meaning:
        return False
    return abs(article.published - other.published) <= WINDOW


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
    scores = {
        story: likeness(article, members)
        for story, members in stories.items()
        if _may_be_near(article, members)
    }
    near = [story for story, score in scores.items() if score >= _needed(article, stories[story])]
    if not near:
        return Belonging(None)
    best, *others = sorted(near, key=lambda story: (-scores[story], story))
    merged = [other for other in others if _same_event(stories[best], stories[other])]
    return Belonging(best, tuple(merged))


def _may_be_near(article: Sketch, members: Sequence[Sketch]) -> bool:
    """Whether a likeness can be enough, by bounds of both its shares: of ten candidates hardly one
    may, and a likeness takes ten times as long. What meaning adds has no such bound."""
    if article.meaning:
        return True
    weights = {mark(key): weight for key, weight in article.heavy}
    held = sum(weights[key] for key in set().union(*(weights.keys() & m.seen for m in members)))
    if held < LEAST_SHARES:
        return False
    holds = sum(weight for m in members for key, weight in m.heavy if mark(key) in article.seen)
    return held * holds >= LEAST_SHARES


def may_hold(article: Sketch, stories: Mapping[StoryId, Sequence[bytes]]) -> set[StoryId]:
    """Which stories may hold enough of an article for a likeness, by the packed marks of their
    members: as `_may_be_near`, before anything is unpacked. Some that do not are among them."""
    if article.meaning:
        return set(stories)
    sought = [(mark(key).to_bytes(4, byteorder), weight) for key, weight in article.heavy]
    near = set()
    for story, members in stories.items():
        seen = b"".join(members)
        if sum([weight for one, weight in sought if one in seen]) >= LEAST_SHARES:
            near.add(story)
    return near


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
