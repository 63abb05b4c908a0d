"""What is kept of a chat, for how long, and how all of it goes."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message, Update

from bot.context import Context
from bot.handlers.answering import headed, show
from bot.i18n import Language
from bot.keyboards import Erase, erasing_keyboard
from bot.pipeline import MESSAGES_KEPT, VOTES_KEPT
from bot.subscribing import erase
from digests.models import Access, Subscriber
from storage.updates import KEPT


def make_router() -> Router:
    router = Router(name="privacy")
    flags = {"changes": True, "open": True}
    router.message.register(tell_privacy, Command("privacy"), flags={"open": True})
    router.message.register(ask_erasing, Command("delete_me"), flags=flags)
    router.callback_query.register(erase_all, Erase.filter(F.wanted), flags=flags)
    router.callback_query.register(keep_all, Erase.filter(~F.wanted), flags=flags)
    return router


async def tell_privacy(message: Message, context: Context, spoken: Language) -> None:
    await message.answer(
        spoken.say(
            "privacy.text",
            told=spoken.say("privacy.days", MESSAGES_KEPT.days),
            votes=spoken.say("privacy.days", VOTES_KEPT.days),
            articles=spoken.say("privacy.days", context.settings.keep_days),
            updates=spoken.say("privacy.hours", int(KEPT.total_seconds()) // 3600),
            copies=spoken.say("privacy.days", context.settings.backup_days),
        )
    )


async def ask_erasing(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    copies = spoken.say("privacy.days", context.settings.backup_days)
    question = headed(subscriber, spoken, spoken.say("erase.ask", copies=copies))
    await show(message, question, erasing_keyboard(spoken))


async def erase_all(
    press: CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    event_update: Update,
) -> None:
    await erase(context, subscriber.chat_id, event_update.update_id)
    copies = spoken.say("privacy.days", context.settings.backup_days)
    refused = subscriber.access is Access.REFUSED
    done = spoken.say("erase.done_refused" if refused else "erase.done", copies=copies)
    await show(press, headed(subscriber, spoken, done))


async def keep_all(press: CallbackQuery, subscriber: Subscriber, spoken: Language) -> None:
    await show(press, headed(subscriber, spoken, spoken.say("erase.kept")))
