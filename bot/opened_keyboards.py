"""The buttons of a group's digest as one of its readers opened it: in its own message they would
be everybody's, here they act for the reader alone. Each names the digest by its key.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.deep_links import link_to
from bot.digest_keyboards import NUMBERS_A_ROW, short_label, turning
from bot.digest_links import PREFIX
from bot.i18n import Language
from bot.keyboards import button, in_rows, keyboard


class OpenedPage(CallbackData, prefix="opage"):
    key: str
    page: int


class OpenedItem(CallbackData, prefix="oitem"):
    key: str
    place: int


class OpenedWhy(CallbackData, prefix="owhy"):
    key: str
    place: int


class OpenedSave(CallbackData, prefix="osave"):
    key: str
    place: int
    wanted: bool


def link_keyboard(label: str, bot: str, key: str) -> InlineKeyboardMarkup:
    """Under the digest in the group or channel."""
    url = link_to(bot, PREFIX + key)
    return keyboard([[InlineKeyboardButton(text=label, url=url)]])


def opened_keyboard(key: str, places: Sequence[int], page: int, pages: int) -> InlineKeyboardMarkup:
    numbers = [button(str(place + 1), OpenedItem(key=key, place=place)) for place in places]
    turns = turning(page, pages, lambda to: OpenedPage(key=key, page=to))
    return keyboard([*in_rows(numbers, NUMBERS_A_ROW), turns])


@dataclass(frozen=True, slots=True)
class OpenedMenu:
    """What the menu of an item shows."""

    place: int
    page: int
    title: str
    address: str | None  # None: the reader cannot open it
    saved: bool | None  # None: not for the reader to keep


def opened_item_keyboard(key: str, menu: OpenedMenu, spoken: Language) -> InlineKeyboardMarkup:
    place, title = menu.place, short_label(f"{menu.place + 1}. {menu.title}")
    link = [InlineKeyboardButton(text=title, url=menu.address)] if menu.address else []
    acts = [button(spoken.say("item.why"), OpenedWhy(key=key, place=place))]
    if menu.saved is not None:
        label = ("✓ " if menu.saved else "") + spoken.say("item.save")
        acts.append(button(label, OpenedSave(key=key, place=place, wanted=not menu.saved)))
    back = button(spoken.say("item.back"), OpenedPage(key=key, page=menu.page))
    return keyboard([link, acts, [back]])
