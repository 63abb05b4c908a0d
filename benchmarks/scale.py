"""How large each benchmark is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    articles: int = 100_000  # in the filled database
    marks: tuple[int, ...] = (1_000, 10_000, 100_000)  # whose cost is told
    ingested: int = 2_000  # beside lemon24/reader
    queries: int = 200  # of each kind, beside bare SQLite
    subscribers: int = 10_000
    profiles: int = 50
    news: int = 8_000  # articles that digests are made of


DEFAULT = Scale()
LARGE = Scale(articles=1_000_000, marks=(1_000, 10_000, 100_000, 1_000_000))
TINY = Scale(600, (300, 600), 60, 4, 30, 3, 300)  # to see that everything runs
