"""/saved: what was put aside, page by page, with a button to remove each and a weekly reminder."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.context import Context
from bot.digest_keyboards import DropSaved, PickReminder, TurnSaved
from bot.handlers.answering import show
from bot.i18n import Language
from bot.reminding import saved_page, want_reminder
from bot.rendering import Reader
from digests.models import Subscriber
from storage import saved


def make_router() -> Router:
    router = Router(name="saved")
    router.message.register(tell_saved, Command("saved"))
    press = router.callback_query
    press.register(turn, TurnSaved.filter())
    press.register(drop, DropSaved.filter(), flags={"changes": True})
    press.register(pick_reminder, PickReminder.filter(), flags={"changes": True})
    return router


async def tell_saved(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language, reader: Reader
) -> None:
    await _show(message, context, subscriber, spoken, reader, 0)


async def turn(
    press: CallbackQuery,
    callback_data: TurnSaved,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    await _show(press, context, subscriber, spoken, reader, callback_data.offset)


async def drop(
    press: CallbackQuery,
    callback_data: DropSaved,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    await saved.drop(context.db, subscriber.chat_id, callback_data.saved)
    await _show(press, context, subscriber, spoken, reader, callback_data.offset)
    return spoken.say("saved.removed")


async def pick_reminder(
    press: CallbackQuery,
    callback_data: PickReminder,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    wanted = callback_data.wanted
    await want_reminder(context, subscriber, wanted=wanted)
    await _show(press, context, subscriber, spoken, reader, callback_data.offset)
    return spoken.say("saved.remind_on" if wanted else "saved.remind_off")


async def _show(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
    offset: int,
) -> None:
    page = await saved_page(context, subscriber.chat_id, reader, max(0, min(offset, 10_000)))
    await show(event, page or spoken.say("saved.none"))
