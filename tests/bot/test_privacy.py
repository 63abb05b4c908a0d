"""What `/privacy` promises, and that `/delete_me` leaves nothing, over HTTP."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.i18n import LANGUAGES, language
from digests.models import ChatId
from storage import outbox
from storage.backups import back_up, folder_of, name_of, schema_backup
from storage.state import read_state
from tests.bot.living import START, Running, ask, edited, eventually
from tests.bot.test_backups_by_the_clock import backups_of, made
from tests.storage.planting import bytes_of, mentions, opened

if TYPE_CHECKING:
    from bot.sandbox.client import Member
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
WORD = "zqxjkcanary"


async def wiped(bot: Running) -> None:
    await bot.settled()

    async def nothing_owed() -> bool:
        return await read_state(bot.context.db, "wipe") is None

    await eventually(nothing_owed, "the file wiped")


async def erase(bot: Running, person: Member) -> None:
    await ask(person, "/delete_me")
    done = say("erase.done", copies=say("privacy.days", 7))
    await edited(person, say("erase.yes"), lambda m: m.text == done)
    await wiped(bot)


def left(bot: Running, chat: int) -> tuple[int, list[str]]:
    """How often the word stands in the file, and where a row names the chat."""
    path = bot.context.db.path
    with opened(path) as connection:
        return bytes_of(path).count(WORD.encode()), list(mentions(connection, chat))


async def test_after_delete_me_nothing_of_the_person_is_in_the_file(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin = await bot.admin()
        await ask(admin, "/id")
        number = 700_100_200
        person = await bot.client.person(number, first_name=WORD, username=f"{WORD}_name")
        other = await bot.client.person(number + 1, first_name="Сосед")
        for one in (person, other):
            await ask(one, "/start")
            await admin.wait_for(lambda m, one=one: str(one.chat_id) in m.text)  # type: ignore[misc]
            await admin.press(say("access.let_in"))
            await one.wait_for(lambda m: m.text == say("access.granted"))
        await ask(other, "/subscribe пожар")
        await ask(person, "/schedule 9:00")
        for command in (
            f"/subscribe {WORD}",
            f"/mute {WORD}",
            f"/topic {WORD}",
            "/subscribe пожар",
        ):
            await ask(person, command)
        await ask(person, WORD)
        await person.say("/digest")
        await bot.wait_digests(person, 1)
        await bot.settled()
        count, places = left(bot, number)
        assert count > 3
        assert {"subscriber.chat_id", "told.chat_id", "delivery.content"} < set(places)
        await erase(bot, person)
        assert left(bot, number) == (0, [])
        assert left(bot, number + 1)[1]
        # Whoever returns is new.
        assert (await ask(person, "/start")).text == say("access.asked")


@pytest.mark.parametrize("code", LANGUAGES)
async def test_erasing_is_asked_about_and_can_be_left(shared: Running, code: str) -> None:
    say = language(code).say
    person = await shared.subscribed("пожар", language=code)
    question = await ask(person, "/delete_me")
    assert question.labels == [say("erase.yes"), say("erase.no")]
    kept = await edited(person, say("erase.no"), lambda m: m.text == say("erase.kept"))
    assert not kept.labels
    assert "пожар" in (await ask(person, "/settings")).text
    await ask(person, "/delete_me")
    done = say("erase.done", copies=say("privacy.days", 7))
    await edited(person, say("erase.yes"), lambda m: m.text == done)


async def test_messages_on_their_way_stay_away(bots: Bots) -> None:
    async with bots() as bot:
        person = await bot.subscribed("пожар", at="12:30")
        later = bot.clock() + timedelta(minutes=40)
        await outbox.add_notice(bot.context.db, ChatId(person.chat_id), '{"text": "x"}', later)
        await erase(bot, person)
        bot.clock.move(minutes=50)  # both would be due
        await bot.settled()
        assert await bot.digests(person) == []
        assert "x" not in [message.text for message in await person.from_bot()]
        assert left(bot, person.chat_id)[1] == []


async def test_export_gives_everything_of_the_person_as_json(shared: Running) -> None:
    person = await shared.subscribed("пожар", at="8:30")
    await ask(person, "/mute футбол")
    await person.say("/digest")
    (digest,) = await shared.wait_digests(person, 1)
    await person.say("/export")
    sent = await person.wait_for(lambda m: m.document is not None and m.text == say("export.json"))
    given = json.loads(await person.download(sent))
    assert (given["topics"], given["mutes"]) == (["пожар"], ["футбол"])
    kept = given["kept"]
    assert kept["subscriber"][0]["zone"] == "Europe/Moscow"
    assert kept["schedule"][0]["at"] == "08:30"
    assert kept["delivery"][0]["content"]["text"].strip() == digest.text
    assert kept["stories_told"][0]["title"] in digest.text
    assert {row["chat_id"] for rows in kept.values() for row in rows if "chat_id" in row} == {
        person.chat_id
    }


@pytest.mark.parametrize("code", LANGUAGES)
async def test_privacy_names_the_numbers_of_this_installation(bots: Bots, code: str) -> None:
    async with bots(empty=True, backup_days=21, keep_days=91) as bot:
        person = await bot.person(code)
        told = (await ask(person, "/privacy")).text
        spoken = language(code)
        for number in (
            spoken.say("privacy.days", 30),
            spoken.say("privacy.hours", 48),
            spoken.say("privacy.days", 21),
            spoken.say("privacy.days", 91),
        ):
            assert number in told


async def test_every_copy_goes_after_the_days_that_privacy_names(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        path, now = bot.settings.database_path, bot.clock().timestamp()
        aside = path.with_name(f"{path.stem}.before-restore-{START:%Y%m%dT%H%M%SZ}.sqlite")
        draft = folder_of(path) / f".{name_of(path, START)}.17-4"
        before = schema_backup(folder_of(path), path, 5)
        strange = folder_of(path) / "mine.sqlite"
        for copy in (aside, before, folder_of(path) / name_of(path, START)):
            back_up(path, copy)
        for other in (draft, strange):
            other.write_text("")
        for copy in (before, draft, strange):
            os.utime(copy, (now, now))
        copies = [aside, draft, before]
        bot.clock.move(days=7)
        await backups_of(bot, backup_hours=0).look()
        assert all(copy.exists() for copy in copies)
        bot.clock.move(seconds=1)
        await backups_of(bot, backup_hours=0).look()
        assert not [copy for copy in copies if copy.exists()]
        assert made(bot) == []
        assert strange.exists()


async def test_copies_go_though_no_newer_one_can_be_made(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        await backups_of(bot).look()
        assert made(bot) == [START]
        bot.clock.move(days=7, seconds=1)
        bot.context.db.is_full = True
        await backups_of(bot).look()
        bot.context.db.is_full = False
        assert made(bot) == []
