"""The one place that turns an error into a sentence for the user and a line in the log."""

import structlog
from aiogram import Router
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat
from aiogram.types import ErrorEvent, Update

from bot.context import Context
from bot.delivery import is_of_topic, is_unreachable
from bot.errors import FetchError
from bot.i18n import Language
from bot.middlewares import answer_press
from bot.speaking import language_of
from bot.transient import is_passing
from digests.errors import SvodkaError
from digests.models import ChatId
from storage import subscribers

log = structlog.get_logger()


def make_router() -> Router:
    router = Router(name="errors")
    router.errors.register(answer_error, does_not_pass)
    return router


def does_not_pass(event: ErrorEvent) -> bool:
    """What passes is nobody's error: the update will be handled again."""
    return not is_passing(event.exception)


async def answer_error(event: ErrorEvent, context: Context) -> None:
    error, update = event.exception, event.update
    message = update.message or (update.callback_query.message if update.callback_query else None)
    chat = message.chat.id if message else None
    if isinstance(error, TelegramForbiddenError) and chat is not None:
        await subscribers.mark_unreachable(context.db, ChatId(chat), context.now())
        log.info("chat_unreachable", chat=chat)
        return
    if isinstance(error, TelegramMigrateToChat) and chat is not None:
        new = ChatId(error.migrate_to_chat_id)
        await subscribers.migrate_chat(context.db, ChatId(chat), new)
        log.info("chat_migrated", chat=chat, to=new)
        return
    if isinstance(error, TelegramBadRequest) and chat is not None and is_unreachable(error):
        await _note_muted(error, update, context, ChatId(chat))
        return
    if isinstance(error, SvodkaError):
        log.info("refused", update=update.update_id, chat=chat, cause=error.cause)
    else:
        log.error("handler_failed", update=update.update_id, chat=chat, exc_info=error)
    spoken = await language_of(context, ChatId(chat) if chat else None)
    if update.callback_query:
        await answer_press(update.callback_query, sentence(error, spoken), alert=True)
    elif update.message:
        await update.message.answer(sentence(error, spoken))


async def _note_muted(
    error: TelegramBadRequest, update: Update, context: Context, chat: ChatId
) -> None:
    """Where the bot may not write only a press can still be answered."""
    log.info("chat_muted", chat=chat, cause=error.message)
    if not is_of_topic(error):
        await subscribers.mark_unreachable(context.db, chat, context.now())
    if update.callback_query:
        spoken = await language_of(context, chat)
        await answer_press(update.callback_query, spoken.say("error.muted"), alert=True)


def sentence(error: BaseException, spoken: Language) -> str:
    """What went wrong and what to do, for the user."""
    if not isinstance(error, SvodkaError):
        return spoken.say("error.internal")
    if isinstance(error, FetchError):
        reason = str(error.values.get("reason", ""))
        key = f"error.fetch.{reason}"
        if spoken.has(key):
            return spoken.say(key)
        return spoken.say("error.fetch", reason=reason.replace("_", " ").upper())
    return spoken.say(
        error.code if spoken.has(error.code) else "error.internal", None, **error.values
    )
