"""A week in one picture and a few lines: what was covered most, and how much was written about
what. Unlike a digest it tells again what was told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from math import log2
from typing import Final
from warnings import catch_warnings, simplefilter

from digests.models import ArticleId, Keys, Story
from digests.topics import Query, matches

PERIOD: Final = timedelta(days=7)
FOLLOWED_WEIGHT: Final = 1.5  # of a story of the chat's topics
MOST_BARS: Final = 8
FEWEST_BARS: Final = 2  # one bar compares nothing
LABEL_LETTERS: Final = 24  # what a bar has room for beside it

_WIDTH, _DPI = 7.2, 150  # inches: 1080 pixels, a phone's width
_BAR_INCHES, _FRAME_INCHES, _PAD_INCHES = 0.62, 1.2, 0.2
_BACKGROUND, _INK, _BAR = "#ffffff", "#222222", "#2f80c8"


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    count: int  # articles


@dataclass(frozen=True, slots=True)
class Recap:
    since: datetime
    until: datetime
    articles: int
    sources: int
    stories: tuple[Story, ...] = ()  # weightiest first
    bars: tuple[Bar, ...] = ()  # longest first


def weightiest(
    stories: Iterable[Story],
    keys: Mapping[ArticleId, Keys],
    count: int,
    *,
    topics: Sequence[Query] = (),
    muted: Sequence[Query] = (),
    main: bool = True,
) -> list[Story]:
    """The stories covered most, by log2(1 + hosts), those of the topics weighing half as much
    again; without `main` only these. What is muted is left out."""
    weighed = []
    for story in stories:
        its = keys.get(story.lead.id)
        if its is None or any(matches(query, its) for query in muted):
            continue
        followed = any(matches(query, its) for query in topics)
        if followed or main or not topics:
            weight = log2(1 + len(story.hosts)) * (FOLLOWED_WEIGHT if followed else 1)
            weighed.append((-weight, -story.newest.timestamp(), story.id, story))
    return [story for *_, story in sorted(weighed)[:count]]


def longest(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """The bars worth drawing; empty: too few to compare."""
    drawn = sorted((bar for bar in bars if bar.count), key=lambda bar: (-bar.count, bar.label))
    return tuple(drawn[:MOST_BARS]) if len(drawn) >= FEWEST_BARS else ()


def draw(title: str, bars: Sequence[tuple[str, int]]) -> bytes:
    """A PNG of horizontal bars, the first on top, 1080 pixels wide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - 0.7 s, 30 MB
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    layout = ConstrainedLayoutEngine(w_pad=_PAD_INCHES, h_pad=_PAD_INCHES)
    figure = Figure((_WIDTH, _FRAME_INCHES + _BAR_INCHES * len(bars)), _DPI, layout=layout)
    figure.set_facecolor(_BACKGROUND)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    labels = [label for label, _ in bars]
    drawn = axes.barh(range(len(bars)), [count for _, count in bars], 0.66, color=_BAR)
    axes.set_yticks(range(len(bars)), labels, fontsize=17, color=_INK, parse_math=False)
    axes.invert_yaxis()
    axes.bar_label(drawn, padding=6, fontsize=17, color=_INK)
    axes.margins(x=0.12)
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.suptitle(title, x=0.03, ha="left", fontsize=20, color=_INK, parse_math=False)
    held = BytesIO()
    with catch_warnings():  # of letters its font lacks: they are boxes, the caption has them too
        simplefilter("ignore")
        figure.savefig(held, format="png")
    return held.getvalue()
