"""How article files come in: a watched folder, the command line, documents sent to the bot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from bot.context import Core
from bot.embedding import with_meaning
from bot.gathering import found_in
from bot.speaking import language_of
from digests.models import ChatId, SourceId, SourceKind
from digests.preparing import Batch, Rejection, prepare_files
from storage import articles, sources
from storage.articles import Added
from storage.boilerplate import boilerplate_of

log = structlog.get_logger()

FILES_A_BATCH: Final = 50
MOST_FILE_BYTES: Final = 5 * 1024 * 1024
FILE_ENDINGS: Final = frozenset({".txt", ".html", ".htm", ".opml"})

Version = tuple[int, int]  # mtime in ns, size


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some files."""

    added: Added
    rejected: tuple[Rejection, ...] = ()
    sources: int = 0  # new ones, out of lists


@dataclass
class SeenFiles:
    """Which versions of which files were read: the folder is looked at again and again."""

    versions: dict[Path, Version]

    def unread(self, folder: Path) -> list[tuple[Path, Version]]:
        """The files that are new or changed; a file that vanishes meanwhile is passed over."""
        found = []
        for path in sorted(path for path in folder.iterdir() if path.suffix in FILE_ENDINGS):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            version = (stat.st_mtime_ns, stat.st_size)
            if self.versions.get(path) != version:
                found.append((path, version))
        return found


async def read_folder(core: Core, folder: Path, seen: SeenFiles) -> Added:
    """Take in what is new in the watched folder; what failed to be stored is read again."""
    unread = [] if core.db.is_full else seen.unread(folder)
    added = Added()
    for start in range(0, len(unread), FILES_A_BATCH):
        batch = unread[start : start + FILES_A_BATCH]
        taken = await add_files(core, folder, [path for path, _ in batch])
        added += taken.added
        seen.versions.update(batch)
        for rejection in taken.rejected:
            log.warning("file_rejected", name=rejection.name, cause=rejection.code)
    if unread:
        log.info("folder_read", folder=str(folder), new=added.new, changed=added.changed)
    return added


async def add_files(core: Core, folder: Path, paths: Sequence[Path]) -> Taken:
    """Articles of files below `folder`, which is their source, and everybody's sources out of
    lists of feeds; a link counts where it stands."""
    contents = []
    rejected = []
    for path in paths:
        try:
            if path.stat().st_size > MOST_FILE_BYTES:
                rejected.append(Rejection(path.name, "error.too_large"))
                continue
            contents.append((path.relative_to(folder).as_posix(), path.read_bytes()))
        except OSError as error:
            log.warning("file_unreadable", name=path.name, cause=str(error))
            rejected.append(Rejection(path.name, "error.unreadable"))
    source, is_new = await sources.add_source(
        core.db, SourceKind.FILES, str(folder), folder.name or str(folder), core.now()
    )
    batch = await prepare_contents(core, contents, source.id)
    prepared = await with_meaning(core, source, batch.prepared)
    arrived = None if is_new else core.now()
    added = await articles.add_articles(core.db, source, prepared, arrived, stored=core.now())
    found = [found_in(core, outline) for outline in batch.outlines]
    listed = await sources.add_sources(core.db, found, core.now())
    return Taken(added, (*rejected, *batch.rejected), listed.added)


async def add_document(
    core: Core, data: bytes, name: str, owner: ChatId | None
) -> tuple[Added, tuple[Rejection, ...]]:
    """An article file sent to the bot. The sender's file name identifies nothing."""
    batch = await prepare_contents(core, [(name, data)])
    prepared = [replace(article, guid=article.fingerprint) for article in batch.prepared]
    title = (await language_of(core, owner)).say("source.documents")
    source, _ = await sources.add_source(
        core.db, SourceKind.FILES, "documents", title, core.now(), owner=owner
    )
    embedded = await with_meaning(core, source, prepared)
    added = await articles.add_articles(core.db, source, embedded, core.now())
    return added, batch.rejected


async def prepare_contents(
    core: Core, contents: Sequence[tuple[str, bytes]], source: SourceId | None = None
) -> Batch:
    """`source` None: files of no common source, which teach nothing of each other."""
    known = await boilerplate_of(core.db, source) if source else frozenset()
    return await core.parsers.run(prepare_files, contents, core.now(), core.settings.zone, known)
