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
from bot.i18n import language
from bot.rendering import Message
from bot.sent import add_link
from bot.settings import AccessPolicy
from bot.source_keyboards import request_keyboard
from digests.models import ChatId, Found, Source, SourceKind, Subscriber
from digests.sources.channel import channel_name
from storage import offers, sources, subscribers
from storage.articles import Added
from storage.offers import Offer
from storage.sources import Bulk

MOST_REQUESTS: Final = 50  # sources a chat may wait for at a time
NAMED: Final = 10  # of many sources, in a question to the administrators


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
    spoken = language(context.settings.default_language)
    who = subscriber.title or str(chat)

    def questions(batch: int, new: Sequence[Found]) -> list[tuple[ChatId, str]]:
        lines = [f"{one.title[:80]} — {one.address[:200]}" for one in new[:NAMED]]
        lines += ["…"] if len(new) > NAMED else []
        # The chat's number is what erasing finds the question by.
        text = spoken.say("sources.asked_admin", who=who, chat=chat, sources="\n".join(lines))
        question = Message(text, keyboard=request_keyboard(batch, spoken)).to_json()
        return [(admin, question) for admin in context.admin_chats]

    now = context.now()
    await offers.make_offers(context.db, chat, found, now, asked=True, notices=questions)
    context.outbox_filled.set()


async def decide(context: Context, batch: int, *, owned: bool) -> list[Offer] | None:
    """Add what was asked for, for who asked or for everybody, and tell them.

    None: there is no such request any more. Raises RequesterFullError.
    """
    asked = await offers.asked_offers(context.db, batch)
    if not asked:
        return None
    chat = asked[0].chat
    found = [offer.found for offer in asked]
    owner = chat if owned else None
    if owner is not None and await room_of(context, owner) < 1:
        raise RequesterFullError(chat=chat)
    if len(found) == 1:
        await add_found(context, found[0], owner)
    else:
        await add_many(context, found, owner)
    return await _close(context, asked, "sources.request_granted")


async def refuse(context: Context, batch: int) -> list[Offer] | None:
    asked = await offers.asked_offers(context.db, batch)
    return await _close(context, asked, "sources.request_refused") if asked else None


async def _close(context: Context, asked: list[Offer], key: str) -> list[Offer] | None:
    chat = asked[0].chat
    subscriber = await subscribers.find_subscriber(context.db, chat)
    titles = ", ".join(f"«{offer.found.title[:60]}»" for offer in asked[:NAMED])
    code = subscriber.language if subscriber else context.settings.default_language
    notice = Message(language(code).say(key, titles=titles)).to_json()
    closed = await offers.close_request(context.db, asked, [(chat, notice)], context.now())
    context.outbox_filled.set()
    return asked if closed else None
