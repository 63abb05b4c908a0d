"""What clustering got wrong, mended by an administrator: `/split` and `/merge`, by buttons."""

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message
from aiogram.utils.formatting import Bold, Text

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import MergeFrom, ShowMembers, TakeOut, button, in_rows, keyboard
from bot.rendering import Reader, linked_title, message_of, shortened, sources_line
from bot.subscribing import latest, search_stories, story_of
from digests.models import ArticleId, ChatId, Story, StoryId, Subscriber
from digests.topics import parse_query
from storage.corrections import merge_stories, split_article

STORIES_READ = 40  # the latest, of which those with several articles are offered
STORIES_OFFERED = 8
TITLE_LETTERS = 40
MEMBERS_SHOWN = 20


def make_router() -> Router:
    router = Router(name="corrections")
    admin = {"admin": True}
    router.message.register(offer_split, Command("split"), flags=admin)
    router.message.register(offer_merge, Command("merge"), flags=admin)
    router.callback_query.register(show_members, ShowMembers.filter(), flags=admin)
    router.callback_query.register(take_out, TakeOut.filter(), flags=admin)
    router.callback_query.register(choose_merge, MergeFrom.filter(), flags=admin)
    return router


async def offer_split(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    stories = await _stories(context, subscriber.chat_id, command.args)
    several = [story for story in stories if len(story.articles) > 1][:STORIES_OFFERED]
    rows = [
        [button(f"{len(story.articles)} · {_title(story)}", ShowMembers(story=story.id))]
        for story in several
    ]
    key = "split.ask" if rows else "split.none"
    await show(message, spoken.say(key), keyboard(rows) if rows else None)


async def show_members(
    press: CallbackQuery,
    callback_data: ShowMembers,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    story = await story_of(context, subscriber.chat_id, StoryId(callback_data.story))
    await _show_members(press, story, spoken, reader)


async def _show_members(
    press: CallbackQuery, story: Story, spoken: Language, reader: Reader
) -> None:
    shown = story.articles[:MEMBERS_SHOWN]
    parts: list[Text | str] = [Bold(spoken.say("split.members")), "\n"]
    for number, article in enumerate(shown, 1):
        title = linked_title(article, reader, 2 * TITLE_LETTERS)
        alone = sources_line(Story(story.id, (article,)), reader)
        parts += [f"\n{number}. ", title, " · ", alone]
    takes = [button(str(number), TakeOut(article=a.id)) for number, a in enumerate(shown, 1)]
    merge = [button(spoken.say("merge.other"), MergeFrom(story=story.id))]
    rows = [*(in_rows(takes, 5) if len(shown) > 1 else []), merge]
    await show(press, message_of(Text(*parts), keyboard(rows)))


async def take_out(
    press: CallbackQuery,
    callback_data: TakeOut,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    """The article's own story is shown: if it was the wrong one, it is merged back from there."""
    chat = subscriber.chat_id
    number = ArticleId(callback_data.article)
    taken = await split_article(context.db, chat, number, context.now())
    if taken is None:
        raise StaleButtonError
    await _show_members(press, await story_of(context, chat, taken), spoken, reader)
    return spoken.say("split.done")


async def offer_merge(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    stories = await _stories(context, subscriber.chat_id, command.args)
    rows = [[button(_title(story), MergeFrom(story=story.id))] for story in stories]
    text = spoken.say("merge.ask" if rows else "stories.none")
    await show(message, text, keyboard(rows[:STORIES_OFFERED]) if rows else None)


async def choose_merge(
    press: CallbackQuery,
    callback_data: MergeFrom,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str | None:
    chat = subscriber.chat_id
    story = await story_of(context, chat, StoryId(callback_data.story))
    if not callback_data.other:
        await _offer_others(press, context, chat, story, spoken)
        return None
    other = await story_of(context, chat, StoryId(callback_data.other))
    await merge_stories(context.db, story.id, other.id)
    await _show_members(press, await story_of(context, chat, story.id), spoken, reader)
    return spoken.say("merge.done")


async def _offer_others(
    press: CallbackQuery, context: Context, chat: ChatId, story: Story, spoken: Language
) -> None:
    """First those that say something alike, then the latest."""
    alike = await search_stories(context, chat, parse_query(story.lead.title), STORIES_OFFERED)
    others = [*alike.stories, *await _stories(context, chat, None)]
    offered = {other.id: other for other in others if other.id != story.id}
    rows = [
        [button(_title(other), MergeFrom(story=story.id, other=other.id))]
        for other in list(offered.values())[:STORIES_OFFERED]
    ]
    text = spoken.say("merge.with", title=story.lead.title)
    await show(press, text, keyboard(rows))


async def _stories(context: Context, chat: ChatId, words: str | None) -> list[Story]:
    if words:
        found = await search_stories(context, chat, parse_query(words), STORIES_READ)
    else:
        found = await latest(context, chat, STORIES_READ)
    return found.stories


def _title(story: Story) -> str:
    return shortened(story.lead.title, TITLE_LETTERS)
