"""How large each benchmark is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    articles: int = 100_000  # stored one after the other
    repeated: int = 1  # how often they stand in the filled database; copies cost no storing
    marks: tuple[int, ...] = (1_000, 10_000, 100_000)  # whose cost is told
    ingested: int = 2_000  # beside lemon24/reader
    queries: int = 200  # of each kind, beside bare SQLite
    subscribers: int = 10_000
    profiles: int = 50
    news: int = 8_000  # articles that digests are made of

    @property
    def held(self) -> int:
        """Articles in the filled database."""
        return self.articles * self.repeated


DEFAULT = Scale()
LARGE = Scale(repeated=10)
TINY = Scale(
    articles=600, marks=(300, 600), ingested=60, queries=4, subscribers=30, profiles=3, news=300
)  # to see that everything runs
