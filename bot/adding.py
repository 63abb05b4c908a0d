"""Who may add which sources: administrators for everybody, others for themselves as far as the
settings go, at once or once an administrator says yes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.context import Context, Core
from bot.errors import (
    RequesterFullError,
    SourcesClosedError,
    TooManyRequestsError,
    TooManySourcesError,
)
from bot.fetching import Fetched
from bot.gathering import add_channel, add_feed
from bot.i18n import Language
from bot.rendering import Message, shortened
from bot.sent import add_link
from bot.settings import AccessPolicy
from bot.source_keyboards import request_keyboard
from bot.speaking import language_of
from digests.models import ChatId, Found, Source, SourceKind, Subscriber
from digests.sources.channel import channel_name
from storage import offers, sources, subscribers
from storage.articles import Added
from storage.offers import Offer
from storage.sources import Bulk

MOST_REQUESTS: Final = 50  # sources a chat may wait for at a time
NAMED: Final = 10  # of many sources, in a question and in its answer
TITLE_LETTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Right:
    """What a chat may do about sources."""

    owner: ChatId | None  # None: what it adds is everybody's
    asks: bool  # an administrator has to say yes first


def right_of(context: Context, subscriber: Subscriber, user: int | None) -> Right:
    """Administrators add for everybody in their private chat, in a group for the group.

    Raises SourcesClosedError.
    """
    if context.is_admin(user):
        return Right(None if subscriber.is_private else subscriber.chat_id, asks=False)
    policy = context.settings.private_sources
    if policy is AccessPolicy.CLOSED or (
        policy is AccessPolicy.APPROVAL and not context.admin_chats
    ):
        raise SourcesClosedError
    return Right(subscriber.chat_id, asks=policy is AccessPolicy.APPROVAL)


async def add_found(
    core: Core,
    found: Found,
    owner: ChatId | None,
    fetched: Fetched | None = None,
    notices: Iterable[tuple[ChatId, str]] = (),
) -> tuple[Source, Added]:
    """Make a source, or store the one article; `notices` tell of a channel that is heard. What
    everybody reads already is not read again for one: the shared source is the answer.

    Raises TooManySourcesError, and whatever reading it raises.
    """
    if found.kind is SourceKind.SENT:
        return await add_link(core, found.address, owner)
    if owner is not None:
        known = await sources.sources_at(core.db, found.kind, found.address)
        for source in known:
            if source.owner in {None, owner}:
                return source, Added()
        if await room_of(core, owner) < 1:
            raise TooManySourcesError
    if found.kind is SourceKind.POSTS:
        source, _ = await sources.add_source(
            core.db,
            found.kind,
            found.address,
            found.title,
            core.now(),
            owner=owner,
            notices=notices,
        )
        return source, Added()
    if found.kind is SourceKind.CHANNEL:
        name = channel_name("@" + found.address.rpartition("/")[2]) or ""
        return await add_channel(core, name, owner)
    return await add_feed(core, found.address, owner, fetched)


async def add_many(core: Core, found: Sequence[Found], owner: ChatId | None) -> Bulk:
    """Make sources of a list, unread: they are polled at once, each on its own, and their first
    articles are backlog."""
    room = None if owner is None else await room_of(core, owner)
    wanted = [one for one in found if one.kind is not SourceKind.SENT]
    return await sources.add_sources(core.db, wanted, core.now(), owner=owner, room=room)


async def room_of(core: Core, owner: ChatId) -> int:
    most = most_of(core, await subscribers.find_subscriber(core.db, owner))
    return max(0, most - await sources.count_own(core.db, owner))


def most_of(core: Core, subscriber: Subscriber | None) -> int:
    """How many sources of its own a chat may have: what an administrator said of it, else what
    the settings say of everybody."""
    said = subscriber.most_sources if subscriber else None
    return core.settings.most_private_sources if said is None else said


async def ask_for(context: Context, subscriber: Subscriber, found: Sequence[Found]) -> None:
    """Put it to the administrators. Raises TooManyRequestsError, TooManySourcesError."""
    chat = subscriber.chat_id
    if await room_of(context, chat) < 1:
        raise TooManySourcesError
    if await offers.count_asked(context.db, chat) + len(found) > MOST_REQUESTS:
        raise TooManyRequestsError(most=MOST_REQUESTS)
    spoken = {admin: await language_of(context, admin) for admin in context.admin_chats}
    who = subscriber.title or str(chat)

    def questions(batch: int, new: Sequence[Found]) -> list[tuple[ChatId, str]]:
        lines = [f"{one.title[:80]} — {one.address[:200]}" for one in new[:NAMED]]
        lines += [f"… + {len(new) - NAMED}"] if len(new) > NAMED else []
        asked = "\n".join(lines)
        told = []
        for admin, theirs in spoken.items():
            # The chat's number is what erasing finds the question by.
            text = theirs.say("sources.asked_admin", who=who, chat=chat, sources=asked)
            question = Message(text, keyboard=request_keyboard(batch, theirs))
            told.append((admin, question.to_json()))
        return told

    now = context.now()
    await offers.make_offers(context.db, chat, found, now, asked=True, notices=questions)
    context.outbox_filled.set()


@dataclass(frozen=True, slots=True)
class Decided:
    """What an administrator's word did to the sources somebody asked for."""

    done: tuple[Offer, ...]  # added, or refused
    left: int = 0  # there was no room for so many more


