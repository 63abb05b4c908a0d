"""A channel's digests, set up in the private chat of whoever is an administrator of both."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.context import Context
from bot.errors import NotAllowedError, StaleButtonError
from bot.handlers.settings import show_settings
from bot.handlers.starting import begin
from bot.i18n import Language, language
from bot.keyboards import Go, ManageChannel
from bot.middlewares import is_chat_admin
from digests.models import Access, ChatId, Subscriber
from storage import schedules, subscribers


def make_router() -> Router:
    router = Router(name="managing")
    private = F.message.chat.type == "private"
    router.callback_query.register(manage, ManageChannel.filter(), private)
    router.callback_query.register(back_to_self, Go.filter(F.page == "self"), private)
    return router


async def manage(
    press: CallbackQuery, callback_data: ManageChannel, context: Context, subscriber: Subscriber
) -> None:
    """From now on the menus here are the channel's; who has access brings it to their channel."""
    chat = ChatId(callback_data.chat)
    if not await is_chat_admin(context.bot, chat, press.from_user):
        raise NotAllowedError
    if not isinstance(press.message, Message):
        raise StaleButtonError
    channel = await _known(context, chat, subscriber)
    spoken = language(channel.language)
    context.act_for(subscriber.chat_id, chat)
    context.expect(subscriber.chat_id, None)
    if await schedules.schedules_of(context.db, chat):
        await show_settings(press.message, context, channel, spoken)
    else:
        await begin(press.message, context, channel, spoken)


async def _known(context: Context, chat: ChatId, person: Subscriber) -> Subscriber:
    """The channel, made known with the language and zone of the person."""
    told = await context.bot.get_chat(chat)
    if told.type != "channel":
        raise StaleButtonError
    channel = await subscribers.add_subscriber(
        context.db, chat, told.type, told.title or "", person.language, person.zone, context.now()
    )
    if channel.access is Access.REFUSED:
        raise NotAllowedError
    await subscribers.set_access(context.db, chat, Access.GRANTED)
    return channel


async def back_to_self(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.act_for(subscriber.chat_id, None)
    await show_settings(press, context, subscriber, spoken)
