"""Are the newsroom's articles grouped as its editors labelled them? B-cubed (Bagga, Baldwin 1998).

An event told in two languages is two stories: nothing lexical could join them (`semantic` can).
"""

import random
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.newsroom.articles import NewsroomArticle, load_newsroom
from digests.models import PreparedArticle
from evaluation.data import by_time, stored_newsroom

ORDERS: Final = 5


@dataclass(frozen=True)
class BCubed:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


async def grouped(
    batches: list[list[NewsroomArticle]], prepared: Mapping[str, PreparedArticle] | None = None
) -> dict[str, int]:
    """Newsroom id → story."""
    async with stored_newsroom(batches, prepared) as db:
        rows = await db.fetch_all("SELECT guid, story_id FROM article")
    return {row["guid"]: row["story_id"] for row in rows}


async def judge(batches: list[list[NewsroomArticle]]) -> BCubed:
    events = {a.id: (a.event, a.language) for a in load_newsroom().articles}
    return b_cubed(await grouped(batches), events)


async def agreement(hours: int) -> list[float]:
    """How nearly the stories stay the same, B-cubed F1, when the articles of so many hours arrive
    in a random order of theirs."""
    as_published = await grouped(by_time())
    kept = []
    for seed in range(ORDERS):
        chance = random.Random(seed)  # noqa: S311 - orders, not secrets
        batches = by_time()
        batches.sort(key=lambda batch: (batch[0].minutes // (60 * hours), chance.random()))
        kept.append(b_cubed(await grouped(batches), as_published).f1)
    return kept


def b_cubed(stories: Mapping[str, int], meant: Mapping[str, Hashable]) -> BCubed:
    precisions, recalls = [], []
    for one, story in stories.items():
        together = {other for other, its in stories.items() if its == story}
        same = {other for other in stories if meant[other] == meant[one]}
        precisions.append(len(together & same) / len(together))
        recalls.append(len(together & same) / len(same))
    return BCubed(sum(precisions) / len(stories), sum(recalls) / len(stories))
