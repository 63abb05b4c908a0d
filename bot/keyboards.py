"""The buttons: their callback data, and the keyboards that several features share.

Callback data stays inside 64 bytes and is never trusted: whatever a button names is looked up
again for the chat that pressed it.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import LANGUAGES, Language, language
from digests.models import ChatId, Subscriber, Topic
from digests.schedules import EVERY_DAY, WEEKDAYS, Timing
from storage.schedules import Schedule

HOURS: Final = ("07:00", "08:00", "09:00", "12:00", "18:00", "21:00")
MINUTES: Final = (2, 5, 10)
HEADLINES: Final = -1
TELLINGS: Final = (1, 3, 5, 0, HEADLINES)  # sentences an item; 0: one quotation
EVERY_HOURS: Final = (3, 6, 12)
QUIETS: Final = ((22, 7), (23, 8), (0, 9))  # full hours, from and to
READS: Final = ("ru", "en", "all")
TOPICS_A_PAGE: Final = 8
DATA_BYTES: Final = 64


class Access(CallbackData, prefix="access"):
    chat: int
    granted: bool


class Go(CallbackData, prefix="go"):
    """Show another page of a menu in place."""

    page: str
    offset: int = 0


class ManageChannel(CallbackData, prefix="channel"):
    """Set up what comes to a channel, in the private chat of its administrator."""

    chat: int


class PickTopic(CallbackData, prefix="pick"):
    """Says what is wanted, not "the other": a press handled twice changes nothing more."""

    wanted: bool
    words: str


def fits_button(words: str) -> bool:
    """Whether a topic can ride on a button: long ones and those with a colon cannot."""
    return ":" not in words and len(f"pick:1:{words}".encode()) <= DATA_BYTES


class PickHour(CallbackData, prefix="hour"):
    """`at` is HHMM."""

    flow: str
    at: str


class PickEvery(CallbackData, prefix="every"):
    hours: int


class PickQuiet(CallbackData, prefix="quiet"):
    """`hours` is HHMM-HHMM, or `off`."""

    hours: str


class DropSchedule(CallbackData, prefix="dropat"):
    schedule: int


class PickDay(CallbackData, prefix="day"):
    days: int  # the whole set, after the press


class PickZone(CallbackData, prefix="zone"):
    flow: str
    zone: str


class PickLanguage(CallbackData, prefix="lang"):
    code: str


class StartLanguage(CallbackData, prefix="speak"):
    """On the first page, which is then shown in it."""

    code: str


class PickReads(CallbackData, prefix="reads"):
    """The languages of the articles in digests: ru, en, all."""

    code: str


class PickMain(CallbackData, prefix="main"):
    """Whether digests have a section of the main news."""

    wanted: bool


class PickMinutes(CallbackData, prefix="min"):
    minutes: int


class PickTelling(CallbackData, prefix="tell"):
    """How an item is told: by at most so many sentences; 0: by one quotation; `HEADLINES`: by its
    title alone."""

    sentences: int


class DropTopic(CallbackData, prefix="drop"):
    topic: int
    offset: int = 0


class DropMute(CallbackData, prefix="unmute"):
    mute: int


class Erase(CallbackData, prefix="erase"):
    wanted: bool


class DecideHeld(CallbackData, prefix="held"):
    delivery: int
    resend: bool


class ShowMembers(CallbackData, prefix="members"):
    """The articles of a story, each with a button that takes it out."""

    story: int


class TakeOut(CallbackData, prefix="takeout"):
    article: int


class MergeFrom(CallbackData, prefix="merge"):
    """Choose what to merge a story with; `other` 0: nothing is chosen yet."""

    story: int
    other: int = 0


class FollowShown(CallbackData, prefix="follow"):
    """Follow the words that the message shows."""


Row = list[InlineKeyboardButton]


def button(text: str, data: CallbackData | str) -> InlineKeyboardButton:
    packed = data if isinstance(data, str) else data.pack()
    return InlineKeyboardButton(text=text, callback_data=packed)


def keyboard(rows: Iterable[Row]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])


def in_rows(buttons: Sequence[InlineKeyboardButton], columns: int) -> list[Row]:
    return [list(buttons[start : start + columns]) for start in range(0, len(buttons), columns)]


def access_keyboard(chat: ChatId, spoken: Language) -> InlineKeyboardMarkup:
    return keyboard(
        [
            [
                button(spoken.say("access.let_in"), Access(chat=chat, granted=True)),
                button(spoken.say("access.refuse"), Access(chat=chat, granted=False)),
            ]
        ]
    )


def greeting_keyboard(spoken: Language, *, known: bool) -> InlineKeyboardMarkup:
    page, key = ("settings", "menu.settings") if known else ("begin", "group.begin")
    return keyboard([[button(spoken.say(key), Go(page=page))]])


def channel_keyboard(channel: int, spoken: Language) -> InlineKeyboardMarkup:
    return keyboard([[button(spoken.say("channel.set_up"), ManageChannel(chat=channel))]])


def erasing_keyboard(spoken: Language) -> InlineKeyboardMarkup:
    return keyboard(
        [
            [button(spoken.say("erase.yes"), Erase(wanted=True))],
            [button(spoken.say("erase.no"), Erase(wanted=False))],
        ]
    )


def suggestions_keyboard(
    words: Sequence[str], chosen: Iterable[str], spoken: Language, *, again: bool = False
) -> InlineKeyboardMarkup:
    """`again`: digests were switched off, and one press has them as they were."""
    have = {word.lower() for word in chosen}
    offered = [
        button(
            ("✓ " if word.lower() in have else "") + word,
            PickTopic(wanted=word.lower() not in have, words=word),
        )
        for word in words
        if fits_button(word)
    ]
    others = [
        button("🌐 " + language(code).name, StartLanguage(code=code))
        for code in LANGUAGES
        if code != spoken.code
    ]
    onward = [button(spoken.say("menu.next"), Go(page="hour"))]
    resume = [button(spoken.say("schedule.switch_on"), Go(page="on"))] if again else []
    return keyboard([*in_rows(offered, 2), resume, [*others, *onward]])


def hours_keyboard(flow: str, spoken: Language) -> InlineKeyboardMarkup:
    """`flow` is start, menu (the one time there is) or more (one more)."""
    hours = [button(at, PickHour(flow=flow, at=at.replace(":", ""))) for at in HOURS]
    rhythms = [
        button(spoken.say("schedule.rhythm", hours=every), PickEvery(hours=every))
        for every in EVERY_HOURS
    ]
    return keyboard([*in_rows(hours, 3), rhythms if flow == "menu" else [], *_back(flow, spoken)])


def quiet_keyboard(spoken: Language) -> InlineKeyboardMarkup:
    choices = [
        button(f"{start}–{end}", PickQuiet(hours=f"{start:02}00-{end:02}00"))
        for start, end in QUIETS
    ]
    none = [button(spoken.say("schedule.quiet_none"), PickQuiet(hours="off"))]
    return keyboard([choices, none, *_back("menu", spoken)])


def zones_keyboard(flow: str, spoken: Language) -> InlineKeyboardMarkup:
    """The zones that the language's readers live in, as its catalogue lists them."""
    offered = [pair.split("=") for pair in spoken.say("zone.offered").split("|")]
    cities = [button(city, PickZone(flow=flow, zone=zone)) for zone, city in offered]
    return keyboard([*in_rows(cities, 2), *_back(flow, spoken)])