async def decide(context: Context, batch: int, *, owned: bool) -> Decided | None:
    """Add what was asked for, for who asked or for everybody, and tell them.

    None: there is no such request any more. Raises RequesterFullError: nothing fits.
    """
    asked = await offers.asked_offers(context.db, batch)
    if not asked:
        return None
    owner = asked[0].chat if owned else None
    added = await _add_asked(context, asked, owner)
    word = Decided(tuple(added), len(asked) - len(added))
    return await _close(context, asked, "sources.request_granted", word)


async def _add_asked(
    context: Context, asked: Sequence[Offer], owner: ChatId | None
) -> Sequence[Offer]:
    """Those that who asked can read now. Raises RequesterFullError."""
    if len(asked) == 1:
        try:
            await add_found(context, asked[0].found, owner)
        except TooManySourcesError as error:
            raise RequesterFullError(chat=asked[0].chat) from error
        return asked
    await add_many(context, [offer.found for offer in asked], owner)
    added = []
    for offer in asked:
        known = await sources.sources_at(context.db, offer.found.kind, offer.found.address)
        if any(source.owner in {None, owner} for source in known):
            added.append(offer)
    if not added:
        raise RequesterFullError(chat=asked[0].chat)
    return added


async def refuse(context: Context, batch: int) -> Decided | None:
    asked = await offers.asked_offers(context.db, batch)
    word = Decided(tuple(asked))
    return await _close(context, asked, "sources.request_refused", word) if asked else None


async def _close(
    context: Context, asked: Sequence[Offer], key: str, word: Decided
) -> Decided | None:
    chat = asked[0].chat
    notice = Message(decided(key, word, await language_of(context, chat))).to_json()
    closed = await offers.close_request(context.db, asked, [(chat, notice)], context.now())
    context.outbox_filled.set()
    return word if closed else None


def decided(key: str, word: Decided, spoken: Language) -> str:
    """The sentence `key` names some of the sources, and says how many more there are."""
    named = [shortened(offer.found.title, TITLE_LETTERS) for offer in word.done[:NAMED]]
    titles = ", ".join(spoken.say("sources.title", title=title) for title in named)
    if len(word.done) > NAMED:
        titles += " " + spoken.say("story.more", more=len(word.done) - NAMED)
    text = spoken.say(key, titles=titles)
    return f"{text} {spoken.say('sources.bulk_left', word.left)}" if word.left else text
