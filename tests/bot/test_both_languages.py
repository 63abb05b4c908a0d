"""Every command is said, and every button that can be reached from the answers is pressed, in both
languages: none fails, and an English reader is not spoken to in Russian."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

import pytest

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.i18n import LANGUAGES, language
from tests.bot.living import ADMIN, Running, ask
from tests.bot.test_replays import all_handled

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="session")
TOPICS = {"ru": ("пожар", "космос"), "en": ("wildfire", "AI safety")}
# What ends the chat here, writes to everybody, leaves loopback or changes the language.
LEFT_OUT = re.compile(r"erase:1|cast:|ban:|dropsrc:#:1|access:|starter:|speak:|lang:")
SAID_WITH = {"topic": "{0}", "search": "{0}", "subscribe": "{1}", "mute": "spam", "split": "{0}",
             "broadcast": "hello"}  # fmt: skip
OTHERS_WORDS = re.compile(r"Русский|Язык|Москва|Админ")  # their own names
FEWEST_BUTTONS = 60
DEEPEST = 4
QUOTED_LETTERS = 30  # of a line that an article says
# Of a label with so many in its row, on a phone of 390 points: 14 to 15 points high, 7 to 8 wide.
MOST_LETTERS = {1: 42, 2: 19, 3: 12, 4: 8, 5: 6}


def kind_of(data: str) -> str:
    """The button, whatever numbers it carries."""
    return re.sub(r"\d+", "#", data)


async def follow(
    running: Running, person: Member, code: str, path: tuple[str, ...]
) -> SeenMessage | None:
    """Say the command that begins the path, press what follows; the message that is left.

    None: a button of the path is not there this time.
    """
    await person.say(path[0])
    await all_handled(running)
    for wanted in path[1:]:
        shown = [m for m in (await person.from_bot())[-6:] if m.buttons]
        found = next(
            (
                (message, button)
                for message in reversed(shown)
                for row in message.buttons
                for button in row
                if button.data and kind_of(button.data) == wanted
            ),
            None,
        )
        if found is None:
            return None
        data = found[1].data or ""
        answer = await person.press_raw(found[0], data)
        assert answer.text != language(code).say("error.internal"), path
        await all_handled(running)
    return (await person.from_bot())[-1]


def too_long(left: SeenMessage, told: str) -> list[str]:
    """Labels that a phone cuts, but for words of articles, topics and names (`told`)."""
    return [
        one.text
        for row in left.buttons
        for one in row
        if len(one.text) > MOST_LETTERS.get(len(row), 6)
        and one.text.strip("✓✖+🔎🔇🔊↻•📄📣 …0123456789.·")[:20].strip() not in told
    ]


def foreign(said: list[str], names: set[str], news: str) -> list[str]:
    """The labels and lines with Cyrillic in them, but for names of sources, titles and words of
    articles, and words for languages."""
    ours = [one for one in said if not any(name in one for name in names)]
    left = [one for one in ours if re.search("[А-Яа-яё]", OTHERS_WORDS.sub("", one))]
    return [one for one in left if one.strip()[:QUOTED_LETTERS] not in news]


@pytest.mark.parametrize("code", LANGUAGES)
async def test_all_commands_and_buttons(running: Running, code: str) -> None:
    person = await running.client.person(ADMIN, language_code=code)
    await ask(person, "/schedule 15:00")
    for topic in TOPICS[code]:
        await ask(person, f"/subscribe {topic}")
    rows = await running.context.db.fetch_all(
        "SELECT title FROM source UNION SELECT substr(title, 1, 12) FROM article"
    )
    names = {row["title"] for row in rows}
    texts = await running.context.db.fetch_all("SELECT title, text FROM article")
    news = "\n".join(f"{row['title']}\n{row['text']}" for row in texts)
    words = {
        name: f"/{name} {SAID_WITH.get(name, '')}".strip().format(*TOPICS[code])
        for name in (*COMMANDS, *ADMIN_COMMANDS)
    }
    pressed: set[str] = set()
    waiting = deque((said,) for said in words.values() if said != "/stop")
    while waiting:
        path = waiting.popleft()
        left = await follow(running, person, code, path)
        if left is None:
            continue
        assert left.text, path
        assert left.text != language(code).say("error.internal"), path
        assert not too_long(left, f"{news} {' '.join(names)} {' '.join(TOPICS[code])}"), path
        if code == "en":
            assert not foreign([*left.labels, *left.text.split("\n")], names, news), path
        if len(path) > DEEPEST:
            continue
        for button in (button for row in left.buttons for button in row):
            kind = kind_of(button.data or "")
            if kind and kind not in pressed and not LEFT_OUT.match(kind):
                pressed.add(kind)
                waiting.append((*path, kind))
    assert len(pressed) >= FEWEST_BUTTONS, sorted(pressed)
