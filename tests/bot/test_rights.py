"""Who may change what: every button there is, pressed by somebody who may not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiogram.filters.callback_data import CallbackData

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.i18n import language
from bot.subscribing import decide_access
from digests.models import ChatId
from tests.bot.living import Running, ask, left_by

if TYPE_CHECKING:
    from bot.sandbox.client import Member
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
# Who sees a source may have it looked at again; how often is bounded. What somebody opened for
# themselves is theirs in their private chat, and nothing anywhere else.
READING = ("go:self:0", "channel:-1001", "go:topics:0", "go:share:0", "go:sources:0",
           "list:1:0:all:5:5:9:9", "meant:0:all",
           "itemstory:0", "story:1:0:0:all:0:5:9:9", "why:0", "why:1",
           "retry:999999", "src:1:0", "page:1", "page:2", "item:0", "whyitem:0",
           "all:0", "go:taste:0", "saved:0",
           "opage:1_x:1", "oitem:1_x:0", "owhy:1_x:0",
           "osave:1_x:0:1")  # fmt: skip
CHANGING = (
    "access:1001:1", "access:1001:0", "go:hour:0", "go:schedule:0", "go:time:0", "go:days:0",
    "go:begin:0", "go:here:0",
    "go:zone:0", "go:off:0", "go:on:0", "go:settings:0", "go:length:0", "go:language:0",
    "go:reads:0", "go:addtopic:0", "go:removal:0", "pick:1:космос", "pick:0:пожар",
    "hour:menu:0900", "hour:start:0900", "day:31", "zone:menu:Asia/Tokyo", "zone:start:Asia/Tokyo",
    "lang:en", "speak:en",
    "reads:all", "main:0", "min:10", "tell:1", "drop:1:0", "unmute:1", "dropsrc:1:1",
    "go:moretime:0", "go:quiet:0", "hour:more:1200", "every:3", "quiet:2300-0800", "quiet:off",
    "dropat:1", "held:1:1", "held:1:0", "members:1", "takeout:1", "merge:1:2", "follow", "hush:0:1",
    "vote:0:1", "vote:0:-1", "vote:0:0", "add:космос",
    "save:0:1", "unsave:1:0", "remind:1:0",
    "alerts:1:0", "alerts:0:0", "alerts:0:1",
    "retaste:0", "retaste:1",
    "go:hours:0", "hourof:1", "hourtopic:1:1:1", "hourtopic:1:0:1",
    "tune:1:weight:75:0", "tune:1:mute::0", "offer:1:1", "offer:1:0", "request:1:own",
    "request:1:shared", "request:1:no", "starter:ru",
    "erase:1", "erase:0",
    "recap:6", "recap:-1",
)  # fmt: skip


async def test_every_button_is_tried() -> None:
    # Those of /admin and /broadcast are tried where these are tested.
    known = {
        kind.__prefix__
        for kind in CallbackData.__subclasses__()
        if kind.__module__.startswith("bot.")
        and not kind.__module__.endswith((".admin", ".broadcast"))
    }
    assert {data.partition(":")[0] for data in (*READING, *CHANGING)} == known


async def guest_of(bot: Running) -> tuple[Member, Member]:
    """A group's administrator and somebody else in it."""
    boss, guest = await bot.person(), await bot.person()
    group = await bot.group(boss, "Отдел", {guest.person_id: "member"})
    leader, member = group.member(boss), group.member(guest)
    await ask(leader, "/schedule 9:00")
    await ask(leader, "/subscribe пожар")
    await ask(leader, "/mute футбол")
    return leader, member


async def shared_state(bot: Running) -> list[tuple[object, ...]]:
    rows = await bot.context.db.fetch_all(
        """
        SELECT (SELECT group_concat(title) FROM source), (SELECT count(*) FROM article),
               (SELECT count(*) FROM story), (SELECT count(*) FROM delivery),
               (SELECT group_concat(chat_id || access) FROM subscriber)
        """
    )
    return [tuple(row) for row in rows]


async def test_no_button_of_a_group_obeys_one_who_is_no_administrator(shared: Running) -> None:
    leader, member = await guest_of(shared)
    menu = await ask(leader, "/settings")
    await shared.settled()
    before = await left_by(shared, leader.chat_id), await shared_state(shared)
    for data in CHANGING:
        answer = await member.press_raw(menu, data)
        assert answer.text == say("error.not_allowed"), data
        assert answer.alert
    for data in READING:
        await member.press_raw(menu, data)
    await shared.settled()
    assert (await left_by(shared, leader.chat_id), await shared_state(shared)) == before


async def test_no_button_of_administrators_obeys_a_stranger(shared: Running) -> None:
    person = await shared.subscribed("пожар")
    menu = await ask(person, "/settings")
    await shared.settled()
    before = await shared_state(shared)
    for prefix in (
        "access",
        "dropsrc",
        "held",
        "members",
        "takeout",
        "merge",
        "request",
        "starter",
    ):
        for data in (one for one in CHANGING if one.startswith(prefix + ":")):
            assert (await person.press_raw(menu, data)).text == say("error.not_allowed"), data
    assert await shared_state(shared) == before


# --- every command by everybody: the table of docs/rights.md -------------------------------------

ROLES = ("you", "group admin", "anonymous admin", "group member", "channel", "stranger", "operator")
TABLE = Path(__file__).parents[2] / "docs" / "rights.md"


async def answer_to(bot: Running, who: Member, command: str) -> str:
    """`yes`, `no`, `asks` for access, or `—`: nothing happens."""
    sent = await who.say(f"/{command}")
    if who.chat_id < -1_000_000_000_000 and not sent.raw.get("from"):  # a channel's post
        await bot.settled()
        answers = [one for one in await who.messages() if one.message_id > sent.message_id]
        return "yes" if answers else "—"
    text = (await who.wait_for()).text
    if text == say("error.not_allowed"):
        return "no"
    return "asks" if text in {say(f"access.{how}") for how in ("asked", "waiting")} else "yes"


async def test_every_command_answers_everybody_as_the_table_says(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        operator, you, stranger = await bot.admin(), await bot.person(), await bot.person()
        boss, ghost, guest = [await bot.person() for _ in range(3)]
        others = {ghost.person_id: "administrator", guest.person_id: "member"}
        group = await bot.group(boss, "Отдел", others, kind="supergroup")
        await group.be_anonymous(ghost)
        channel = await bot.client.group(boss, "Вести", bot_status="administrator", kind="channel")
        for one in (operator, you, group.member(boss)):
            await ask(one, "/start")
        for chat in (you.chat_id, group.chat_id):
            await decide_access(bot.context, ChatId(chat), granted=True)
        await bot.settled()
        who = dict(
            zip(
                ROLES,
                (
                    you,
                    *map(group.member, (boss, ghost, guest)),
                    channel.member(boss),
                    stranger,
                    operator,
                ),
                strict=True,
            )
        )
        found = {
            command: [await answer_to(bot, one, command) for one in who.values()]
            for command in (*COMMANDS, *ADMIN_COMMANDS)
        }
    lines = [f"| `/{command}` | {' | '.join(cells)} |" for command, cells in found.items()]
    head = f"| command | {' | '.join(ROLES)} |"
    written = TABLE.read_text("utf-8").splitlines()
    assert [line for line in (head, *lines) if line not in written] == []
    assert sum(line.startswith("| `/") for line in written) == len(lines)
