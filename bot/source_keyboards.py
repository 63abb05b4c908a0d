"""The buttons about sources: what was found, what is asked for, what may be done about each."""

from collections.abc import Sequence
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Language
from bot.keyboards import Go, Row, button, in_rows, keyboard, pager
from bot.starters import STARTERS
from digests.models import SourceId, SourceKind
from storage.offers import Offer
from storage.sources import Health

OFFERS_SHOWN: Final = 10
WEIGHT_STEP: Final = 25  # hundredths
NEXT_PAGES: Final = {"auto": "on", "on": "off", "off": "auto"}


class DropSource(CallbackData, prefix="dropsrc"):
    source: int
    sure: bool = False


class RetrySource(CallbackData, prefix="retry"):
    source: int


class OpenSource(CallbackData, prefix="src"):
    """One source's page; `offset` is of the list it was opened from."""

    source: int
    offset: int = 0


class TuneSource(CallbackData, prefix="tune"):
    """Set something of a source: `mute` or `unmute` it, its `weight` (hundredths), whether its
    `pages` are read."""

    source: int
    what: str
    value: str = ""
    offset: int = 0


class TakeOffer(CallbackData, prefix="offer"):
    """Add what was found; `offer` 0: all of the batch that are sources."""

    batch: int
    offer: int = 0


class DecideRequest(CallbackData, prefix="request"):
    """An administrator's word on sources somebody asked for."""

    batch: int
    word: str  # own, shared, no


class TakeStarter(CallbackData, prefix="starter"):
    code: str  # of the language


def offers_keyboard(offers: Sequence[Offer], spoken: Language) -> InlineKeyboardMarkup | None:
    """None: nothing is left of the batch."""
    rows = [
        [button(_offer_label(one), TakeOffer(batch=one.batch, offer=one.id))]
        for one in offers[:OFFERS_SHOWN]
    ]
    feeds = [one for one in offers if one.found.kind is not SourceKind.SENT]
    if len(feeds) > 1:
        label = spoken.say("sources.take_all", len(feeds))
        rows.append([button(label, TakeOffer(batch=feeds[0].batch))])
    return keyboard(rows) if rows else None


def _offer_label(offer: Offer) -> str:
    mark = {SourceKind.SENT: "📄", SourceKind.CHANNEL: "📣"}.get(offer.found.kind, "+")
    return f"{mark} {offer.found.title[:50]}"


def request_keyboard(batch: int, spoken: Language) -> InlineKeyboardMarkup:
    words = ("own", "shared", "no")
    return keyboard(
        [
            [button(spoken.say(f"sources.request.{word}"), DecideRequest(batch=batch, word=word))]
            for word in words
        ]
    )


def starters_keyboard(spoken: Language) -> InlineKeyboardMarkup:
    return keyboard(
        [
            [button(spoken.say(f"sources.starter.{code}"), TakeStarter(code=code))]
            for code in STARTERS
        ]
    )


def sources_keyboard(
    shown: Sequence[Health], total: int, offset: int, size: int
) -> InlineKeyboardMarkup:
    """A button for each source's page by its number in the list, one more for each parked."""
    numbers = [
        button(str(offset + number), OpenSource(source=health.source.id, offset=offset))
        for number, health in enumerate(shown, 1)
    ]
    parked = [
        [button(f"↻ {health.source.title[:40]}", RetrySource(source=health.source.id))]
        for health in shown
        if health.parked
    ]
    return keyboard([*parked, *in_rows(numbers, 5), pager(total, offset, size, "sources")])


def source_keyboard(
    health: Health, offset: int, spoken: Language, *, may_change: bool
) -> InlineKeyboardMarkup:
    """A source's page; `may_change`: it is the chat's own, or an administrator looks."""
    number = health.source.id

    def tune(key: str, what: str, value: str = "") -> InlineKeyboardButton:
        data = TuneSource(source=number, what=what, value=value, offset=offset)
        return button(spoken.say(key), data)

    weight = round(health.source.weight * 100)
    less, more = max(0, weight - WEIGHT_STEP), min(100, weight + WEIGHT_STEP)

    rows: list[Row] = [
        [tune("source.unmute", "unmute") if health.muted else tune("source.mute", "mute")]
    ]
    if may_change:
        rows.append(
            [tune("source.down", "weight", str(less)), tune("source.up", "weight", str(more))]
        )
        if health.source.kind is SourceKind.FEED:
            rows.append([tune(f"source.pages.{health.pages}", "pages", NEXT_PAGES[health.pages])])
        rows.append([button(spoken.say("source.remove"), DropSource(source=number))])
    if health.parked:
        rows.insert(0, [button(spoken.say("sources.retry"), RetrySource(source=number))])
    rows.append([button(spoken.say("menu.back"), Go(page="sources", offset=offset))])
    return keyboard(rows)


def retry_keyboard(source: SourceId, spoken: Language) -> InlineKeyboardMarkup:
    return keyboard([[button(spoken.say("sources.retry"), RetrySource(source=source))]])
