"""Composition: which stories a digest tells, in what sections and how much of each.

Everything is decided on plain lengths under two budgets, the reader's minutes and Telegram's
messages; an item is never split. Rendering only turns the result into entities.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil, sqrt
from typing import Final

from digests.clustering import is_read, likeness
from digests.lengths import (
    LETTERS_A_MINUTE,
    PART_LETTERS,
    item_letters,
    parts_of,
    visible_letters,
)
from digests.models import (
    Candidate,
    Digest,
    Item,
    Keys,
    Level,
    Looked,
    Reason,
    Section,
    Story,
    Update,
)
from digests.ranking import WEIGHTS, rank, terms_of
from digests.sketches import Sketch, sketch
from digests.story_summaries import in_reading_order, story_lines
from digests.taste import NO_TASTE, Taste
from digests.text.keys import lemma_keys
from digests.topics import Query, interests, matches
from digests.updates import Report, update_of

PARTS_BY_MINUTES: Final = {2: 1, 5: 2, 10: 4}
MOST_STORIES: Final = 12
MOST_MAIN_STORIES: Final = 3
MOST_UPDATES: Final = 3
TWICE_ALIKE: Final = 0.25  # more alike than that, two items would tell one event
MOST_OF_ONE_HOST: Final = 3
TOPIC_SHARE: Final = 0.4
RELEVANCE: Final = 0.75  # of the MMR trade between score and difference from what is chosen
DETAIL_SENTENCES: Final = 3
GAINS: Final = {Level.SENTENCE: 1.0, Level.SUMMARY: 0.6, Level.FULL: 0.4}  # of raising an item


@dataclass(frozen=True, slots=True)
class Form:
    """How much a subscriber wants to read."""

    minutes: int = 2  # 2, 5 or 10
    parts: int = 1  # pages of its message at most
    main: bool = True  # whether the section «Главное» follows the topics
    sentences: int = 3  # an item's at most: 1, 3 or 5; 0: titles only
    quotes: bool = False  # an item is told by one quotation, where there is one

    @property
    def letters(self) -> int:
        return min(self.minutes * LETTERS_A_MINUTE, self.parts * PART_LETTERS)


def form_for(
    minutes: int,
    *,
    main: bool = True,
    sentences: int = Level.SUMMARY,
    quotes: bool = False,
) -> Form:
    return Form(minutes, PARTS_BY_MINUTES.get(minutes, 1), main, sentences, quotes)


@dataclass(frozen=True, slots=True)
class Retold:
    """A story told before: the keys of what was told of it, and the reports since."""

    story: Story
    told: tuple[Keys, ...]
    fresh: tuple[Report, ...]
    reply_to: int | None  # the message that told it; None: unknown


@dataclass(frozen=True, slots=True)
class Material:
    """A story with the keys by which topics are matched: those of its lead article."""

    story: Story
    keys: Keys


def compose(
    material: Iterable[Material],
    topics: Sequence[Query],
    form: Form,
    now: datetime,
    since: datetime,
    looked: Looked | None = None,
    retold: Iterable[Retold] = (),
    *,
    muted: Sequence[Query] = (),
    languages: Sequence[str] = (),
    limited: bool = False,
    taste: Taste = NO_TASTE,
) -> Digest:
    """The digest of what is new to a chat; `material` holds nothing it was told before, `retold`
    what it was told and has had new reports since. What is `muted`, or news in a language that is
    not among its `languages`, is left out. `limited`: what moved on is of the topics too.

    Deterministic: equal arguments give equal digests.
    """
    candidates = ranked(material, topics, now, muted=muted, languages=languages, taste=taste)
    chosen = _choose(candidates, topics, form)
    sections = _fitting(chosen, topics, form)
    sections = _raise_levels(sections, form)
    sections = _add_details(sections, form)
    letters = sum(item_letters(item) for section in sections for item in section.items)
    return Digest(
        made=now,
        since=since,
        sections=sections,
        updates=_updates(
            one
            for one in retold
            if not _any_meets(one.fresh, muted) and (not limited or _any_meets(one.fresh, topics))
        ),
        looked=looked or Looked(),
        minutes=max(1, ceil(letters / LETTERS_A_MINUTE)),
        topics=tuple(query.text for query in topics) if limited else (),
    )


def ranked(
    material: Iterable[Material],
    topics: Sequence[Query],
    now: datetime,
    *,
    muted: Sequence[Query] = (),
    languages: Sequence[str] = (),
    taste: Taste = NO_TASTE,
) -> list[Candidate]:
    """What a digest may choose from, best first: what is muted or not read is left out."""
    wanted = [
        one
        for one in material
        if is_read(one.story.lead.language, languages) and not _meets_any(one.keys, muted)
    ]
    return rank(_candidate(one, topics, now, taste) for one in wanted)


def _updates(retold: Iterable[Retold]) -> tuple[Update, ...]:
    """The stories that moved on most recently, a few of them."""
    found = []
    for one in retold:
        line = update_of(one.told, one.fresh)
        if line is not None:
            found.append(Update(one.story, line, one.reply_to))
    found.sort(key=lambda update: (-update.line.article.published.timestamp(), update.story.id))
    return tuple(found[:MOST_UPDATES])


def _any_meets(reports: Iterable[Report], queries: Sequence[Query]) -> bool:
    return any(_meets_any(report.keys, queries) for report in reports)


def _meets_any(keys: Keys, queries: Sequence[Query]) -> bool:
    return any(matches(query, keys) for query in queries)


def _candidate(one: Material, topics: Sequence[Query], now: datetime, taste: Taste) -> Candidate:
    found = interests(topics, one.keys)
    keys = frozenset(lemma_keys(one.keys.title) + lemma_keys(one.keys.lead))
    return Candidate(one.story, found, terms_of(one.story, found, now, taste), one.keys, keys)


# --- choice ----------------------------------------------------------------------------------


def _choose(candidates: list[Candidate], topics: Sequence[Query], form: Form) -> list[Candidate]:
    """By topic first, then «Главное» by coverage; without topics «Главное» only."""
    hosts = max(1, len({c.story.lead.host for c in candidates}))
    host_cap = max(MOST_OF_ONE_HOST, ceil(MOST_STORIES / hosts))
    if not topics:
        return _pick(candidates, MOST_STORIES, [], lambda c: c.terms.score, host_cap)
    topic_cap = max(2, int(MOST_STORIES * TOPIC_SHARE)) if len(topics) > 1 else MOST_STORIES
    room = MOST_STORIES - (MOST_MAIN_STORIES if form.main else 0)
    mine = [c for c in candidates if c.interests]
    chosen = _pick(mine, room, [], lambda c: c.terms.score, host_cap, topic_cap)
    if form.main:
        rest = [c for c in candidates if not c.interests]
        main = _pick(rest, MOST_MAIN_STORIES, chosen, _main_value, max(1, host_cap - 2))
        chosen = chosen + [replace(c, interests=()) for c in main]
    return chosen


def _main_value(candidate: Candidate) -> float:
    terms = candidate.terms
    return terms.coverage + WEIGHTS["taste"] * terms.taste + terms.score / 10


def _pick(
    candidates: list[Candidate],
    count: int,
    before: list[Candidate],
    value: Callable[[Candidate], float],
    host_cap: int,
    topic_cap: int = MOST_STORIES,
) -> list[Candidate]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998) under the caps."""
    hosts = Counter(c.story.lead.host for c in before)
    of_topic: Counter[str] = Counter()
    nearest = [
        max((_cosine(c.keys, other.keys) for other in before), default=0.0) for c in candidates
    ]
    left = dict(enumerate(candidates))
    chosen: list[Candidate] = []
    drawn_before = [_sketch(c) for c in before]
    while left and len(chosen) < count:
        allowed = [
            number
            for number, c in left.items()
            if hosts[c.story.lead.host] < host_cap and of_topic[_topic(c)] < topic_cap
        ]
        if not allowed:
            break
        best = max(
            allowed,
            key=lambda number: (
                RELEVANCE * value(left[number]) - (1 - RELEVANCE) * nearest[number],
                -number,
            ),
        )
        picked = left.pop(best)
        drawn = _sketch(picked)
        if any(likeness(drawn, [other]) >= TWICE_ALIKE for other in drawn_before):
            continue  # an event that opened two stories is told once
        drawn_before.append(drawn)
        chosen.append(picked)
        hosts[picked.story.lead.host] += 1
        of_topic[_topic(picked)] += 1
        for number, c in left.items():
            nearest[number] = max(nearest[number], _cosine(c.keys, picked.keys))
    return chosen


