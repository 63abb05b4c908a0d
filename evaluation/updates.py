"""Whether told stories come back when they moved on, and only then.

Each developing story of the newsroom (one with an article labelled as an update) is told at its
first article; every later article at least four hours after it is asked whether it is an update,
all before it counting as told.
"""

import tomllib
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final

from bot.newsroom.articles import NewsroomArticle, load_newsroom
from digests.models import (
    Article,
    ArticleId,
    Entry,
    PreparedArticle,
    Source,
    SourceId,
    SourceKind,
    StoryId,
)
from digests.preparing import prepare
from digests.updates import LEAST_WAIT, Report, update_of
from evaluation.data import LATER, START, prepared_newsroom

STORIES: Final = Path(__file__).parent.parent / "tests" / "developing_stories.toml"


@dataclass(frozen=True)
class Updated:
    right: int  # articles that are updates and were found
    found: int
    meant: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.meant if self.meant else 1.0


def judge() -> Updated:
    """The newsroom's developing stories."""
    judged = []
    for event in load_newsroom().events().values():
        for language in ("ru", "en"):
            members = sorted((a for a in event if a.language == language), key=lambda a: a.minutes)
            for position, article in enumerate(members):
                before = members[:position]
                if before and _waited(before, article):
                    told = [prepared_newsroom()[one.id].keys for one in before]
                    report = _report(prepared_newsroom()[article.id])
                    judged.append((article.update, update_of(told, [report]) is not None))
    return _counted(judged)


def judge_own() -> Updated:
    """The stories of tests/developing_stories.toml, written before tuning: half of the later
    reports say the same in other words."""
    judged = []
    for story in tomllib.loads(STORIES.read_text(encoding="utf-8"))["story"]:
        told = [_prepared(*story["told"]).keys]
        for later in story["later"]:
            report = _report(_prepared(later["title"], later["text"]))
            judged.append((later["update"], update_of(told, [report]) is not None))
    return _counted(judged)


def _counted(judged: list[tuple[bool, bool]]) -> Updated:
    """(meant, found) of each report."""
    return Updated(
        right=sum(meant and found for meant, found in judged),
        found=sum(found for _, found in judged),
        meant=sum(meant for meant, _ in judged),
    )


def _prepared(title: str, text: str) -> PreparedArticle:
    return prepare(Entry(title, text, published=START), LATER, UTC)


def _waited(before: list[NewsroomArticle], article: NewsroomArticle) -> bool:
    return (article.minutes - before[0].minutes) * 60 >= LEAST_WAIT.total_seconds()


def _report(prepared: PreparedArticle) -> Report:
    source = Source(SourceId(1), SourceKind.FEED, "", "", None)
    seen = Article(
        ArticleId(1),
        StoryId(1),
        source,
        prepared.link,
        prepared.title,
        prepared.language,
        prepared.published,
        prepared.published,
        prepared.summary,
    )
    return Report(seen, prepared.keys)
