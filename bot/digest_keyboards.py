"""The buttons under a digest: a number an item, which opens the item's menu in place of them.

They name items by their place in the digest, so chats whose digests are equal share the message
with its buttons; whose item it is, is looked up by the message that was pressed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.i18n import Language
from bot.keyboards import Go, Row, button, in_rows, keyboard
from bot.rendering import shortened
from bot.story_keyboards import ItemStory

NUMBERS_A_ROW: Final = 6
LABEL_LETTERS: Final = 40  # one line of a phone
LISTED: Final = 10  # stories on a page of the whole list
NO_MARKS: Final[Mapping[int, str]] = {}
LIKED: Final = "👍"
DISLIKED: Final = "👎"
KEPT: Final = "🔖"
SAVED_A_PAGE: Final = 5


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


class VoteItem(CallbackData, prefix="vote"):
    """1: more like this, -1: less, 0: neither after all."""

    place: int
    wanted: int


class SaveItem(CallbackData, prefix="save"):
    place: int
    wanted: bool


class TurnSaved(CallbackData, prefix="saved"):
    offset: int


class DropSaved(CallbackData, prefix="unsave"):
    """`saved` is its id; then the page at `offset` is shown."""

    saved: int
    offset: int


class PickReminder(CallbackData, prefix="remind"):
    """Whether what was saved is recalled once a week."""

    wanted: bool
    offset: int


class PickAlerts(CallbackData, prefix="alerts"):
    """Whether a followed topic that breaks is told at once; `under`: pressed under an alert, which
    stays as it is."""

    wanted: bool
    under: bool = False


class ResetTaste(CallbackData, prefix="retaste"):
    """Forget all votes; `sure` False: ask first."""

    sure: bool = False


class ListAll(CallbackData, prefix="all"):
    """Everything the digest was chosen from."""

    offset: int = 0


class Why(CallbackData, prefix="why"):
    """Of digests sent before their items had numbers: why all of them are here."""

    back: bool = False


def digest_keyboard(
    places: Sequence[int],
    page: int,
    pages: int,
    spoken: Language,
    marks: Mapping[int, str] = NO_MARKS,
) -> InlineKeyboardMarkup:
    """`marks`: what was pressed in the menus of some places."""
    numbers = [
        button(f"{place + 1} {marks.get(place, '')}".strip(), OpenItem(place=place))
        for place in places
    ]
    return keyboard(
        [
            *in_rows(numbers, NUMBERS_A_ROW),
            turning(page, pages, lambda to: TurnPage(page=to)),
            [button(spoken.say("digest.all"), ListAll())],
        ]
    )


def turning(page: int, pages: int, turn: Callable[[int], CallbackData]) -> Row:
    """Each says which page it leads to; `turn` is what leads there."""
    row = []
    if page > 1:
        row.append(button(f"⬅️ {page - 1}/{pages}", turn(page - 1)))
    if page < pages:
        row.append(button(f"{page + 1}/{pages} ➡️", turn(page + 1)))
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
    liked: bool | None  # None: no vote
    saved: bool


def item_keyboard(menu: Menu, spoken: Language) -> InlineKeyboardMarkup:
    place, hushed = menu.place, menu.hushed
    source = spoken.say("item.unhush" if hushed else "item.hush", source=short_label(menu.source))
    return keyboard(
        [
            [
                InlineKeyboardButton(
                    text=short_label(f"{place + 1}. {menu.title}"), url=menu.address
                )
            ],
            [
                _vote_button(menu, "item.more", spoken, liked=True),
                _vote_button(menu, "item.less", spoken, liked=False),
                button(
                    ("✓ " if menu.saved else "") + spoken.say("item.save"),
                    SaveItem(place=place, wanted=not menu.saved),
                ),
            ],
            [
                button(spoken.say("item.why"), WhyItem(place=place)),
                button(spoken.say("story.more_on_it"), ItemStory(place=place)),
            ],
            [button(source, HushItem(place=place, wanted=not hushed))],
            [button(spoken.say("item.back"), TurnPage(page=menu.page))],
        ]
    )


def _vote_button(menu: Menu, key: str, spoken: Language, *, liked: bool) -> InlineKeyboardButton:
    """Pressed again it is taken back. A tick leaves no room for the word: there are three a row."""
    chosen = menu.liked is liked
    wanted = 0 if chosen else 1 if liked else -1
    label = f"✓ {LIKED if liked else DISLIKED}" if chosen else spoken.say(key)
    return button(label, VoteItem(place=menu.place, wanted=wanted))


def short_label(text: str) -> str:
    return shortened(text, LABEL_LETTERS)


def alert_keyboard(spoken: Language, *, menu: bool = True) -> InlineKeyboardMarkup:
    """`menu`: the story's, which a group has not."""
    off = button(spoken.say("alert.off"), PickAlerts(wanted=False, under=True))
    return keyboard([[button("👍 👎 🔖", OpenItem(place=0))] if menu else [], [off]])


def list_keyboard(offset: int, total: int, spoken: Language) -> InlineKeyboardMarkup:
    row = []
    if offset > 0:
        row.append(button("⬅️", ListAll(offset=max(0, offset - LISTED))))
    if offset + LISTED < total:
        row.append(button("➡️", ListAll(offset=offset + LISTED)))
    return keyboard([row, [button(spoken.say("item.back"), TurnPage(page=1))]])


def reasons_keyboard(spoken: Language) -> InlineKeyboardMarkup:
    return keyboard([[button(spoken.say("item.back"), Why(back=True))]])


def saved_keyboard(
    ids: Sequence[int], offset: int, total: int, spoken: Language, *, reminded: bool
) -> InlineKeyboardMarkup:
    drops = [
        button(f"✖ {number}", DropSaved(saved=one, offset=offset))
        for number, one in enumerate(ids, offset + 1)
    ]
    turns = []
    if offset > 0:
        turns.append(button("⬅️", TurnSaved(offset=max(0, offset - SAVED_A_PAGE))))
    if offset + SAVED_A_PAGE < total:
        turns.append(button("➡️", TurnSaved(offset=offset + SAVED_A_PAGE)))
    label = ("✓ " if reminded else "") + spoken.say("saved.remind")
    return keyboard(
        [drops, turns, [button(label, PickReminder(wanted=not reminded, offset=offset))]]
    )


def taste_keyboard(spoken: Language, *, sure: bool) -> InlineKeyboardMarkup:
    """`sure`: asks whether it is meant."""
    if not sure:
        return keyboard([[button(spoken.say("taste.reset"), ResetTaste())]])
    return keyboard(
        [
            [button(spoken.say("taste.sure"), ResetTaste(sure=True))],
            [button(spoken.say("menu.back"), Go(page="taste"))],
        ]
    )