def _back(flow: str, spoken: Language) -> list[Row]:
    return [[button(spoken.say("menu.back"), Go(page="schedule"))]] if flow != "start" else []


def days_keyboard(timing: Timing, spoken: Language) -> InlineKeyboardMarkup:
    days = [
        button(
            ("✓ " if timing.days >> number & 1 else "") + spoken.day_name(number),
            PickDay(days=timing.days ^ (1 << number)),
        )
        for number in range(7)
    ]
    sets = [
        button(spoken.say("schedule.every_day"), PickDay(days=EVERY_DAY)),
        button(spoken.say("schedule.weekdays"), PickDay(days=WEEKDAYS)),
    ]
    return keyboard([days[:4], days[4:], sets, *_back("menu", spoken)])


def schedule_keyboard(known: Sequence[Schedule], spoken: Language) -> InlineKeyboardMarkup:
    """One time is changed in place; of several each can be taken away."""
    subscribed = any(one.next_due is not None for one in known)
    onoff = ("schedule.switch_off", "off") if subscribed else ("schedule.switch_on", "on")
    several = len(known) > 1
    drops = [
        button(f"✖ {timing_label(one.timing, spoken)}", DropSchedule(schedule=one.id))
        for one in known
        if several
    ]
    time_button = [button(spoken.say("schedule.time"), Go(page="time"))]
    return keyboard(
        [
            *in_rows(drops, 3),
            [
                *([] if several else time_button),
                button(spoken.say("schedule.days"), Go(page="days")),
                button(spoken.say("schedule.zone"), Go(page="zone")),
            ],
            [
                button(spoken.say("schedule.more"), Go(page="moretime")),
                button(spoken.say("schedule.quiet"), Go(page="quiet")),
            ],
            [button(spoken.say("schedule.topics"), Go(page="hours"))] if known else [],
            [button(spoken.say(onoff[0]), Go(page=onoff[1]))],
            [button(spoken.say("menu.settings"), Go(page="settings"))],
        ]
    )


def timing_label(timing: Timing, spoken: Language) -> str:
    """`08:00`, `каждые 6 часов`."""
    if timing.every is None:
        return f"{timing.at:%H:%M}"
    if timing.every == 1:
        return spoken.say("schedule.every_hour")
    return spoken.say("schedule.every", timing.every)


