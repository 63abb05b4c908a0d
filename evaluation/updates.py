"""Whether told stories come back when they moved on, and only then.

Each developing story of the newsroom (one with an article labelled as an update) is told at its
first article; every later article at least four hours after it is asked whether it is an update,
all before it counting as told.
"""

from dataclasses import dataclass

from bot.newsroom.articles import NewsroomArticle, load_newsroom
from digests.models import Article, ArticleId, Source, SourceId, SourceKind, StoryId
from digests.updates import LEAST_WAIT, Report, update_of
from evaluation.data import prepared_newsroom


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
    right = found = meant = 0
    for event in load_newsroom().events().values():
        for language in ("ru", "en"):
            members = sorted((a for a in event if a.language == language), key=lambda a: a.minutes)
            for position, article in enumerate(members):
                before = members[:position]
                if not before or not _waited(before, article):
                    continue
                is_update = _is_update(before, article)
                meant += article.update
                found += is_update
                right += is_update and article.update
    return Updated(right, found, meant)


def _waited(before: list[NewsroomArticle], article: NewsroomArticle) -> bool:
    return (article.minutes - before[0].minutes) * 60 >= LEAST_WAIT.total_seconds()


def _is_update(before: list[NewsroomArticle], article: NewsroomArticle) -> bool:
    told = [prepared_newsroom()[one.id].keys for one in before]
    return update_of(told, [_report(article)]) is not None


def _report(article: NewsroomArticle) -> Report:
    prepared = prepared_newsroom()[article.id]
    source = Source(SourceId(1), SourceKind.FEED, "", article.outlet, None)
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
