"""`@bot words` in any chat; and what was shared from there, which is no question to the bot."""

from aiogram import Bot, Router
from aiogram.types import InlineQuery, InlineQueryResultsButton, Message

from bot.context import Context
from bot.handlers.answering import answer_query
from bot.i18n import language
from bot.inline import asker_of, next_place, result_of, stories_to_share
from bot.pipeline import is_allowed
from bot.speaking import reader_for

START = "inline"  # the payload of /start behind the button


def make_router() -> Router:
    router = Router(name="inline")
    router.inline_query.register(offer)
    router.message.register(pass_over, is_shared_by_us, flags={"open": True})
    return router


async def offer(query: InlineQuery, context: Context) -> None:
    asker = await asker_of(context, query.from_user)
    spoken = language(asker.language)
    if not is_allowed(context, asker):
        button = InlineQueryResultsButton(text=spoken.say("inline.closed"), start_parameter=START)
        await answer_query(query, [], button=button)
        return
    found = await stories_to_share(context, asker, query.query, query.offset)
    if found is None or (not found.told and not query.offset):
        button = InlineQueryResultsButton(text=spoken.say("inline.none"), start_parameter=START)
        await answer_query(query, [], button=button)
        return
    reader, now = reader_for(context, asker), context.now()
    results = [result_of(told, reader, now) for told in found.told]
    await answer_query(query, results, next_place(found))


async def is_shared_by_us(message: Message, bot: Bot) -> bool:
    """Telegram tells the bot of its own results too; their words would be taken for a search."""
    return message.via_bot is not None and message.via_bot.id == bot.id


async def pass_over(_message: Message) -> None:
    """It speaks for itself."""