def _sketch(candidate: Candidate) -> Sketch:
    """The lead article's, weighed by what is known of common words."""
    lead = candidate.story.lead
    return sketch(candidate.lead_keys, lead.language, lead.published, lead.host, {}, 0)


def _topic(candidate: Candidate) -> str:
    return candidate.interests[0].topic if candidate.interests else ""


def _cosine(one: frozenset[str], other: frozenset[str]) -> float:
    if not one or not other:
        return 0.0
    return len(one & other) / sqrt(len(one) * len(other))


def _sections(chosen: list[Candidate], topics: Sequence[Query], form: Form) -> tuple[Section, ...]:
    """Sections in the subscriber's order of topics, «Главное» last; items best first."""
    order = [*dict.fromkeys(query.text for query in topics), ""]
    sections = []
    for name in order:
        items = tuple(
            Item(c.story, c.terms, Level.TITLE, (), lines=story_lines(c.story, quote=form.quotes))
            for c in chosen
            if _topic(c) == name
        )
        if items:
            sections.append(Section(name or None, items))
    return tuple(sections)


def _fitting(chosen: list[Candidate], topics: Sequence[Query], form: Form) -> tuple[Section, ...]:
    """The sections as titles; what is worth least gives way until the messages hold them."""
    left = list(chosen)
    while len(left) > 1 and parts_of(_sections(left, topics, form)) > form.parts:
        left.remove(min(reversed(left), key=lambda c: c.terms.score))
    return _sections(left, topics, form)


