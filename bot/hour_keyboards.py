"""The buttons that give a time of day topics of its own."""

from collections.abc import Sequence
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardMarkup

from bot.i18n import Language
from bot.keyboards import Go, button, in_rows, keyboard, timing_label
from digests.models import Topic
from storage.schedules import Schedule

WORDS_LETTERS: Final = 30


class ShowHour(CallbackData, prefix="hourof"):
    """The topics of one time; `schedule` is its id."""

    schedule: int


class PickHourTopic(CallbackData, prefix="hourtopic"):
    """`topic` 0: all that the chat follows."""

    schedule: int
    topic: int
    wanted: bool = True


def hour_choice_keyboard(known: Sequence[Schedule], spoken: Language) -> InlineKeyboardMarkup:
    times = [button(timing_label(one.timing, spoken), ShowHour(schedule=one.id)) for one in known]
    return keyboard([*in_rows(times, 3), [button(spoken.say("menu.back"), Go(page="schedule"))]])


def hour_topics_keyboard(
    schedule: Schedule, topics: Sequence[Topic], spoken: Language
) -> InlineKeyboardMarkup:
    own = {topic.id for topic in schedule.topics}
    choices = [
        button(
            ("✓ " if topic.id in own else "") + topic.words[:WORDS_LETTERS],
            PickHourTopic(schedule=schedule.id, topic=topic.id, wanted=topic.id not in own),
        )
        for topic in topics
    ]
    everything = button(
        ("" if own else "✓ ") + spoken.say("hours.all"),
        PickHourTopic(schedule=schedule.id, topic=0),
    )
    back = button(spoken.say("menu.back"), Go(page="schedule"))
    return keyboard([*in_rows(choices, 2), [everything], [back]])
