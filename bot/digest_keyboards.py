"""The buttons under a digest: a number an item, which opens the item's menu in place of them.

They name items by their place in the digest, so chats whose digests are equal share the message
with its buttons; whose item it is, is looked up by the message that was pressed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Language
from bot.keyboards import Row, button, in_rows, keyboard

NUMBERS_A_ROW: Final = 6
LABEL_LETTERS: Final = 40  # one line of a phone
LISTED: Final = 10  # stories on a page of the whole list


class TurnPage(CallbackData, prefix="page"):
    """Show this page of the digest, from wherever the message is now."""

    page: int


class OpenItem(CallbackData, prefix="item"):
    place: int


class WhyItem(CallbackData, prefix="whyitem"):
    place: int


class HushItem(CallbackData, prefix="hush"):
    """Leave the source of an item out of digests, or take it in again."""

    place: int
    wanted: bool


class ListAll(CallbackData, prefix="all"):
    """Everything the digest was chosen from."""

    offset: int = 0


class Why(CallbackData, prefix="why"):
    """Of digests sent before their items had numbers: why all of them are here."""

    back: bool = False


def digest_keyboard(
    places: Sequence[int], page: int, pages: int, spoken: Language
) -> InlineKeyboardMarkup:
    numbers = [button(str(place + 1), OpenItem(place=place)) for place in places]
    return keyboard(
        [
            *in_rows(numbers, NUMBERS_A_ROW),
            turning(page, pages),
            [button(spoken.say("digest.all"), ListAll())],
        ]
    )


def turning(page: int, pages: int) -> Row:
    """Each says which page it leads to."""
    row = []
    if page > 1:
        row.append(button(f"⬅️ {page - 1}/{pages}", TurnPage(page=page - 1)))
    if page < pages:
        row.append(button(f"{page + 1}/{pages} ➡️", TurnPage(page=page + 1)))
    return row


@dataclass(frozen=True, slots=True)
class Menu:
    """What the menu of an item shows."""

    place: int
    page: int
    title: str
    address: str
    source: str
    hushed: bool  # the chat wants nothing of the source


def item_keyboard(menu: Menu, spoken: Language) -> InlineKeyboardMarkup:
    place, hushed = menu.place, menu.hushed
    source = spoken.say("item.unhush" if hushed else "item.hush", source=_short(menu.source))
    return keyboard(
        [
            [InlineKeyboardButton(text=_short(f"{place + 1}. {menu.title}"), url=menu.address)],
            [
                button(spoken.say("item.why"), WhyItem(place=place)),
                button(source, HushItem(place=place, wanted=not hushed)),
            ],
            [button(spoken.say("item.back"), TurnPage(page=menu.page))],
        ]
    )


def _short(text: str) -> str:
    return text if len(text) <= LABEL_LETTERS else text[: LABEL_LETTERS - 1].rstrip() + "…"


def list_keyboard(offset: int, total: int, spoken: Language) -> InlineKeyboardMarkup:
    row = []
    if offset > 0:
        row.append(button("⬅️", ListAll(offset=max(0, offset - LISTED))))
    if offset + LISTED < total:
        row.append(button("➡️", ListAll(offset=offset + LISTED)))
    return keyboard([row, [button(spoken.say("item.back"), TurnPage(page=1))]])


def reasons_keyboard(spoken: Language) -> InlineKeyboardMarkup:
    return keyboard([[button(spoken.say("item.back"), Why(back=True))]])