# --- levels ----------------------------------------------------------------------------------


def _raise_levels(sections: tuple[Section, ...], form: Form) -> tuple[Section, ...]:
    """Raise the item with the best value per extra character while everything still fits."""
    most = Level.SENTENCE if form.quotes else form.sentences
    refused: set[tuple[int, Level]] = set()
    while True:
        raises = [
            (gain * item.terms.score / extra, number, raised)
            for number, item in enumerate(_items(sections))
            for level, gain in GAINS.items()
            if level == _next(item.level) <= most and (number, level) not in refused
            if len((raised := _at_level(item, level)).sentences) > len(item.sentences)
            and (extra := item_letters(raised) - item_letters(item)) > 0
        ]
        if not raises:
            return sections
        _, number, raised = max(raises, key=lambda one: (one[0], -one[1]))
        tried = _replace_item(sections, number, raised)
        if visible_letters(tried) <= form.letters and parts_of(tried) <= form.parts:
            sections = tried
        else:
            refused.add((number, raised.level))


def _next(level: Level) -> Level:
    return next((higher for higher in Level if higher > level), level)


def _at_level(item: Item, level: Level) -> Item:
    lines = item.lines[: int(level)]
    return replace(item, level=level, sentences=in_reading_order(item.story, lines))


def _add_details(sections: tuple[Section, ...], form: Form) -> tuple[Section, ...]:
    """Fold what else is worth knowing under the items, best first, while the messages hold it."""
    items = list(_items(sections))
    for number in sorted(range(len(items)), key=lambda n: -items[n].terms.score):
        item = items[number]
        more = item.lines[int(item.level) : int(item.level) + DETAIL_SENTENCES]
        if item.level is Level.TITLE or not more:
            continue
        detailed = replace(item, details=in_reading_order(item.story, more))
        tried = _replace_item(sections, number, detailed)
        if parts_of(tried) <= form.parts:
            sections = tried
    return sections


def _items(sections: tuple[Section, ...]) -> tuple[Item, ...]:
    return tuple(item for section in sections for item in section.items)


def _replace_item(sections: tuple[Section, ...], number: int, item: Item) -> tuple[Section, ...]:
    result = []
    for section in sections:
        if 0 <= number < len(section.items):
            items = (*section.items[:number], item, *section.items[number + 1 :])
            result.append(replace(section, items=items))
        else:
            result.append(section)
        number -= len(section.items)
    return tuple(result)


def reason_of(item: Item, section: Section) -> Reason:
    """What is kept of why an item is here."""
    return Reason(section.topic, len(item.story.hosts), item.story.newest, item.terms)
