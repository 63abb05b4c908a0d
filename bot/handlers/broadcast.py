"""`/broadcast`: a preview, how many would get it, and two buttons."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message, Update

from bot.broadcasting import audience, said
from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import say, show
from bot.i18n import Language
from bot.keyboards import button, keyboard
from digests.models import Subscriber
from storage import broadcasts


class Broadcast(CallbackData, prefix="cast"):
    number: int
    send: bool


def make_router() -> Router:
    router = Router(name="broadcast")
    router.message.register(draft, Command("broadcast"), flags={"admin": True})
    router.callback_query.register(decide, Broadcast.filter(), flags={"admin": True})
    return router


async def draft(
    message: Message,
    event_update: Update,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    content, now = said(message), context.now()
    number = event_update.update_id
    await broadcasts.add_draft(context.db, number, subscriber.chat_id, content.to_json(), now)
    get, miss = await broadcasts.count_recipients(context.db, audience(context), now)
    await say(message, content)
    send = button(spoken.say("broadcast.send", get), Broadcast(number=number, send=True))
    drop = button(spoken.say("broadcast.drop"), Broadcast(number=number, send=False))
    question = spoken.say("broadcast.ask", get, miss=miss)
    await show(message, question, keyboard([[send] if get else [], [drop]]))


async def decide(
    press: CallbackQuery, callback_data: Broadcast, context: Context, spoken: Language
) -> None:
    number = callback_data.number
    if callback_data.send:
        done = await broadcasts.confirm(context.db, number, context.now())
    else:
        done = await broadcasts.drop_draft(context.db, number)
    if not done:
        raise StaleButtonError
    key = "broadcast.confirmed" if callback_data.send else "broadcast.dropped"
    await show(press, spoken.say(key))
