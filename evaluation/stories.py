"""Are the newsroom's articles grouped as its editors labelled them? B-cubed (Bagga, Baldwin 1998).

An event told in two languages is two stories: nothing lexical could join them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.newsroom.articles import NewsroomArticle, load_newsroom
from evaluation.data import stored_newsroom


@dataclass(frozen=True)
class BCubed:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


async def grouped(batches: list[list[NewsroomArticle]]) -> dict[str, int]:
    """Newsroom id → story."""
    async with stored_newsroom(batches) as db:
        rows = await db.fetch_all("SELECT guid, story_id FROM article")
    return {row["guid"]: row["story_id"] for row in rows}


async def judge(batches: list[list[NewsroomArticle]]) -> BCubed:
    return b_cubed(await grouped(batches), load_newsroom().articles)


def b_cubed(stories: dict[str, int], articles: Sequence[NewsroomArticle]) -> BCubed:
    events = {article.id: (article.event, article.language) for article in articles}
    precisions, recalls = [], []
    for one, story in stories.items():
        together = {other for other, its in stories.items() if its == story}
        meant = {other for other in stories if events[other] == events[one]}
        precisions.append(len(together & meant) / len(together))
        recalls.append(len(together & meant) / len(meant))
    return BCubed(sum(precisions) / len(stories), sum(recalls) / len(stories))
