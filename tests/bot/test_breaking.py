"""Alerts: a followed topic that three sources report within the hour."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import bot.breaking as alerting
from bot.breaking import ALERTS_A_STEP, send_alerts
from bot.i18n import language
from digests.models import ChatId
from storage import breaking
from storage.schedules import unsubscribe
from tests.bot.living import Running, ask, copied, counted, edited, eventually, rss
from tests.factories import unlike_others

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage
    from digests.models import DigestId
    from storage.breaking import Alert
    from storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


async def follower(bot: Running, *topics: str, code: str = "ru") -> Member:
    """Somebody who follows topics and wants alerts."""
    person = await bot.subscribed(*topics, language=code)
    spoken = language(code)
    await ask(person, "/settings")
    await edited(
        person,
        spoken.say("alert.switch_on"),
        lambda m: m.button(spoken.say("alert.switch_off")) is not None,
    )
    return person


async def breaks(bot: Running, number: int = 1, *, outlets: int = 3, word: str = "Взрыв") -> None:
    """So many outlets report the same, each in its own words, five minutes ago."""
    at = bot.clock() - timedelta(minutes=5)
    title = f"{word} {unlike_others(800 + number, 4)}"
    first = unlike_others(820 + number, 6)
    admin = await bot.admin()
    for outlet in range(outlets):
        text = f"{word}: {first}. {unlike_others(700 + number * 10 + outlet, 25)}."
        body = rss(((title, text, at),), f"Вестник {outlet}")
        url = bot.feeds.put_body(body.replace("proba.example", f"outlet{outlet}.example"))
        await ask(admin, f"/addsource {url}")


async def alerts(person: Member) -> list[SeenMessage]:
    return [m for m in await person.from_bot() if m.text.startswith("⚡")]


async def wait_alerts(person: Member, count: int) -> list[SeenMessage]:
    async def enough() -> list[SeenMessage] | None:
        found = await alerts(person)
        return found if len(found) >= count else None

    found: list[SeenMessage] = await eventually(enough, f"{count} alerts")
    return found


async def none_more(bot: Running) -> None:
    """Looked for, and nothing found."""
    assert await send_alerts(bot.context) == 0
    await bot.settled()


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_what_breaks_in_three_sources_is_told_at_once_and_counts_as_told(
    running: Running, code: str
) -> None:
    spoken = language(code)
    word = "Взрыв" if code == "ru" else "Explosion"
    person = await follower(running, word, code=code)
    await ask(person, "/settings")
    await edited(person, spoken.say("menu.reads"), lambda m: m.text == spoken.say("reads.ask"))
    await person.press(spoken.say("reads.all"))
    await breaks(running, word=word)
    (alert,) = await wait_alerts(person, 1)
    assert alert.text.splitlines()[0] == f"⚡ {spoken.say('alert.title', topic=word)}"
    assert spoken.say("count.sources", 3) in alert.text
    await none_more(running)

    menu = await edited(person, "🔖", lambda m: m.button(spoken.say("item.back")) is not None)
    assert menu.message_id == alert.message_id
    back = await edited(person, spoken.say("item.back"), lambda m: m.button("🔖") is not None)
    assert (back.text, back.labels) == (alert.text, alert.labels)

    running.clock.move(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    assert not set(alert.urls) & set(digest.urls), "the digest does not repeat it"
    assert digest.urls, "its window opens where it would have: before the alert"


async def test_two_sources_are_no_break_and_nobody_is_told_who_did_not_wish_so(
    running: Running,
) -> None:
    person, other = await follower(running, "взрыв"), await running.subscribed("взрыв")
    elsewhere = await follower(running, "космос")
    await breaks(running, outlets=2)
    await none_more(running)
    await breaks(running, 2)
    await wait_alerts(person, 1)
    await none_more(running)
    assert len(await alerts(person)) == 1
    assert not await alerts(other)
    assert not await alerts(elsewhere)


async def test_no_more_than_three_a_day(running: Running) -> None:
    person = await follower(running, "взрыв")
    for number in range(1, 5):
        await breaks(running, number)
    await wait_alerts(person, 3)
    await none_more(running)
    assert len(await alerts(person)) == 3
    running.clock.move(hours=24)
    await running.settled()  # the digest that is due by now, which would tell what breaks next
    await breaks(running, 5)
    await wait_alerts(person, 4)


async def test_none_in_quiet_hours_and_the_next_digest_tells_it(running: Running) -> None:
    person = await follower(running, "взрыв")
    await ask(person, "/schedule quiet 11-14")  # it is noon in Moscow
    await breaks(running)
    await none_more(running)
    running.clock.move(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    assert "ВЗРЫВ" in digest.text
    assert not await alerts(person)


@pytest.mark.parametrize("command", ["/pause 7d", "/stop", "/mute взрыв"])
async def test_none_in_a_pause_nor_after_leaving_nor_of_what_is_muted(
    running: Running, command: str
) -> None:
    person = await follower(running, "взрыв")
    await ask(person, command)
    await breaks(running)
    await none_more(running)
    assert not await alerts(person)


async def test_a_restart_repeats_no_alert(running: Running) -> None:
    person = await follower(running, "взрыв")
    await breaks(running)
    await wait_alerts(person, 1)
    await running.settled()  # a message under way would be sent again, as any other
    await running.kill()
    await running.start()
    await none_more(running)
    assert len(await alerts(person)) == 1


async def test_a_crash_before_it_was_written_loses_no_alert(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await follower(running, "взрыв")
    write = breaking.write_parts

    async def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(breaking, "write_parts", crash)
    await breaks(running)
    assert await send_alerts(running.context) == 0
    row = await running.context.db.fetch_one("SELECT count(*) AS made FROM digest")
    assert row["made"] == 0, "all or nothing"
    monkeypatch.setattr(breaking, "write_parts", write)
    await wait_alerts(person, 1)


async def test_an_alert_that_fails_holds_up_nobody_elses(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await follower(running, "взрыв"), await follower(running, "взрыв")
    publish = breaking.publish_alerts

    async def failing(db: Database, alerts: list[Alert], *rest: Any) -> list[DigestId | None]:
        if any(alert.chat == first.chat_id for alert in alerts):
            raise RuntimeError
        return await publish(db, alerts, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(breaking, "publish_alerts", failing)
        await breaks(running)
        await wait_alerts(second, 1)
        assert not await alerts(first)
    await wait_alerts(first, 1)


async def test_who_stops_while_an_alert_is_made_gets_none(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await follower(running, "взрыв")
    publish = breaking.publish_alerts

    async def stopped_meanwhile(db: Database, *rest: Any) -> list[DigestId | None]:
        await unsubscribe(db, ChatId(person.chat_id))
        return await publish(db, *rest)

    monkeypatch.setattr(breaking, "publish_alerts", stopped_meanwhile)
    await breaks(running)
    await none_more(running)
    assert not await alerts(person)


async def test_what_many_wish_is_looked_for_and_made_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()

    async def rest(_: object) -> None: ...

    monkeypatch.setattr("bot.app.send_alerts", rest)  # looked for by this test alone
    chats = 2 * ALERTS_A_STEP
    await copied(running, await follower(running, "взрыв"), chats)
    await breaks(running)

    counted(monkeypatch, calls, alerting, "is_breaking")
    counted(monkeypatch, calls, alerting, "told_among")
    counted(monkeypatch, calls, alerting.Making, "alert")
    counted(monkeypatch, calls, breaking, "publish_alerts")
    assert await send_alerts(running.context) == chats + 1
    assert calls == {"is_breaking": 1, "told_among": 1, "alert": 1, "publish_alerts": 3}
    calls.clear()
    assert await send_alerts(running.context) == 0
    assert calls == {"is_breaking": 1, "told_among": 1}


async def test_alerts_are_switched_off_under_one(running: Running) -> None:
    person = await follower(running, "взрыв")
    await breaks(running)
    (alert,) = await wait_alerts(person, 1)
    assert (await person.press(say("alert.off"))).text == say("alert.off_done")
    await breaks(running, 2)
    await none_more(running)
    assert len(await alerts(person)) == 1
    assert alert.button(say("alert.off"))


async def test_what_a_digest_told_is_no_alert(running: Running) -> None:
    person = await follower(running, "взрыв")
    await breaks(running, outlets=2)
    await person.say("/digest")
    await running.wait_digests(person, 1)
    running.clock.move(minutes=1)
    await breaks(running)
    await none_more(running)
    assert not await alerts(person)


async def test_sources_of_others_make_no_alert(running: Running) -> None:
    """Three sources, and who may not see one of them is told of no break."""
    owner, person = await running.subscribed("взрыв"), await running.subscribed("взрыв")
    await breaks(running)
    await own(running, owner)
    await breaking.set_alerts(running.context.db, ChatId(person.chat_id), wanted=True)
    await none_more(running)
    assert not await alerts(person)
    await breaking.set_alerts(running.context.db, ChatId(owner.chat_id), wanted=True)
    await wait_alerts(owner, 1)
    await own(running, None)
    await wait_alerts(person, 1)


async def own(bot: Running, owner: Member | None) -> None:
    """The third source is somebody's own; None: everybody's."""
    async with bot.context.db.write() as tx:
        await tx.execute(
            "UPDATE source SET owner_chat_id = :chat WHERE title = 'Вестник 2'",
            {"chat": owner.chat_id if owner else None},
        )
