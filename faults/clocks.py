"""Two years of schedules by a clock of our own, in zones whose clocks change in every way there
is; then outages and clocks that are set wrong. The bot's own tick is run, without a network."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from bot.clock import ClockWatch
from bot.context import Context
from bot.fetching import open_fetcher
from bot.guard import AllowedHosts
from bot.pipeline import publish_due_digests
from bot.settings import Settings, load_settings
from bot.subscribing import keep_quiet, schedule_by_words
from bot.telegram import make_bot
from bot.workers import Workers, start_workers
from digests.models import ChatId
from faults.table import Plan, Row
from storage.database import open_database
from storage.schedules import schedules_of
from storage.subscribers import add_subscriber, find_subscriber

TOKEN: Final = "1:" + "x" * 35
# No change, by an hour at 01:00 UTC, by an hour at 02:00 local, by half an hour, twice in
# Ramadan besides, and an offset of quarters.
ZONES: Final = (
    "Europe/Moscow",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
)
WORDS: Final = (
    "8:30 weekdays",
    "2:30",
    "0:00",
    "23:59",
    "9 mon",
    "8:00 20:00",
    "1:45 sat-sun, 3:10 weekdays",
    "every 6 hours",
    "every 5 hours weekdays",
)
QUIET: Final = (time(23), time(7))
START: Final = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Wish:
    """What a chat asked for; `ids` are its schedules' by local time, 0 for a rhythm of hours."""

    chat: ChatId
    words: str
    zone: ZoneInfo
    quiet: bool
    ids: dict[time | int, int] = field(default_factory=dict)


@dataclass
class Fleet:
    """The chats and the bot's clockwork, which a restart makes anew; the pool of workers, which
    keeps nothing, is lent."""

    folder: Path
    clock: Clock
    workers: Workers
    wishes: list[Wish] = field(default_factory=list)
    restarts: int = 0

    @property
    def settings(self) -> Settings:
        return load_settings(
            _env_file=None,
            bot_token=TOKEN,
            database_url=f"sqlite:///{self.folder / 'svodka.sqlite'}",
            access="open",
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Context, ClockWatch]]:
        self.restarts += 1
        settings = self.settings
        async with (
            open_database(settings.database_path) as db,
            open_fetcher(AllowedHosts()) as fetcher,
            make_bot(settings, TOKEN).context() as bot,
        ):
            context = Context(
                settings, db, self.workers, self.workers, fetcher, self.clock, bot, "svodka"
            )
            yield context, ClockWatch(context)

    async def subscribe(self, context: Context, zones: tuple[str, ...]) -> None:
        for zone in zones:
            for words in WORDS:
                for quiet in (False, True):
                    wish = Wish(ChatId(len(self.wishes) + 1), words, ZoneInfo(zone), quiet)
                    await self._wish(context, wish)
                    self.wishes.append(wish)

    async def _wish(self, context: Context, wish: Wish) -> None:
        chat, db = wish.chat, context.db
        known = await add_subscriber(db, chat, "private", "P", "en", wish.zone.key, self.clock())
        await schedule_by_words(context, known, wish.words)
        if wish.quiet:
            subscriber = await find_subscriber(db, chat)
            await keep_quiet(context, subscriber or known, "23-7")
        for one in await schedules_of(db, chat):
            wish.ids[0 if one.timing.every else one.timing.at] = one.id


# --- what must come, said again in other words ---------------------------------------------------