def settings_keyboard(
    spoken: Language,
    *,
    main: bool,
    elsewhere: bool = False,
    of_channel: bool = False,
    alerts: tuple[str, CallbackData] | None = None,
) -> InlineKeyboardMarkup:
    """`elsewhere`: digests go to another topic of the forum than the one this is shown in.
    `of_channel`: it is shown in a private chat, which has settings of its own. `alerts`: label and
    data of the button for them."""
    main_key = "settings.main_off" if main else "settings.main_on"
    return keyboard(
        [
            [
                button(spoken.say("menu.topics"), Go(page="topics")),
                button(spoken.say("menu.schedule"), Go(page="schedule")),
            ],
            [
                button(spoken.say("menu.length"), Go(page="length")),
                button(spoken.say("menu.reads"), Go(page="reads")),
            ],
            [button(spoken.say(main_key), PickMain(wanted=not main))],
            [button(*alerts)] if alerts else [],
            [button(spoken.say("menu.language"), Go(page="language"))],
            [button(spoken.say("settings.here"), Go(page="here"))] if elsewhere else [],
            [button(spoken.say("channel.leave"), Go(page="self"))] if of_channel else [],
        ]
    )


def reads_keyboard(reads: str, spoken: Language) -> InlineKeyboardMarkup:
    choices = [
        button(("✓ " if code == reads else "") + spoken.say(f"reads.{code}"), PickReads(code=code))
        for code in READS
    ]
    return keyboard([*in_rows(choices, 1), [button(spoken.say("menu.back"), Go(page="settings"))]])


def length_keyboard(subscriber: Subscriber, spoken: Language) -> InlineKeyboardMarkup:
    minutes = [
        button(
            ("✓ " if choice == subscriber.minutes else "")
            + spoken.say("length.minutes", minutes=choice),
            PickMinutes(minutes=choice),
        )
        for choice in MINUTES
    ]
    told = telling_of(subscriber)
    tellings = [
        button(
            ("✓ " if choice == told else "") + telling_name(choice, spoken),
            PickTelling(sentences=choice),
        )
        for choice in TELLINGS
    ]
    back = [button(spoken.say("menu.back"), Go(page="settings"))]
    return keyboard([minutes, *in_rows(tellings, 2), back])


def length_name(minutes: int, spoken: Language) -> str:
    """`обычно, 5 мин`."""
    form = {2: "length.short", 5: "length.standard", 10: "length.long"}[minutes]
    return spoken.say(form, minutes=minutes)


def telling_of(subscriber: Subscriber) -> int:
    """Which of TELLINGS was chosen."""
    if subscriber.quotes:
        return 0
    return subscriber.sentences or HEADLINES


def telling_name(telling: int, spoken: Language) -> str:
    if telling == HEADLINES:
        return spoken.say("length.headlines")
    return spoken.say("length.sentences", telling) if telling else spoken.say("length.quote")


def languages_keyboard(spoken: Language) -> InlineKeyboardMarkup:
    return keyboard(
        [
            *in_rows(
                [button(language(code).name, PickLanguage(code=code)) for code in LANGUAGES], 2
            ),
            [button(spoken.say("menu.back"), Go(page="settings"))],
        ]
    )


def topics_keyboard(topics: Sequence[Topic], offset: int, spoken: Language) -> InlineKeyboardMarkup:
    shown = topics[offset : offset + TOPICS_A_PAGE]
    rows = [
        [button(f"✖ {topic.words[:40]}", DropTopic(topic=topic.id, offset=offset))]
        for topic in shown
    ]
    return keyboard(
        [
            *rows,
            pager(len(topics), offset, TOPICS_A_PAGE, "topics"),
            [button(spoken.say("topics.share"), Go(page="share"))] if topics else [],
            [
                button(spoken.say("topics.add"), Go(page="addtopic")),
                button(spoken.say("menu.settings"), Go(page="settings")),
            ],
        ]
    )


def share_keyboard(link: str, text: str, spoken: Language) -> InlineKeyboardMarkup:
    """Telegram's own way to hand a link on: it asks to whom."""
    query = urlencode({"url": link, "text": text}, quote_via=quote)
    forward = InlineKeyboardButton(
        text=spoken.say("topics.share_to"), url=f"https://t.me/share/url?{query}"
    )
    return keyboard([[forward], [button(spoken.say("menu.back"), Go(page="topics"))]])


def back_keyboard(page: str, spoken: Language) -> InlineKeyboardMarkup:
    return keyboard([[button(spoken.say("menu.back"), Go(page=page))]])


def mutes_keyboard(mutes: Sequence[Topic]) -> InlineKeyboardMarkup | None:
    """None: nothing is muted."""
    rows = [[button(f"✖ {one.words[:40]}", DropMute(mute=one.id))] for one in mutes]
    return keyboard(rows) if rows else None


def pager(total: int, offset: int, size: int, page: str) -> Row:
    """⬅️ and ➡️ where there is something that way."""
    row = []
    if offset > 0:
        row.append(button("⬅️", Go(page=page, offset=max(0, offset - size))))
    if offset + size < total:
        row.append(button("➡️", Go(page=page, offset=offset + size)))
    return row
