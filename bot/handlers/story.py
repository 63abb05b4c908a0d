"""More on a story: from a list in place and back, from a digest below it; topics by one tap."""

from aiogram import Router
from aiogram.types import CallbackQuery, Message
from aiogram.utils.formatting import Bold, Text

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import say, show, unless_the_same
from bot.handlers.stories import shown_words
from bot.i18n import Language
from bot.listings import back_to
from bot.reasons import explain
from bot.rendering import Reader
from bot.story_keyboards import FollowTopic, ItemStory, OpenStory, followed, story_keyboard
from bot.story_view import course_of, render_course
from bot.subscribing import follow
from digests.models import StoryId, Subscriber


def make_router() -> Router:
    router = Router(name="story")
    press = router.callback_query
    press.register(open_story, OpenStory.filter())
    press.register(open_item, ItemStory.filter())
    press.register(follow_topic, FollowTopic.filter(), flags={"changes": True})
    return router


async def open_story(
    press: CallbackQuery,
    callback_data: OpenStory,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    """The words that were searched for stay on top, so that the way back knows them."""
    heading = Text("🔎 ", Bold(shown_words(press)), "\n\n") if callback_data.found else Text()
    course = await course_of(context, subscriber, StoryId(callback_data.story))
    keys = story_keyboard(course.related, back_to(callback_data), spoken)
    await show(press, render_course(course, heading, reader, context.now(), keys))


async def open_item(
    press: CallbackQuery,
    callback_data: ItemStory,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    """A message of its own: the digest stays as it is."""
    if not isinstance(press.message, Message):
        raise StaleButtonError
    told = await explain(context, subscriber.chat_id, press.message.message_id)
    for one in told:
        if one.told.place == callback_data.place:
            course = await course_of(context, subscriber, one.told.story)
            keys = story_keyboard(course.related, None, spoken)
            await say(press, render_course(course, Text(), reader, context.now(), keys))
            return
    raise StaleButtonError


async def follow_topic(
    press: CallbackQuery,
    callback_data: FollowTopic,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    words, added = await follow(context, subscriber.chat_id, callback_data.words)
    if isinstance(press.message, Message) and press.message.reply_markup and press.data:
        with unless_the_same():
            ticked = followed(press.message.reply_markup, press.data)
            await press.message.edit_reply_markup(reply_markup=ticked)
    return spoken.say("topics.added" if added else "topics.known", words=words)
