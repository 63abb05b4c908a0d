"""`/admin`: the state of the bot on one page, and a page for each part of it."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message

from bot import __version__
from bot.adding import most_of
from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import Row, ShowMembers, button, in_rows, keyboard
from bot.rendering import shortened
from bot.source_keyboards import RetrySource
from bot.subscribing import decide_access, latest
from bot.troubles import trouble
from digests.models import Access, ChatId, Subscriber
from storage import figures, sources, subscribers
from storage.backups import backups_in, made_at
from storage.figures import Figures, read_figures

A_PAGE = 8
TITLE_LETTERS = 40
LIMITS = (0, 20, 100)  # sources of its own that a chat may have
PAGES = ("chats", "deliveries", "sources", "stories", "backups")


class Admin(CallbackData, prefix="admin"):
    page: str  # home, or one of PAGES
    offset: int = 0


class AdminChat(CallbackData, prefix="chat"):
    chat: int


class Limit(CallbackData, prefix="limit"):
    chat: int
    most: int  # sources of its own


class Ban(CallbackData, prefix="ban"):
    chat: int
    banned: bool


def make_router() -> Router:
    router = Router(name="admin")
    admin = {"admin": True}
    router.message.register(open_home, Command("admin"), flags=admin)
    for page, handler in (
        ("home", show_home),
        ("chats", show_chats),
        ("deliveries", show_deliveries),
        ("sources", show_sources),
        ("stories", show_stories),
        ("backups", show_backups),
    ):
        router.callback_query.register(handler, Admin.filter(F.page == page), flags=admin)
    router.callback_query.register(show_chat, AdminChat.filter(), flags=admin)
    router.callback_query.register(limit, Limit.filter(), flags=admin)
    router.callback_query.register(ban, Ban.filter(), flags=admin)
    return router


async def open_home(message: Message, context: Context, spoken: Language) -> None:
    await _home(message, context, spoken)


async def show_home(press: CallbackQuery, context: Context, spoken: Language) -> None:
    await _home(press, context, spoken)


async def _home(event: Message | CallbackQuery, context: Context, spoken: Language) -> None:
    found = await read_figures(context.db, context.now())
    pages = [button(spoken.say(f"admin.page.{page}"), Admin(page=page)) for page in PAGES]
    again = button(spoken.say("admin.again"), Admin(page="home"))
    text = spoken.say(
        "admin.home",
        version=__version__,
        subscribed=found.subscribed,
        chats=found.subscribers,
        unreachable=found.unreachable,
        articles=found.articles,
        stories=found.stories,
        sources=_sources_line(found, spoken),
        outbox=_outbox_line(found, context, spoken),
        due=found.digests_due,
    )
    await show(event, text, keyboard([*in_rows(pages, 2), [again]]))


def _sources_line(found: Figures, spoken: Language) -> str:
    return " · ".join(
        spoken.say(f"admin.source.{state}", number=count)
        for state, count in found.sources.items()
        if count or state == "healthy"
    )


def _outbox_line(found: Figures, context: Context, spoken: Language) -> str:
    line = spoken.say("admin.under_way", sum(found.outbox.values()))
    if found.outbox_since:
        line += " · " + spoken.age(found.outbox_since, context.now())
    return line


# --- chats -----------------------------------------------------------------------------------


async def show_chats(
    press: CallbackQuery, callback_data: Admin, context: Context, spoken: Language
) -> None:
    offset = max(0, callback_data.offset)
    found = await figures.list_chats(context.db, A_PAGE + 1, offset)
    rows = [[button(_label(one), AdminChat(chat=one.chat_id))] for one in found[:A_PAGE]]
    await show(
        press,
        spoken.say("admin.chats_page"),
        keyboard([*rows, _pager("chats", offset, more=len(found) > A_PAGE), _back(spoken)]),
    )


def _label(one: Subscriber) -> str:
    mark = "🚫" if one.access is Access.REFUSED else "💤" if one.unreachable else "•"
    return f"{mark} {shortened(one.title or str(one.chat_id), TITLE_LETTERS)}"


async def show_chat(
    press: CallbackQuery, callback_data: AdminChat, context: Context, spoken: Language
) -> None:
    await _show_chat(press, ChatId(callback_data.chat), context, spoken)


async def _show_chat(
    press: CallbackQuery, chat: ChatId, context: Context, spoken: Language
) -> None:
    one = await subscribers.find_subscriber(context.db, chat)
    if one is None:
        raise StaleButtonError
    banned = one.access is Access.REFUSED
    topics = await subscribers.topics_of(context.db, chat)
    most = most_of(context, one)
    text = spoken.say(
        "admin.chat",
        title=one.title or chat,
        chat=chat,
        kind=spoken.say(f"admin.kind.{one.kind}"),
        zone=spoken.city(one.zone),
        access=spoken.say(f"admin.access.{one.access}"),
        digests=spoken.say("admin.yes" if one.subscribed else "admin.no"),
        reachable=spoken.say("admin.no" if one.unreachable else "admin.yes"),
        topics=len(topics),
        own=await sources.count_own(context.db, chat),
        most=most,
    )
    key = "admin.unban" if banned else "admin.ban"
    change = button(spoken.say(key), Ban(chat=chat, banned=not banned))
    change_row = [] if context.is_admin(chat) else [change]
    limits = [
        button(f"{'✓ ' * (number == most)}🗂 {number}", Limit(chat=chat, most=number))
        for number in LIMITS
    ]
    back = [button(spoken.say("menu.back"), Admin(page="chats"))]
    await show(press, text, keyboard([limits, change_row, back]))


async def limit(
    press: CallbackQuery, callback_data: Limit, context: Context, spoken: Language
) -> None:
    """How many sources of its own this chat may have; those it has stay."""
    if callback_data.most not in LIMITS:
        raise StaleButtonError
    chat = ChatId(callback_data.chat)
    await subscribers.set_most_sources(context.db, chat, callback_data.most)
    await _show_chat(press, chat, context, spoken)


async def ban(press: CallbackQuery, callback_data: Ban, context: Context, spoken: Language) -> None:
    """A banned chat gets neither answers nor digests; what it chose is kept."""
    chat = ChatId(callback_data.chat)
    if callback_data.banned and context.is_admin(chat):
        raise StaleButtonError
    if await decide_access(context, chat, granted=not callback_data.banned) is None:
        raise StaleButtonError
    await _show_chat(press, chat, context, spoken)


# --- the other pages -------------------------------------------------------------------------


async def show_deliveries(press: CallbackQuery, context: Context, spoken: Language) -> None:
    found = await read_figures(context.db, context.now())
    states = "\n".join(
        spoken.say("admin.state", name=spoken.say(f"admin.delivery.{state}"), number=count)
        for state, count in found.outbox.items()
    )
    failed = "\n".join(
        f"• {one.chat_id}: {one.error}, {spoken.age(one.created, context.now())}"
        for one in await figures.last_failures(context.db)
    )
    text = spoken.say("admin.deliveries_page", states=states, failed=failed or "—")
    await show(press, text, keyboard([_back(spoken)]))


async def show_sources(
    press: CallbackQuery, callback_data: Admin, context: Context, spoken: Language
) -> None:
    offset = max(0, callback_data.offset)
    found = await figures.ailing_sources(context.db, A_PAGE + 1, offset)
    lines = [_ailing_line(one, context, spoken) for one in found[:A_PAGE]]
    rows = [
        [button(f"↻ {shortened(one.title, TITLE_LETTERS)}", RetrySource(source=one.id))]
        for one in found[:A_PAGE]
    ]
    text = "\n".join([spoken.say("admin.sources_page"), "", *(lines or ["—"])])
    pager = _pager("sources", offset, more=len(found) > A_PAGE)
    await show(press, text, keyboard([*rows, pager, _back(spoken)]))


def _ailing_line(one: figures.Ailing, context: Context, spoken: Language) -> str:
    mark = "⏸" if one.parked else "⚠️"
    last = spoken.age(one.last_success, context.now()) if one.last_success else "—"
    error = trouble(one.error, spoken)
    return f"{mark} {shortened(one.title, 60)}: {error} × {one.failures}, ✓ {last}"


async def show_stories(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """The latest, with how many articles each has; a press shows them, to split or merge."""
    found = await latest(context, subscriber.chat_id, A_PAGE)
    rows = [
        [
            button(
                f"{len(story.articles)} · {shortened(story.lead.title, TITLE_LETTERS)}",
                ShowMembers(story=story.id),
            )
        ]
        for story in found.stories
    ]
    await show(press, spoken.say("admin.stories_page"), keyboard([*rows, _back(spoken)]))


async def show_backups(press: CallbackQuery, context: Context, spoken: Language) -> None:
    settings, now = context.settings, context.now()
    if not settings.backup_hours:
        await show(press, spoken.say("admin.backups_off"), keyboard([_back(spoken)]))
        return
    found = backups_in(settings.backup_folder, context.db.path)
    lines = [
        f"• {spoken.age(at, now)}, {one.stat().st_size / 1e6:.1f} MB"
        for one in found
        if (at := made_at(one))
    ]
    text = spoken.say(
        "admin.backups_page", hours=settings.backup_hours, kept=settings.backups_kept,
        list="\n".join(lines[:A_PAGE]) or "—",
    )  # fmt: skip
    await show(press, text, keyboard([_back(spoken)]))


def _pager(page: str, offset: int, *, more: bool) -> Row:
    row: Row = []
    if offset:
        row.append(button("⬅️", Admin(page=page, offset=max(0, offset - A_PAGE))))
    if more:
        row.append(button("➡️", Admin(page=page, offset=offset + A_PAGE)))
    return row


def _back(spoken: Language) -> Row:
    return [button(spoken.say("menu.back"), Admin(page="home"))]
