"""What a chat reads, as files to take elsewhere."""

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import BufferedInputFile, Message

from bot.context import Context
from bot.exporting import as_json, as_opml, exported
from bot.i18n import Language
from digests.models import Subscriber


def make_router() -> Router:
    router = Router(name="exporting")
    router.message.register(export, Command("export"))
    return router


async def export(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    found = await exported(context.db, subscriber.chat_id)
    for name, data in (("opml", as_opml(found)), ("json", await as_json(found))):
        file = BufferedInputFile(data, f"svodka.{name}")
        caption = spoken.say("export.opml" if name == "opml" else "export.json")
        await message.answer_document(file, caption=caption)
