"""`/recap`: the week at once, and on which day it comes by itself."""

from typing import Final

from aiogram import Router
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.charts import picture
from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import say, show
from bot.i18n import Language
from bot.keyboards import button, keyboard
from bot.recapping import choose_recap, make_recap, render_recap
from bot.speaking import reader_for
from bot.subscribing import RECAP_AT
from digests.models import Subscriber
from storage import recaps

DAYS: Final = (5, 6, 0)  # of the week, 0 is Monday
NEVER: Final = -1


class PickRecap(CallbackData, prefix="recap"):
    day: int  # NEVER: none


def make_router() -> Router:
    router = Router(name="recap")
    router.message.register(tell_recap, Command("recap"))
    router.callback_query.register(pick_recap, PickRecap.filter(), flags={"changes": True})
    return router


async def tell_recap(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    recap = await make_recap(context, subscriber, context.now())
    told = render_recap(recap, reader_for(context, subscriber))
    photo = await picture(context, told.chart) if told.chart else None
    if photo:
        await message.answer_photo(photo, **told.as_caption())
    else:
        await say(message, told)
    day = await recaps.recap_day(context.db, subscriber.chat_id)
    await ask_for_day(message, spoken, day)


async def ask_for_day(event: Message | CallbackQuery, spoken: Language, chosen: int | None) -> None:
    question = spoken.say("recap.ask", at=f"{RECAP_AT:%H:%M}")
    await show(event, question, recap_keyboard(chosen, spoken))


def recap_keyboard(chosen: int | None, spoken: Language) -> InlineKeyboardMarkup:
    def label(name: str, *, is_chosen: bool) -> str:
        return f"✓ {name}" if is_chosen else name

    days = [
        button(label(spoken.day_name(day), is_chosen=day == chosen), PickRecap(day=day))
        for day in DAYS
    ]
    never = label(spoken.say("recap.never"), is_chosen=chosen is None)
    return keyboard([days, [button(never, PickRecap(day=NEVER))]])


async def pick_recap(
    press: CallbackQuery,
    callback_data: PickRecap,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    day = None if callback_data.day == NEVER else callback_data.day
    if day is not None and day not in DAYS:
        raise StaleButtonError
    await choose_recap(context, subscriber, day)
    await ask_for_day(press, spoken, day)
