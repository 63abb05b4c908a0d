"""Every command and press may be handled twice, or break off at any write and be handled again:
what is left is what handling it once leaves (docs/decisions/0008)."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.deep_links import pack_topics
from bot.i18n import language
from bot.updates import Handling
from storage import sources, updates
from storage.database import Database, Transaction
from tests.bot.living import START, Running, ask, eventually, left_by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bot.sandbox.client import Member

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
# What leads there, then the last step, which is the one repeated. `>` presses a button.
STEPS = {
    "subscribe": ("/subscribe пожар",),
    "subscribe, by words": ("/subscribe", "пожар, космос"),
    "unsubscribe": ("/subscribe пожар", "/unsubscribe пожар"),
    "topics": ("/subscribe пожар", "/topics", ">✖ пожар"),
    "mute": ("/mute футбол",),
    "mute, taken back": ("/mute футбол", "/mute", ">✖ футбол"),
    "schedule": ("/schedule 8:30 по будням",),
    "schedule, hour": ("/schedule", ">" + say("schedule.time"), ">09:00"),
    "schedule, typed": ("/schedule", ">" + say("schedule.time"), "7:45"),
    "schedule, off": ("/schedule 9:00", ">" + say("schedule.switch_off")),
    "schedule, zone": ("/schedule 9:00", ">" + say("schedule.zone"), "Казань"),
    "schedule, its own topic": (
        "/subscribe пожар",
        "/schedule 9:00",
        ">" + say("schedule.topics"),
        ">пожар",
    ),
    "pause": ("/schedule 9:00", "/pause 7d"),
    "digest": ("/subscribe пожар", "/digest"),
    "settings": ("/settings", ">" + say("settings.main_off")),
    "settings, alerts": ("/settings", ">" + say("alert.switch_on")),
    "settings, reads": ("/settings", ">" + say("menu.reads"), ">" + say("reads.all")),
    "language": ("/language", ">English"),
    "start": ("/start",),
    "start, a topic": ("/start", ">ИИ"),
    "start, a topic taken back": ("/start", ">ИИ", ">✓ ИИ"),
    "start, typed": ("/start", "ставка ЦБ"),
    "start, hour": ("/start", ">" + say("menu.next"), "8:30"),
    "start, zone": ("/start", ">" + say("menu.next"), "8:30", "Казань"),
    "start, its language": ("/start", ">🌐 English"),
    "start, topics of a link": ("/start " + pack_topics(["пожар", "ставка ЦБ"])[0],),
    "topic": ("/topic пожар", ">" + say("stories.follow")),
    "topic, another order": ("/topic рубль", ">" + say("stories.by_relevance")),
    "topic, a related one": ("/topic рубль", ">1", ">+"),
    "search": ("/search пожар за неделю",),
    "stop": ("/schedule 9:00", "/stop"),
    "latest": ("/latest",),
    "why": ("/subscribe пожар", "/digest", "/why"),
    "digest, liked": ("/subscribe пожар", "/digest", ">1", ">👍"),
    "digest, liked no more": ("/subscribe пожар", "/digest", ">1", ">👍", ">✓ 👍"),
    "saved": ("/subscribe пожар", "/digest", ">1", ">🔖", "/saved"),
    "saved, put aside": ("/subscribe пожар", "/digest", ">1", ">🔖"),
    "saved, removed": ("/subscribe пожар", "/digest", ">1", ">🔖", "/saved", ">✖ 1"),
    "saved, reminded": ("/subscribe пожар", "/digest", ">1", ">🔖", "/saved", ">⏰"),
    "taste": ("/subscribe пожар", "/digest", ">1", ">👎", "/taste"),
    "taste, reset": (
        "/subscribe пожар",
        "/digest",
        ">1",
        ">👎",
        "/taste",
        ">" + say("taste.reset"),
        ">" + say("taste.sure"),
    ),
    "digest, its source muted": ("/subscribe пожар", "/digest", ">1", ">🔇"),
    "privacy": ("/privacy",),
    "delete_me": ("/subscribe пожар", "/schedule 9:00", "/delete_me"),
    "delete_me, confirmed": ("/subscribe пожар", "/delete_me", ">" + say("erase.yes")),
    "recap": ("/recap",),
    "recap, chosen": ("/recap", ">вс"),
    "recap, not any more": ("/recap", ">вс", ">" + say("recap.never")),
    "sources": ("/sources",),
    "sources, muted": ("/sources", ">1", ">" + say("source.mute")),
    "sources, muted and not": (
        "/sources",
        ">1",
        ">" + say("source.mute"),
        ">" + say("source.unmute"),
    ),
    "export": ("/export",),
    "help": ("/help",),
    "id": ("/id",),
}
# For administrators: what they change is unique by its address or gone the second time.
ELSEWHERE = {"addsource", "removesource", "split", "merge", "held", "admin", "broadcast"}


@dataclass
class Trouble:
    """Breaks the handling of the next update of one person, once."""

    lane: int
    at_write: int  # 1 is the first; 0: all is written but the mark
    writes: int = 0
    struck: bool = False
    handled: set[int] = field(default_factory=set)


current: ContextVar[Trouble | None] = ContextVar("current", default=None)


@contextmanager
def broken(trouble: Trouble) -> Iterator[Trouble]:
    handle, write, mark = Handling._handle, Database.write, updates.mark_handled

    async def handle_noted(self: Handling, stored: Any, attempt: int) -> Any:
        mine = stored.lane == trouble.lane
        trouble.handled |= {stored.id} if mine else set()
        current.set(trouble if mine and not trouble.struck else None)
        return await handle(self, stored, attempt)

    @asynccontextmanager
    async def write_or_break(self: Database) -> AsyncIterator[Transaction]:
        noted = current.get()
        if noted and not noted.struck:
            noted.writes += 1
            if noted.writes == noted.at_write:
                noted.struck = True
                raise TimeoutError
        async with write(self) as tx:
            yield tx

    async def mark_or_not(db: Database, update: int, *rest: Any) -> None:
        noted = current.get()
        if noted and noted.at_write == 0 and not noted.struck:
            noted.struck = True
            return
        await mark(db, update, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Handling, "_handle", handle_noted)
        patch.setattr(Database, "write", write_or_break)
        patch.setattr(updates, "mark_handled", mark_or_not)
        yield trouble


async def walk(bot: Running, person: Member, steps: tuple[str, ...]) -> None:
    for step in steps:
        if step.startswith(">"):
            await person.press(step[1:])
        else:
            await person.say(step)
        await all_handled(bot)


async def all_handled(bot: Running) -> None:
    async def none_open() -> bool:
        if bot.sandbox.world.updates.pending():  # asked first: what is confirmed is in the file
            return False
        row = await bot.context.db.fetch_one(
            "SELECT count(*) AS open FROM incoming_update WHERE handled_at IS NULL"
        )
        return row is not None and row["open"] == 0

    await eventually(none_open, "every update handled")


async def person_after(bot: Running, steps: tuple[str, ...], at_write: int | None) -> Any:
    """What somebody leaves who took these steps, the last one in trouble; None: no write there."""
    person = await bot.person()
    await walk(bot, person, steps[:-1])
    trouble = Trouble(person.person_id, -1 if at_write is None else at_write)
    with broken(trouble):
        await walk(bot, person, steps[-1:])
    assert len(trouble.handled) == 1
    if at_write is not None and not trouble.struck:
        return None
    return await left_by(bot, person.chat_id)


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
async def test_what_is_handled_twice_is_done_once(shared: Running, steps: tuple[str, ...]) -> None:
    once = await person_after(shared, steps, None)
    assert await person_after(shared, steps, 0) == once, "handled, not marked, handled again"
    at_write = 1
    while (found := await person_after(shared, steps, at_write)) is not None:
        assert found == once, f"broken at write {at_write}"
        at_write += 1
    assert at_write > 1, "the mark itself is a write"


async def test_every_command_is_repeated() -> None:
    covered = {name.split(",")[0] for name in STEPS} | ELSEWHERE
    assert covered == {*COMMANDS, *ADMIN_COMMANDS}


async def test_request_for_access_reaches_the_administrators_once(bots: Any) -> None:
    async with bots(empty=True, access="approval") as bot:
        admin, person = await bot.admin(), await bot.person()
        await ask(admin, "/id")
        with broken(Trouble(person.person_id, 0)):
            await walk(bot, person, ("/start",))
        asked = await admin.wait_for(lambda m: str(person.chat_id) in m.text)
        await bot.settled()
        assert len(await admin.from_bot()) == 2
        with broken(Trouble(admin.person_id, 0)):
            await admin.press(say("access.let_in"), message=asked)
            await person.wait_for(lambda m: m.text == say("access.granted"))
            await bot.settled()
        assert [m.text for m in await person.from_bot()].count(say("access.granted")) == 1


async def test_what_an_administrator_sends_to_everybody_goes_out_once(bots: Any) -> None:
    async with bots() as bot:
        admin, person = await bot.admin(), await bot.subscribed("пожар")
        for at_write in (0, 1, 2):
            text = f"Завтра переезд, запись {at_write}"
            with broken(Trouble(admin.person_id, at_write)):
                await walk(bot, admin, (f"/broadcast {text}",))
            drafts = await bot.context.db.fetch_all("SELECT content FROM broadcast")
            assert len([row for row in drafts if text in row["content"]]) == 1
            asked = await admin.wait_for(lambda m: bool(m.labels), newest=True)
            with broken(Trouble(admin.person_id, at_write)) as trouble:
                await admin.press(asked.labels[0], message=asked)
                await all_handled(bot)
            assert trouble.struck
            await person.wait_for(lambda m, t=text: m.text == t)
            await bot.settled()
            assert [m.text for m in await person.from_bot()].count(text) == 1
            assert not [m for m in await admin.from_bot() if m.text == say("error.stale_button")]


async def test_a_ban_and_its_end_may_be_handled_twice(bots: Any) -> None:
    async with bots(access="open") as bot:
        admin, person = await bot.admin(), await bot.subscribed("пожар")
        for word, access in (("admin.ban", "refused"), ("admin.unban", "granted")):
            await walk(bot, admin, ("/admin", ">" + say("admin.page.chats")))
            chats = await admin.wait_for(lambda m: bool(m.labels), newest=True)
            mine = await bot.context.db.fetch_one(
                "SELECT title FROM subscriber WHERE chat_id = :chat", {"chat": person.chat_id}
            )
            assert mine is not None
            label = next(one for one in chats.labels if mine["title"] in one)
            await walk(bot, admin, (">" + label,))
            with broken(Trouble(admin.person_id, 0)):
                await walk(bot, admin, (">" + say(word),))
            assert (await left_by(bot, person.chat_id))[0][0][4] == access


async def test_a_source_asked_for_is_asked_for_and_added_once(bots: Any) -> None:
    async with bots(private_sources="approval") as bot:
        admin, person = await bot.admin(), await bot.person()
        await ask(admin, "/id")
        for at_write in (0, 1, 2):
            url = bot.feeds.put_feed((f"Сурки {at_write}", "Сурки проснулись. " * 9, START))
            with broken(Trouble(person.person_id, at_write)):
                await walk(bot, person, (f"/addsource {url}",))
            asked = await admin.wait_for(lambda m, u=url: u in m.text)
            await bot.settled()
            assert len([m for m in await admin.from_bot() if url in m.text]) == 1
            with broken(Trouble(admin.person_id, at_write)):
                await admin.press(say("sources.request.own"), message=asked)
                await all_handled(bot)
            await bot.settled()
            own = await sources.visible_sources(bot.context.db, person.chat_id)
            assert [one.source.owner for one in own if one.source.address == url] == [
                person.chat_id
            ]
        granted = [m for m in await person.from_bot() if "администратор добавил" in m.text.lower()]
        assert len(granted) == 3
