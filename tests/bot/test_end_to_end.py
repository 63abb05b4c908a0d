"""Conversations as a person has them, in both languages: one bot serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.handlers.stories import MOST_SHOWN
from bot.i18n import LANGUAGES, language
from tests.bot.living import Running, ask, edited

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sandbox.client import Member

pytestmark = pytest.mark.asyncio(loop_scope="session")
TOPIC = {"ru": "пожар", "en": "interest rates"}
ZONE = {"ru": ("Самара", "Europe/Samara"), "en": ("Berlin", "Europe/Berlin")}
both = pytest.mark.parametrize("code", LANGUAGES)


async def state_of(bot: Running, person: Member) -> dict[str, object]:
    """What the settings page says: it stands for everything a chat may change."""
    reader = await bot.context.db.fetch_one(
        """
        SELECT language, zone, reads, subscribed, minutes, sentences, quotes, main_section,
            at, days,
            (SELECT group_concat(words, '|') FROM topic WHERE topic.chat_id = subscriber.chat_id)
                AS topics
        FROM subscriber LEFT JOIN schedule USING (chat_id) WHERE chat_id = :chat
        """,
        {"chat": person.chat_id},
    )
    return dict(reader) if reader else {}


# --- the first minute ------------------------------------------------------------------------


@both
async def test_first_minute_leads_from_start_to_the_first_digest(
    shared: Running, code: str
) -> None:
    say = language(code).say
    person = await shared.person(code)
    welcome = await ask(person, "/start")
    assert welcome.text == say("start.welcome")
    assert welcome.labels[-1] == say("menu.next")
    await edited(person, TOPIC[code], lambda m: m.button(f"✓ {TOPIC[code]}") is not None)
    await edited(person, say("menu.next"), lambda m: m.text == say("start.hour"))
    zones = await edited(person, "18:00", lambda m: "18:00" in m.text)
    assert zones.text == say("start.zone", at="18:00")
    assert zones.message_id == welcome.message_id, "the menu is edited in place"
    await person.press(ZONE[code][0])
    done = await person.wait_for(lambda m: m.message_id == welcome.message_id)
    assert "18:00" in done.text
    assert ZONE[code][0] in done.text
    assert TOPIC[code] in done.text
    digest = await person.wait_for(lambda m: m.text.startswith("🗞"))
    assert TOPIC[code].upper() in digest.text
    assert digest.urls
    assert all(url.startswith("http") for url in digest.urls)
    state = await state_of(shared, person)
    assert (state["zone"], state["at"], state["subscribed"]) == (ZONE[code][1], "18:00", 1)


@both
async def test_first_minute_can_be_typed(shared: Running, code: str) -> None:
    say = language(code).say
    person = await shared.person(code)
    await ask(person, "/start")
    chosen = await ask(person, "футбол, космос")
    assert chosen.text == say("start.chosen", topics="футбол, космос")
    await edited(person, say("menu.next"), lambda m: m.text == say("start.hour"))
    assert (await ask(person, "8:30")).text == say("start.zone", at="08:30")
    done = await ask(person, "Казань" if code == "ru" else "UTC+3")
    assert "08:30" in done.text
    assert (await state_of(shared, person))["at"] == "08:30"


async def test_second_press_takes_a_topic_back(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "/start")
    await edited(person, "пожар", lambda m: m.button("✓ пожар") is not None)
    back = await edited(person, "✓ пожар", lambda m: m.button("✓ пожар") is None)
    assert back.text == language("ru").say("start.welcome")
    assert (await state_of(shared, person))["topics"] is None


async def test_start_without_topics_gives_the_top_stories(shared: Running) -> None:
    person = await shared.person()
    say = language("ru").say
    await ask(person, "/start")
    await edited(person, say("menu.next"), lambda m: m.text == say("start.hour"))
    await edited(person, "08:00", lambda m: "08:00" in m.text)
    await person.press("Москва")
    digest = await person.wait_for(lambda m: m.text.startswith("🗞"))
    assert len(digest.urls) >= 4


async def test_whoever_returns_finds_the_topics_again(shared: Running) -> None:
    person = await shared.subscribed("ипотека")
    assert (await ask(person, "/stop")).text == language("ru").say("stop.done")
    assert (await state_of(shared, person))["subscribed"] == 0
    say = language("ru").say
    off = say("settings.not_subscribed")
    back = await ask(person, "/start")
    assert back.text == say("start.welcome_back", topics="ипотека", when=off)
    on = await edited(person, say("schedule.switch_on"), lambda m: "15:00" in m.text)
    assert say("schedule.switch_off") in on.labels
    assert (await state_of(shared, person))["subscribed"] == 1
    assert "15:00 (Москва)" in (await ask(person, "/start")).text


# --- every command ---------------------------------------------------------------------------


@both
async def test_every_command_is_answered_in_the_persons_language(
    shared: Running, code: str
) -> None:
    other = language("en" if code == "ru" else "ru")
    for command in (*COMMANDS, *ADMIN_COMMANDS):
        person = await shared.person(code)
        answer = await ask(person, f"/{command}")
        assert answer.text.strip(), command
        cyrillic = any("а" <= letter <= "я" for letter in answer.text.lower())
        if command not in {"latest", "digest", "sources", "id"}:  # these carry foreign titles
            assert cyrillic == (code == "ru"), (command, answer.text)
        assert other.say("error.unknown_command") != answer.text
        assert language(code).say("error.unknown_command") != answer.text, command


@both
async def test_menu_of_commands_is_the_persons_and_the_administrators_own(
    shared: Running, code: str
) -> None:
    person = await shared.person(code)
    described = {c["command"]: c["description"] for c in await person.commands()}
    assert list(described) == list(COMMANDS)
    assert described["latest"] == language(code).say("command.latest")
    admin = await shared.admin()
    assert [c["command"] for c in await admin.commands()] == [*COMMANDS, *ADMIN_COMMANDS]


async def test_help_tells_administrators_more(shared: Running) -> None:
    admin, person = await shared.admin(), await shared.person()
    assert "/merge" in (await ask(admin, "/help")).text
    assert "/merge" not in (await ask(person, "/help")).text


async def test_latest_shows_as_many_as_asked(shared: Running) -> None:
    person = await shared.person()
    for words, count in (("", 5), (" 3", 3), (" ничего", 5), (" 0", 1), (" 999999999", MOST_SHOWN)):
        answer = await ask(person, f"/latest{words}")
        assert answer.text.count("назад") == count, words


async def test_topic_finds_inflected_words_and_marks_none_of_them_told(shared: Running) -> None:
    person = await shared.person()
    found = await ask(person, "/topic ключевой ставки")
    assert "ставк" in found.text
    assert found.urls
    await person.say("/digest")
    digest = await person.wait_for(lambda m: m.text.startswith("🗞"))
    assert set(found.urls) & set(digest.urls), "what a search showed is still news"


async def test_digest_tells_nothing_twice_and_says_why_it_is_empty(shared: Running) -> None:
    person = await shared.subscribed("пожар")
    told: list[str] = []
    for _ in range(12):  # until all is told
        await person.say("/digest")
        answer = await person.wait_for()
        if not answer.text.startswith("🗞"):
            break
        links = [e["url"] for e in answer.entities if e["type"] == "text_link"]
        assert not set(links) & set(told)
        told += links
    assert told
    assert answer.text.startswith("Ничего нового с прошлой сводки")
    assert "/latest" in answer.text


async def test_id_tells_person_and_chat(shared: Running) -> None:
    person = await shared.person()
    assert str(person.person_id) in (await ask(person, "/id")).text


async def test_sources_names_each_with_its_articles(shared: Running) -> None:
    answer = await ask(await shared.person(), "/sources")
    assert "Полдень\u00a0— 10 статей" in answer.text


async def test_pause_holds_and_ends(shared: Running) -> None:
    person = await shared.subscribed()
    assert "30 ноября, 12:00" in (await ask(person, "/pause 7d")).text.replace(".", "")
    assert "30 ноя" in (await ask(person, "/schedule")).text
    assert (await ask(person, "/pause off")).text == language("ru").say("pause.off")
    assert "Пауза" not in (await ask(person, "/schedule")).text
    for wrong in ("когда-нибудь", "0d", "-3d", "7d; DROP TABLE"):
        assert (await ask(person, f"/pause {wrong}")).text == language("ru").say(
            "error.bad_duration"
        )


async def test_topics_are_added_and_removed_by_words(shared: Running) -> None:
    person = await shared.person()
    say = language("ru").say
    assert say("topics.added", words="космос") in (await ask(person, "/subscribe космос")).text
    assert say("topics.known", words="КОСМОС") in (await ask(person, "/subscribe КОСМОС")).text
    assert "космос" in (await ask(person, "/topics")).labels[0]
    assert (await ask(person, "/unsubscribe Космос")).text == say("topics.removed", words="космос")
    assert (await ask(person, "/unsubscribe космос")).text == say("topics.unknown", words="космос")
    assert (await ask(person, "/topics")).text == say("topics.empty")


async def test_words_after_subscribe_alone_are_the_topic(shared: Running) -> None:
    person = await shared.subscribed()
    assert (await ask(person, "/subscribe")).text == language("ru").say("topics.ask")
    assert "футбол, хоккей" in (await ask(person, "футбол, хоккей")).text
    assert (await state_of(shared, person))["topics"] == "футбол|хоккей"


async def test_schedule_understands_words(shared: Running) -> None:
    person = await shared.person()
    for words, at, days in (
        ("8:30 weekdays", "08:30", 0b0011111),
        ("20.15 по выходным", "20:15", 0b1100000),
        ("9 пн ср", "09:00", 0b0000101),
    ):
        answer = await ask(person, f"/schedule {words}")
        assert at in answer.text
        state = await state_of(shared, person)
        assert (state["at"], state["days"], state["subscribed"]) == (at, days, 1)
    for wrong in ("завтра", "25:00", "8:30 кругом"):
        assert (await ask(person, f"/schedule {wrong}")).text == language("ru").say(
            "error.bad_schedule"
        )
    assert (await state_of(shared, person))["at"] == "09:00", "wrong words change nothing"


# --- every button ----------------------------------------------------------------------------


@both
async def test_settings_menu_leads_everywhere_and_back(shared: Running, code: str) -> None:
    say = language(code).say
    person = await shared.person(code)
    page = await ask(person, "/settings")
    for label, heading in (
        ("menu.length", "length.ask"),
        ("menu.language", "language.ask"),
        ("menu.reads", "reads.ask"),
    ):
        text = say(heading)
        shown = await edited(person, say(label), lambda m, text=text: m.text == text)
        assert shown.message_id == page.message_id
        back = await edited(person, say("menu.back"), lambda m: m.text == page.text)
        assert back.labels == page.labels
    await edited(person, say("menu.topics"), lambda m: m.text == say("topics.empty"))
    await edited(person, say("menu.settings"), lambda m: m.text == page.text)
    await edited(person, say("menu.schedule"), lambda m: m.button(say("schedule.zone")) is not None)
    await edited(person, say("menu.settings"), lambda m: m.text == page.text)


@both
async def test_settings_buttons_change_what_they_name(shared: Running, code: str) -> None:
    say = language(code).say
    person = await shared.person(code)
    await ask(person, "/settings")
    await person.press(say("menu.length"))
    standard = say("length.standard", minutes=5)
    await edited(person, say("length.minutes", minutes=5), lambda m: standard in m.text)
    forms = (say("length.sentences", 5), say("length.quote"), say("length.headlines"))
    for label in (*forms, say("length.sentences", 1)):
        await person.press(say("menu.length"))
        await edited(person, label, lambda m, label=label: label in m.text.splitlines()[3])
    await person.press(say("menu.reads"))
    await edited(person, say("reads.all"), lambda m: say("reads.all") in m.text)
    off = say("settings.main_off")
    await edited(person, off, lambda m: m.button(say("settings.main_on")) is not None)
    state = await state_of(shared, person)
    assert (state["minutes"], state["reads"], state["main_section"]) == (5, "all", 0)
    assert (state["sentences"], state["quotes"]) == (1, 0)
    await edited(person, say("settings.main_on"), lambda m: m.button(off) is not None)
    assert (await state_of(shared, person))["main_section"] == 1


@both
async def test_language_changes_what_the_bot_says(shared: Running, code: str) -> None:
    other, name = ("en", "English") if code == "ru" else ("ru", "Русский")
    person = await shared.person(code)
    await ask(person, "/language")
    await edited(person, name, lambda m: m.text == language(other).say("language.done"))
    assert (await ask(person, "/topics")).text == language(other).say("topics.empty")


@both
async def test_schedule_buttons_set_time_days_and_zone(shared: Running, code: str) -> None:
    say = language(code).say
    person = await shared.person(code)
    page = await ask(person, "/schedule")
    await edited(person, say("schedule.switch_on"), lambda m: m.text != page.text)
    await edited(person, say("schedule.time"), lambda m: m.text == say("schedule.ask_time"))
    await edited(person, "21:00", lambda m: "21:00" in m.text)
    await edited(person, say("schedule.days"), lambda m: m.text == say("schedule.ask_days"))
    monday = language(code).day_name(0)
    await edited(person, f"✓ {monday}", lambda m: m.button(f"✓ {monday}") is None)
    await edited(person, say("schedule.weekdays"), lambda m: m.button(f"✓ {monday}") is not None)
    await edited(person, say("menu.back"), lambda m: "21:00" in m.text)
    await edited(person, say("schedule.zone"), lambda m: m.text == say("schedule.ask_zone"))
    await edited(person, ZONE[code][0], lambda m: ZONE[code][0] in m.text)
    state = await state_of(shared, person)
    assert (state["at"], state["days"], state["zone"]) == ("21:00", 0b0011111, ZONE[code][1])
    await edited(
        person,
        say("schedule.switch_off"),
        lambda m: m.button(say("schedule.switch_on")) is not None,
    )
    assert (await state_of(shared, person))["subscribed"] == 0


async def test_last_day_cannot_be_taken_away(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "/schedule 9 пн")
    await person.press("📅")
    answer = await person.press("✓ пн")
    assert answer.text == language("ru").say("schedule.one_day")
    assert (await state_of(shared, person))["days"] == 1


async def test_time_and_zone_can_be_typed_under_their_menus(shared: Running) -> None:
    person = await shared.person()
    say = language("ru").say
    await ask(person, "/schedule")
    await edited(person, "🕗", lambda m: m.text == say("schedule.ask_time"))
    assert "07:15" in (await ask(person, "7:15 по будням")).text
    await edited(person, "🌍", lambda m: m.text == say("schedule.ask_zone"))
    assert (await ask(person, "Атлантида")).text == say("error.unknown_zone")
    assert "Екатеринбург" in (await ask(person, "14:00")).text, "it is 09:00 UTC now"
    state = await state_of(shared, person)
    assert (state["at"], state["days"], state["zone"]) == ("07:15", 31, "Asia/Yekaterinburg")
    assert (await ask(person, "пожар")).text.startswith("🔎"), "words search again"


async def test_topics_page_removes_and_adds(shared: Running) -> None:
    person = await shared.subscribed("пожар")
    say = language("ru").say
    await ask(person, "/topics")
    answer = await person.press("✖ пожар")
    assert answer.text == say("topics.removed", words="пожар")
    await edited(person, say("topics.add"), lambda m: m.text == say("topics.ask"))
    assert "хоккей" in (await ask(person, "хоккей")).text


async def test_search_is_followed_by_its_button(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "ипотека")
    say = language("ru").say
    assert (await person.press("+")).text == say("topics.added", words="ипотека")
    assert (await person.press("+")).text == say("topics.known", words="ипотека")


async def test_following_what_is_not_yet_news_is_offered(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "бегемоты Патагонии")
    assert language("ru").say("topic.none") in answer.text
    await person.press("+")
    assert (await state_of(shared, person))["topics"] == "бегемоты Патагонии"


# --- words and pages -------------------------------------------------------------------------


async def test_plain_words_search(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "Снижение ключевой ставки")
    assert answer.text.startswith("🔎 Снижение ключевой ставки")
    assert answer.urls


async def test_words_after_a_command_search_though_a_menu_had_asked(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "/start")
    await ask(person, "/latest")
    assert (await ask(person, "пожар")).text.startswith("🔎")
    assert (await state_of(shared, person))["topics"] is None


async def test_long_topic_list_pages(shared: Running) -> None:
    person = await shared.subscribed()
    await ask(person, "/subscribe")
    await ask(person, ",".join(f"тема{number}" for number in range(10)))
    first = await ask(person, "/topics")
    assert sum(label.startswith("✖") for label in first.labels) == 8
    second = await edited(person, "➡️", lambda m: m.button("⬅️") is not None)
    assert [label for label in second.labels if label.startswith("✖")] == ["✖ тема8", "✖ тема9"]
    await edited(person, "⬅️", lambda m: m.labels == first.labels)


async def test_fiftieth_topic_is_the_last_and_says_so(shared: Running) -> None:
    person = await shared.subscribed()
    for start in range(0, 60, 20):
        await ask(person, "/subscribe")
        await ask(person, ",".join(f"слово{start + number}" for number in range(20)))
    assert str((await state_of(shared, person))["topics"]).count("|") == 49
    answer = await ask(person, "/subscribe ещё одна")
    assert answer.text == language("ru").say("error.too_many_topics")
    known = language("ru").say("topics.known", words="слово3")
    assert known in (await ask(person, "/subscribe слово3")).text


# --- wrong input -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", ['/topic "*(', "/topic ***", "/subscribe !!!", "«»", "🙃"])
async def test_words_that_are_none_get_a_sentence(shared: Running, words: str) -> None:
    answer = await ask(await shared.person(), words)
    assert answer.text == language("ru").say("error.empty_query")


@pytest.mark.parametrize("command", [*COMMANDS, *ADMIN_COMMANDS])
async def test_command_of_five_thousand_characters_is_answered(
    shared: Running, command: str
) -> None:
    person = await shared.person()
    answer = await ask(person, f"/{command} " + "слово " * 830)
    assert answer.text
    assert answer.text != language("ru").say("error.internal")
    assert (await ask(person, "/id")).text, "the bot goes on"


async def test_long_single_word_is_searched_and_followed(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "ж" * 4_000)
    assert answer.text.startswith("🔎")
    assert (await person.press("+")).answered


async def test_unknown_command_and_pictures_get_a_hint(shared: Running) -> None:
    person = await shared.person()
    say = language("ru").say
    assert (await ask(person, "/кофе")).text == say("error.unknown_command")
    assert (await ask(person, "/coffee 2")).text == say("error.unknown_command")
    await person.send_document("кот.jpg", b"\xff\xd8\xff", mime_type="image/jpeg")
    assert (await person.wait_for()).text == say("error.not_text")


async def test_article_without_address_opens_by_its_link_only_when_it_exists(
    shared: Running,
) -> None:
    person = await shared.person()
    for number in ("0", "999999999999999999999999"):
        answer = await ask(person, f"/start a_{number}")
        assert answer.text == language("ru").say("error.stale_button")


FORGED = (
    "access:1001:1", "go:nowhere:0", "go:topics:-5", "go:topics:99999999999999999999", "go:off",
    "pick:", "hour:menu:9999", "hour:start:--", "hour:menu:", "day:0", "day:128", "day:-1",
    "zone:menu:Mars/Base", "zone:menu:../../etc/passwd", "lang:xx", "lang:", "reads:fr", "min:7",
    "min:99999", "drop:999999:0", "drop:-1:0", "drop:x:y", "dropsrc:1:1", "dropsrc:99:1",
    "list:0:0:all:-9:0:0:0", "list:1:0:all:0:5:9:9", "list:0:0:d0:0:5:0:0", "list:0:1:::::",
    "meant:0:all", "story:1:1:0:all:0:5:9:9", "story:999:0:0:all:0:5:9:9", "itemstory:0",
    "list:0:0:all:0:5:9:999999999999999", "follow", "follow:1", "\u202e", "go",
)  # fmt: skip


@pytest.mark.parametrize("data", FORGED)
async def test_forged_button_changes_nothing_and_is_answered(shared: Running, data: str) -> None:
    person = await shared.subscribed("пожар")
    menu = await ask(person, "/settings")
    before = await state_of(shared, person)
    sources = (await ask(person, "/sources")).text
    answer = await person.press_raw(menu, data)
    assert answer.answered
    assert answer.text != language("ru").say("error.internal")
    if data not in {"go:topics:-5", "list:0:0:all:-9:0:0:0"}:
        assert answer.text, "a refusal says why"
    if data != "go:off":  # a real button, pressed from another menu
        assert await state_of(shared, person) == before
    assert (await ask(person, "/sources")).text == sources


async def test_hostile_callback_data_of_the_collection_is_answered(
    shared: Running, data: Path
) -> None:
    file = data / "strings" / "callback_data.txt"
    if not file.exists():
        pytest.skip("no callback_data.txt")
    person = await shared.subscribed("пожар")
    menu = await ask(person, "/settings")
    before = await state_of(shared, person)
    lines = [line for line in file.read_text("utf-8").splitlines() if line]
    assert lines
    for line in lines:
        answer = await person.press_raw(menu, line)
        assert answer.text == language("ru").say("error.stale_button"), line
    assert await state_of(shared, person) == before


async def test_button_of_a_removed_topic_says_that_it_is_stale(shared: Running) -> None:
    person = await shared.subscribed("пожар")
    page = await ask(person, "/topics")
    await ask(person, "/unsubscribe пожар")
    answer = await person.press("✖ пожар", message=page)
    assert answer.text == language("ru").say("error.stale_button")
    assert answer.alert


# --- groups ----------------------------------------------------------------------------------


async def test_only_administrators_of_a_group_change_its_settings(shared: Running) -> None:
    say = language("ru").say
    boss, guest = await shared.person(), await shared.person()
    group = await shared.group(boss, "Отдел", {guest.person_id: "member"})
    leader, member = group.member(boss), group.member(guest)
    menu = await ask(leader, "/schedule 9:00")
    before = await state_of(shared, leader)
    assert before["at"] == "09:00"
    for command in ("/schedule 10:00", "/subscribe пожар", "/pause 1d", "/stop", "/digest"):
        assert (await ask(member, command)).text == say("error.not_allowed"), command
    for label in ("🕗", "📅", "🌍", say("schedule.switch_off")):
        refusal = await member.press(label, message=menu)
        assert (refusal.text, refusal.alert) == (say("error.not_allowed"), True), label
    assert await state_of(shared, member) == before
    assert "назад" in (await ask(member, "/latest")).text, "reading is for everybody"
    await group.promote(guest)
    assert "10:00" in (await ask(member, "/schedule 10:00")).text


async def test_small_talk_in_a_group_is_not_answered(shared: Running) -> None:
    boss = await shared.person()
    group = await shared.group(boss, "Отдел", bot_status="administrator")
    leader = group.member(boss)
    await leader.say("пожар")
    await leader.say("/coffee")
    await leader.say("/latest@other_bot")
    answer = await ask(leader, "/id")
    assert str(group.chat_id) in answer.text
    assert len(await leader.from_bot()) == 2, "that, and the greeting"


async def test_a_question_in_a_group_is_answered_by_a_reply(shared: Running) -> None:
    say = language("ru").say
    boss = await shared.person()
    group = await shared.group(boss, "Отдел")
    leader = group.member(boss)
    asked = await ask(leader, "/subscribe")
    assert say("group.reply") in asked.text
    await leader.say("пожар", reply_to=asked)
    assert "пожар" in (await leader.wait_for()).text
    assert "пожар" in (await state_of(shared, leader))["topics"]


async def test_long_topics_and_topics_with_colons_do_not_break_the_start(shared: Running) -> None:
    person = await shared.person()
    long = "процентные ставки в Соединённом Королевстве и в странах Европейского союза"
    for topic in (long, "ставка: прогноз"):
        await ask(person, f"/subscribe {topic}")
    welcome = await ask(person, "/start")
    assert long in welcome.text
    assert welcome.labels


async def test_the_first_digest_is_dated_in_the_zone_just_chosen(shared: Running) -> None:
    person = await shared.person("en")
    spoken = language("en")
    await ask(person, "/start")
    await person.press(spoken.say("menu.next"))
    await person.press("08:00")
    await person.say("Honolulu")
    digest = await person.wait_for(lambda message: message.text.startswith("🗞"))
    there = shared.clock().astimezone(ZoneInfo("Pacific/Honolulu")).date()
    assert spoken.brief_date(there) in digest.text


@both
async def test_topics_offered_at_the_start_are_of_what_is_covered_now(
    shared: Running, code: str
) -> None:
    person = await shared.person(code)
    welcome = await ask(person, "/start")
    live = {"ru": {"ставка ЦБ", "ИИ", "пожар"}, "en": {"AI safety", "Ellery"}}[code]
    offered = live & set(welcome.labels)
    assert offered
    assert (await ask(person, "/start")).labels == welcome.labels, "buttons keep their places"
    for words in offered:
        answer = await ask(person, f"/topic {words}")
        assert answer.urls, "what is offered finds something"
