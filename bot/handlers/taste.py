"""/taste: what was learnt from 👍 and 👎, and how to forget it."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.context import Context
from bot.digest_keyboards import ResetTaste, taste_keyboard
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import Go
from bot.tasting import describe, learnt
from digests.models import Subscriber
from storage import votes


def make_router() -> Router:
    router = Router(name="taste")
    router.message.register(tell_taste, Command("taste"))
    router.callback_query.register(show_taste, Go.filter(F.page == "taste"))
    router.callback_query.register(reset, ResetTaste.filter(), flags={"changes": True})
    return router


async def tell_taste(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await _show(message, context, subscriber, spoken)


async def show_taste(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await _show(press, context, subscriber, spoken)


async def _show(
    event: Message | CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    described = describe(await learnt(context, subscriber.chat_id), spoken)
    if not described:
        await show(event, spoken.say("taste.nothing"))
        return
    await show(
        event, spoken.say("taste.shown", taste=described), taste_keyboard(spoken, sure=False)
    )


async def reset(
    press: CallbackQuery,
    callback_data: ResetTaste,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if not callback_data.sure:
        await show(press, spoken.say("taste.ask"), taste_keyboard(spoken, sure=True))
        return
    await votes.forget_taste(context.db, subscriber.chat_id)
    await show(press, spoken.say("taste.forgotten"))