def expected(wish: Wish, first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """(when, slot) of every digest due from `first` until before `last`, in order."""
    found = []
    if "every" in wish.words:
        every = int(wish.words.split()[1])
        found = list(_by_hours(wish, every, first - DAY, last))
    else:
        day = (first - 3 * DAY).astimezone(wish.zone).date()
        while day <= (last + DAY).astimezone(wish.zone).date():
            for at, days in _times(wish.words).items():
                if day.weekday() in days:
                    due = datetime.combine(day, at, wish.zone).astimezone(UTC)
                    found.append((due, f"{wish.ids[at]}/{day}/{at:%H:%M}"))
            day += DAY
    found = _held(sorted(found), wish) if wish.quiet else sorted(found)
    return [(due, slot) for due, slot in found if first <= due < last]


def _by_hours(
    wish: Wish, every: int, first: datetime, last: datetime
) -> Iterator[tuple[datetime, str]]:
    """Every so many hours from the local midnight of the day it was asked for."""
    due = START.astimezone(wish.zone).replace(hour=0, minute=0).astimezone(UTC)
    due += max(0, (first - due) // (every * HOUR)) * every * HOUR
    while due < last:
        weekday = due.astimezone(wish.zone).weekday()
        if "weekdays" not in wish.words or weekday < 5:
            yield due, f"{wish.ids[0]}/{due:%Y-%m-%dT%H}"
        due += every * HOUR


def _times(words: str) -> dict[time, range]:
    return {
        "8:30 weekdays": {time(8, 30): range(5)},
        "2:30": {time(2, 30): range(7)},
        "0:00": {time(0): range(7)},
        "23:59": {time(23, 59): range(7)},
        "9 mon": {time(9): range(1)},
        "8:00 20:00": {time(8): range(7), time(20): range(7)},
        "1:45 sat-sun, 3:10 weekdays": {time(1, 45): range(5, 7), time(3, 10): range(5)},
    }[words]


def _held(found: list[tuple[datetime, str]], wish: Wish) -> list[tuple[datetime, str]]:
    """Of those that fall into one night the last comes, at its end; one due then stands for all."""
    kept: dict[datetime, str] = {}
    for due, slot in found:
        local = due.astimezone(wish.zone)
        if QUIET[1] <= local.time() < QUIET[0]:
            kept[due] = slot
            continue
        morning = local.date() + (DAY if local.time() >= QUIET[0] else timedelta(0))
        kept[datetime.combine(morning, QUIET[1], wish.zone).astimezone(UTC)] = slot
    return list(kept.items())


# --- running -------------------------------------------------------------------------------------


async def next_wake(context: Context) -> datetime:
    row = await context.db.fetch_one("SELECT min(next_due_at) AS at FROM schedule")
    if row is None:
        raise LookupError("no schedules")
    return datetime.fromtimestamp(row["at"], UTC)


async def run_until(fleet: Fleet, end: datetime, chance: Random, lives: int) -> None:
    """Tick after tick, a few seconds late each, in so many lives of the bot; some ticks are cut
    off half way and made again."""
    stops = sorted(
        fleet.clock.now + (end - fleet.clock.now) * chance.random() for _ in range(lives - 1)
    )
    for stop in (*stops, end):
        async with fleet.running() as (context, watch):
            while (wake := await next_wake(context)) < stop:
                fleet.clock.now = max(
                    fleet.clock.now, wake + timedelta(seconds=chance.random() * 40)
                )
                await watch.look()
                if chance.random() < 0.01:
                    await cut_off(context, chance)
                await publish_due_digests(context)
            fleet.clock.now = stop


async def cut_off(context: Context, chance: Random) -> None:
    tick = asyncio.ensure_future(publish_due_digests(context))
    await asyncio.sleep(chance.random() * 0.02)
    tick.cancel()
    with suppress(asyncio.CancelledError):
        await tick


@dataclass
class Seen:
    due: int = 0
    missing: int = 0
    extra: int = 0
    late: int = 0  # by more than a minute, where no clock change explains it

    @property
    def is_exact(self) -> bool:
        return not (self.missing or self.extra or self.late)


async def judged(fleet: Fleet, first: datetime, last: datetime) -> Seen:
    seen = Seen()
    async with fleet.running() as (context, _):
        for wish in fleet.wishes:
            rows = await context.db.fetch_all(
                "SELECT slot, made_at FROM digest WHERE chat_id = :chat", {"chat": wish.chat}
            )
            made = {row["slot"]: datetime.fromtimestamp(row["made_at"], UTC) for row in rows}
            wanted = {slot: due for due, slot in expected(wish, first, last)}
            seen.due += len(wanted)
            seen.missing += len(wanted.keys() - made.keys())
            seen.extra += len(made.keys() - wanted.keys())
            seen.late += sum(
                not timedelta(0) <= made[slot] - due <= MINUTE
                for slot, due in wanted.items()
                if slot in made
            )
    return seen


async def run(plan: Plan) -> list[Row]:
    with start_workers() as workers:
        return [await two_years(plan, workers), await wrong_clocks(plan, workers)]


async def two_years(plan: Plan, workers: Workers) -> Row:
    zones = ZONES[1:3] if plan.short else ZONES
    days, lives = (16, 3) if plan.short else (730, 40)
    begin = datetime(2025, 3, 22, tzinfo=UTC) if plan.short else START
    fleet = Fleet(plan.scratch("clock"), Clock(START), workers)
    async with fleet.running() as (context, _):
        await fleet.subscribe(context, zones)
    if plan.short:  # over the spring change of Berlin alone
        await skip_to(fleet, begin)
    await run_until(fleet, begin + days * DAY, plan.random("clock"), lives)
    seen = await judged(fleet, begin, begin + days * DAY)
    return Row(
        f"{days} days × {len(zones)} zones × {2 * len(WORDS)} schedules, {fleet.restarts} lives, "
        "ticks cut off",
        seen.due,
        "one digest a local day and slot, within a minute",
        f"{seen.missing} missing, {seen.extra} extra, {seen.late} late",
        seen.is_exact,
    )


async def skip_to(fleet: Fleet, begin: datetime) -> None:
    """As a bot that is set up then, but for what hours are counted from."""
    fleet.clock.now = begin - DAY
    await run_until(fleet, begin, Random(0), 1)
    async with fleet.running() as (context, _), context.db.write() as tx:
        await tx.execute("DELETE FROM digest")


async def wrong_clocks(plan: Plan, workers: Workers) -> Row:
    trials = 1 if plan.short else 12
    chance, wrong, catch_ups = plan.random("wrong clocks"), 0, 0
    for trial in range(trials):
        fleet = Fleet(plan.scratch(f"wrong-{trial}"), Clock(START), workers)
        async with fleet.running() as (context, _):
            await fleet.subscribe(context, ZONES[:1] if plan.short else ZONES)
        await skip_to(fleet, START + timedelta(days=chance.uniform(1, 600)))
        await run_until(fleet, fleet.clock.now + DAY, chance, 1)
        for hours in (26, -1, 24, -24, 24 * 30, -24 * 30):
            found, late = await jump(fleet, hours * HOUR, chance)
            wrong += found
            catch_ups += late
    return Row(
        "26 h outage; clock −1 h, +1 day and back, +30 days and back",
        trials,
        "one catch-up a chat, none older than a period; 0 doubles, no digest stays away",
        f"{catch_ups} catch-ups, {wrong} wrong",
        not wrong and catch_ups > 0,
    )


async def jump(fleet: Fleet, by: timedelta, chance: Random) -> tuple[int, int]:
    """Move the clock while nothing runs, and look at the first tick and at the day after it: how
    many chats got something wrong, and how many a catch-up."""
    before, fleet.clock.now = fleet.clock.now, fleet.clock.now + by
    now, wrong, catch_ups = fleet.clock.now, 0, 0
    async with fleet.running() as (context, watch):
        old = await slots(context)
        await watch.look()
        await publish_due_digests(context)
        new = await slots(context)
    for wish in fleet.wishes:
        added = new[wish.chat] - old[wish.chat]
        passed = expected(wish, before, now) if by > timedelta(0) else []
        if is_quiet(wish, now):
            wrong += bool(added)
            continue
        latest = {slot for _, slot in passed[-1:]}
        wrong += added != latest - old[wish.chat]
        catch_ups += bool(added)
    await run_until(fleet, now + DAY, chance, 1)
    async with fleet.running() as (context, _):
        after = await slots(context)
    for wish in fleet.wishes:
        wanted = {slot for due, slot in expected(wish, now + MINUTE, now + DAY - MINUTE)}
        wrong += bool(wanted - after[wish.chat])
    return wrong, catch_ups


def is_quiet(wish: Wish, now: datetime) -> bool:
    wall = now.astimezone(wish.zone).time()
    return wish.quiet and not QUIET[1] <= wall < QUIET[0]


async def slots(context: Context) -> dict[ChatId, set[str]]:
    rows = await context.db.fetch_all("SELECT chat_id, slot FROM digest")
    found: dict[ChatId, set[str]] = {
        ChatId(row["chat_id"]): set()
        for row in await context.db.fetch_all("SELECT chat_id FROM subscriber")
    }
    for row in rows:
        found[ChatId(row["chat_id"])].add(row["slot"])
    return found
