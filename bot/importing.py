"""Subscriptions taken over from elsewhere: lists of feeds, and the databases of other bots.

What administrators read there becomes everybody's; what other chats read stays their own, so that
nobody learns from an import what somebody else reads.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bot.context import Core
from bot.errors import TooLargeError
from bot.files import MOST_FILE_BYTES
from bot.gathering import found_in
from bot.starters import starter
from digests.errors import NotOpmlError
from digests.models import ChatId, Found
from digests.sources.addresses import web_address
from digests.sources.document import read_outlines
from digests.sources.opml import Outline
from digests.text.characters import clean_title
from storage import sources, subscribers
from storage.errors import UnknownFormatError
from storage.foreign import MAGIC, Subscription, read_foreign
from storage.sources import Bulk


@dataclass
class Imported:
    """What an import did."""

    shared: Bulk = field(default_factory=Bulk)
    private: Bulk = field(default_factory=Bulk)
    chats: int = 0  # that have sources of their own from it
    program: str | None = None  # None: a list
    lost: dict[str, int] = field(default_factory=dict)  # what could not be carried over

    def lines(self, name: str) -> list[str]:
        """The report, for a terminal."""
        known = self.shared.known + self.private.known
        head = f"{name}: {self.shared.added} sources for everybody"
        if self.program:
            head = f"{head}, {self.private.added} for {self.chats} chats of {self.program}"
        lines = [f"{head}; {known} known already. They are read once the bot runs."]
        if self.lost:
            lines.append("  Not carried over:")
            lines += [f"    {what}: {count}" for what, count in self.lost.items()]
        return lines


async def import_starter(core: Core, code: str) -> Imported:
    return Imported(shared=await sources.add_sources(core.db, starter(code), core.now()))


async def import_file(core: Core, path: Path) -> Imported:
    """Raises UnknownFormatError, TooLargeError, NotOpmlError."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
            if head == MAGIC:
                return await _import_database(core, path)
            data = head + file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise UnknownFormatError(path=str(path), cause=str(error)) from error
    if len(data) > MOST_FILE_BYTES:
        raise TooLargeError
    outlines = await core.parsers.run(read_outlines, data)
    if not outlines:
        raise NotOpmlError
    found = [found_in(core, outline) for outline in outlines]
    return Imported(shared=await sources.add_sources(core.db, found, core.now()))


async def _import_database(core: Core, path: Path) -> Imported:
    foreign = read_foreign(path)
    lost = Counter(foreign.lost)
    read: defaultdict[ChatId, list[Found]] = defaultdict(list)
    kinds: dict[ChatId, str] = {}
    for one in foreign.subscriptions:
        found = _found(core, one)
        if found is None:
            lost["addresses that are none"] += 1
            continue
        read[one.chat].append(found)
        kinds[one.chat] = one.kind
    admins = [chat for chat in read if chat in core.settings.admins]
    everybodys = [found for chat in admins for found in read.pop(chat)]
    done = Imported(program=foreign.program, lost=dict(lost))
    done.shared = await sources.add_sources(core.db, everybodys, core.now())
    for chat, theirs in read.items():
        await _know(core, chat, kinds[chat])
        done.private += await sources.add_sources(core.db, theirs, core.now(), owner=chat)
        done.chats += 1
    return done


async def _know(core: Core, chat: ChatId, kind: str) -> None:
    """A chat that never wrote to this bot gets no access by an import, only its sources."""
    if await subscribers.find_subscriber(core.db, chat) is None:
        language, zone = core.settings.default_language, core.settings.default_timezone
        await subscribers.add_subscriber(core.db, chat, kind, "", language, zone, core.now())


def _found(core: Core, one: Subscription) -> Found | None:
    address = web_address(one.address)
    if address is None:
        return None
    return found_in(core, Outline(clean_title(one.title or "") or address, address))
