"""Why stories are in a digest: `/why` for the last one or in reply to one."""

import json

from aiogram import Bot, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.context import Context
from bot.digest_keyboards import Why, reasons_keyboard
from bot.errors import StaleButtonError
from bot.handlers.answering import replied_to, say, show
from bot.i18n import Language
from bot.reasons import explain, render_reasons
from bot.rendering import Reader
from digests.models import ChatId, Subscriber
from storage import telling


def make_router() -> Router:
    router = Router(name="reasons")
    router.message.register(tell_why, Command("why"))
    router.callback_query.register(turn, Why.filter())
    return router


async def tell_why(message: Message, context: Context, spoken: Language, reader: Reader) -> None:
    chat, replied = ChatId(message.chat.id), replied_to(message)
    number = replied.message_id if replied else None
    explained = await explain(context, chat, number)
    if not explained:
        await message.answer(spoken.say(await _why_nothing(context, chat, number)))
        return
    await say(message, render_reasons(explained, reader))


async def _why_nothing(context: Context, chat: ChatId, number: int | None) -> str:
    """The key of the sentence that says why there is nothing to explain."""
    if number is not None and await telling.page_of(context.db, chat, number) is None:
        return "why.no_digest"
    told = number is not None or await telling.was_told(context.db, chat)
    return "why.gone" if told else "why.none"


async def turn(
    press: CallbackQuery,
    callback_data: Why,
    context: Context,
    bot: Bot,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    """Digests sent before their items had numbers: to the reasons and back, in place."""
    if not isinstance(press.message, Message) or not subscriber.is_private:
        raise StaleButtonError
    chat, number = subscriber.chat_id, press.message.message_id
    if callback_data.back:
        shown = await telling.page_of(context.db, chat, number)
        if shown is None:
            raise StaleButtonError
        await bot.edit_message_text(
            chat_id=chat, message_id=number, parse_mode=None, **json.loads(shown.content)
        )
        return
    explained = await explain(context, chat, number)
    if not explained:
        raise StaleButtonError
    await show(press, render_reasons(explained, reader, reasons_keyboard(spoken)))
