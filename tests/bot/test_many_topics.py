"""Whoever follows as much as may be followed, in words as long as may be, finds every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.i18n import LANGUAGES, language
from digests.models import ChatId
from digests.topics import MOST_QUERY_LETTERS
from storage import subscribers
from tests.bot.living import ask, edited

if TYPE_CHECKING:
    from tests.bot.living import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def follow_most(bot: Running, chat: int) -> None:
    for number in range(subscribers.MOST_TOPICS - 1):
        words = f"тема {number} {'о' * MOST_QUERY_LETTERS}"[:MOST_QUERY_LETTERS]
        await subscribers.add_topic(bot.context.db, ChatId(chat), words, bot.clock())


@pytest.mark.parametrize("code", LANGUAGES)
async def test_the_first_minute_holds_the_longest_topics(shared: Running, code: str) -> None:
    say = language(code).say
    person = await shared.person(code)
    page = await ask(person, "/start")
    suggested = next(label for label in page.labels if not label.startswith(("✓", "«")))
    await follow_most(shared, person.chat_id)
    await edited(person, suggested, lambda m: m.button(f"✓ {suggested}") is not None)
    await edited(person, say("menu.next"), lambda m: m.button("09:00") is not None)
    await person.press("09:00")
    await edited(person, "Москва" if code == "ru" else "Moscow", lambda m: "09:00" in m.text)
    for command in ("/start", "/settings", "/topics", "/schedule", "/export"):
        answer = await ask(person, command)
        assert answer.text != say("error.internal")
