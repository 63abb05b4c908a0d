"""The buttons that open a story, and those under it."""

from collections.abc import Sequence
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardMarkup

from bot.i18n import Language
from bot.keyboards import DATA_BYTES, Row, button, in_rows, keyboard

NUMBERS_A_ROW: Final = 5
FOLLOWED: Final = "✓ "
ADDS: Final = "+ "


class OpenStory(CallbackData, prefix="story"):
    """More on a story of a list; the rest leads back to the list's page (`listings.Turn`)."""

    story: int
    found: bool
    relevant: bool
    period: str
    offset: int
    size: int
    newest: int
    at: int


class ItemStory(CallbackData, prefix="itemstory"):
    """More on a story of a digest, by its place there."""

    place: int


class FollowTopic(CallbackData, prefix="add"):
    """Follow these words."""

    words: str


def rides(words: str) -> bool:
    """Whether words fit into a button's data."""
    return ":" not in words and len(f"add:{words}".encode()) <= DATA_BYTES


def stories_rows(stories: Sequence[OpenStory], first: int, spoken: Language) -> list[Row]:
    """A number a story of the list; a story alone needs none."""
    if len(stories) == 1 and first == 1:
        return [[button(spoken.say("story.more_on_it"), stories[0])]]
    numbers = [button(str(number), data) for number, data in enumerate(stories, first)]
    return in_rows(numbers, NUMBERS_A_ROW)


def story_keyboard(
    related: Sequence[str], back: CallbackData | None, spoken: Language
) -> InlineKeyboardMarkup | None:
    """None: nothing to press."""
    offered = [button(ADDS + words, FollowTopic(words=words)) for words in related]
    row = [button(spoken.say("story.back"), back)] if back else []
    return keyboard([*in_rows(offered, 2), row]) if offered or row else None


def followed(shown: InlineKeyboardMarkup, data: str) -> InlineKeyboardMarkup:
    """The same buttons, the pressed one ticked."""
    return keyboard(
        [
            [
                one.model_copy(update={"text": FOLLOWED + one.text.removeprefix(ADDS)})
                if one.callback_data == data and one.text.startswith(ADDS)
                else one
                for one in row
            ]
            for row in shown.inline_keyboard
        ]
    )
