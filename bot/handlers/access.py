"""The administrators' two buttons under a request to be let in."""

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import Access
from bot.subscribing import decide_access
from digests.models import ChatId


def make_router() -> Router:
    router = Router(name="access")
    router.callback_query.register(decide, Access.filter(), flags={"admin": True, "open": True})
    return router


async def decide(
    press: CallbackQuery, callback_data: Access, context: Context, spoken: Language
) -> None:
    chat = ChatId(callback_data.chat)
    subscriber = await decide_access(context, chat, granted=callback_data.granted)
    if subscriber is None:
        raise StaleButtonError
    key = "access.let_in_done" if callback_data.granted else "access.refused_done"
    await show(press, spoken.say(key, who=subscriber.title or chat))
