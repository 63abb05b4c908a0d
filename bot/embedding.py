"""The optional extra in the running bot: new articles get their meaning before they are stored.

A worker of its own does it, so that neither parsing nor digests wait for the model. Where it fails
the articles are stored without: grouping by words is complete.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import structlog

from bot.context import Core
from bot.errors import SettingsError
from bot.settings import Settings
from bot.workers import Workers, start_workers
from digests.clustering import WINDOW
from digests.embedding import embed, is_installed, meant_text
from digests.models import PreparedArticle, Source
from digests.semantics import LANGUAGES
from storage import articles

log = structlog.get_logger()

TEXTS_A_JOB: Final = 16  # some 2 s
JOB_SECONDS: Final = 60.0
JOB_MEGABYTES: Final = 1024  # of addresses: the model is mapped, and its libraries reserve some


@contextmanager
def start_embedding(settings: Settings) -> Iterator[Workers | None]:
    """None: the extra is off. Raises SettingsError when it is on and not installed."""
    if settings.semantic == "off":
        yield None
        return
    if not is_installed():
        raise SettingsError(
            "SVODKA_SEMANTIC is on, but the extra is not installed. Install it with "
            "make semantic or pip install 'svodka[semantic]', or set SVODKA_SEMANTIC=off."
        )
    with start_workers(seconds=JOB_SECONDS, megabytes=JOB_MEGABYTES) as workers:
        yield workers


async def with_meaning(
    core: Core, source: Source, prepared: Sequence[PreparedArticle]
) -> Sequence[PreparedArticle]:
    """The same articles, the news among them with their meaning; some 0.1 s each."""
    if core.embedding is None:
        return prepared
    oldest = core.now() - WINDOW
    wanted = [
        article
        for article in await articles.unknown(core.db, source, prepared)
        if article.published >= oldest and article.language in LANGUAGES
    ]
    vectors: dict[str, bytes] = {}
    for start in range(0, len(wanted), TEXTS_A_JOB):
        some = wanted[start : start + TEXTS_A_JOB]
        try:
            texts = [meant_text(article.title, article.text) for article in some]
            found = await core.embedding.run(embed, texts)
        except Exception as error:  # noqa: BLE001 - whatever the model does, they are stored
            log.warning("embedding_failed", source=source.id, cause=str(error))
            break
        vectors |= zip((article.guid for article in some), found, strict=True)
    return [replace(article, meaning=vectors.get(article.guid)) for article in prepared]
