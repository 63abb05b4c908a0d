"""The administrators' list of messages whose fate is unknown, with two buttons for each."""

import json

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import DecideHeld, button, keyboard
from digests.models import DeliveryId
from storage import outbox
from storage.outbox import Held

MOST_SHOWN = 10
LABEL_LETTERS = 40


def make_router() -> Router:
    router = Router(name="held")
    router.message.register(list_held, Command("held"), flags={"admin": True})
    router.callback_query.register(decide_held, DecideHeld.filter(), flags={"admin": True})
    return router


async def list_held(message: Message, context: Context, spoken: Language) -> None:
    await show_held(message, context, spoken)


async def show_held(event: Message | CallbackQuery, context: Context, spoken: Language) -> None:
    found, count = await outbox.held(context.db, MOST_SHOWN)
    if not found:
        await show(event, spoken.say("held.none"))
        return
    await show(event, spoken.say("held.list", count=count), held_keyboard(found))


def held_keyboard(found: list[Held]) -> InlineKeyboardMarkup:
    return keyboard(
        [
            button(f"↻ {_label(one)}", DecideHeld(delivery=one.id, resend=True)),
            button("✓", DecideHeld(delivery=one.id, resend=False)),
        ]
        for one in found
    )


def _label(one: Held) -> str:
    text = " ".join(str(json.loads(one.content).get("text", "")).split())
    return f"{one.title or one.chat_id}: {text}"[:LABEL_LETTERS]


async def decide_held(
    press: CallbackQuery, callback_data: DecideHeld, context: Context, spoken: Language
) -> str:
    delivery, resend = DeliveryId(callback_data.delivery), callback_data.resend
    decided = await outbox.decide_held(context.db, delivery, context.now(), resend=resend)
    context.outbox_filled.set()
    await show_held(press, context, spoken)
    if not decided:
        raise StaleButtonError
    return spoken.say("held.resent" if resend else "held.settled")
