"""What a press carries may be of anybody's making: each number of each kind of button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiogram.filters.callback_data import CallbackData

from bot.handlers import routers
from bot.i18n import language
from tests.bot.living import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bot.living import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
HUGE = ("9223372036854775808", "-9223372036854775809", "9_223372036854775808", "1" * 30 + ".0")


def kinds() -> Iterator[type[CallbackData]]:
    routers()  # all of them are imported
    classes = [CallbackData]
    for one in classes:
        classes.extend(one.__subclasses__())
    return (one for one in classes if one.__module__.startswith("bot."))


def with_numbers(kind: type[CallbackData], huge: str) -> Iterator[str]:
    names = list(kind.model_fields)
    for place, name in enumerate(names):
        if kind.model_fields[name].annotation is int:
            values = ["1"] * len(names)
            values[place] = huge
            yield ":".join([kind.__prefix__, *values])


@pytest.mark.parametrize("huge", HUGE)
async def test_a_number_that_no_row_can_have_is_a_stale_button(shared: Running, huge: str) -> None:
    person = await shared.subscribed("пожар", at="8:30")
    menu = await ask(person, "/settings")
    pressed = [data for kind in kinds() for data in with_numbers(kind, huge)]
    assert len(pressed) > 40
    answers = {data: (await person.press_raw(menu, data)).text for data in pressed}
    assert {data for data, text in answers.items() if text != say("error.stale_button")} == set()


@pytest.mark.parametrize("data", ["saved:9999", "saved:-7", "saved:10000000"])
async def test_a_page_far_beyond_the_last_is_the_last(shared: Running, data: str) -> None:
    person = await shared.person()
    menu = await ask(person, "/saved")
    answer = await person.press_raw(menu, data)
    assert answer.text != say("error.internal")
