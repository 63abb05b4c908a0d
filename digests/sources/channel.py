"""Reads the preview pages of public Telegram channels, `t.me/s/NAME`: twenty posts each, older
ones behind `?before=`. The page of a channel without a preview, or of no channel, has no history.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree, html

from digests.errors import ArticleRejectedError, NoChannelError
from digests.models import Entry
from digests.sources.post import post_entry
from digests.text.characters import clean_title
from digests.text.charset import decode

PUBLIC_SITE: Final = "https://t.me"
MOST_POSTS: Final = 200  # of a page; Telegram shows twenty

_POST = re.compile(r"([A-Za-z]\w{2,40})/(\d{1,12})")
_NAME = re.compile(
    r"(?:@|(?:https?://)?(?:www\.)?(?:t|telegram)\.me/(?:s/)?)([A-Za-z][A-Za-z0-9_]{3,31})"
    r"(?:/\d+){0,2}/?(?:[?#]\S*)?$",
    re.IGNORECASE,
)
_TELEGRAM = re.compile(r"(?:https?://)?(?:www\.)?(?:t|telegram)\.me/", re.IGNORECASE)
# Addresses of t.me that are no channel's name.
_RESERVED: Final = frozenset(
    """addemoji addlist addstickers addtheme boost confirmphone contact giftcode invoice joinchat
    login proxy setlanguage share socks""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class ChannelPage:
    title: str
    entries: tuple[Entry, ...]  # posts with something to read, oldest first
    first: int | None  # number of the oldest post on the page, readable or not; None: no posts
    last: int | None  # of the newest


def channel_name(words: str) -> str | None:
    """The name in `@name`, `t.me/name`, `https://t.me/s/name/123`. None: it is none of these."""
    found = _NAME.match(words.strip())
    return found[1] if found and found[1].lower() not in _RESERVED else None


def is_telegram(words: str) -> bool:
    """An address on t.me, of a public channel or not."""
    return bool(_TELEGRAM.match(words.strip()))


def parse_channel(data: bytes, url: str | None = None) -> ChannelPage:
    """Raises NoChannelError."""
    try:
        page = html.document_fromstring(decode(data, "utf-8").encode(), parser=_parser())
    except (ArticleRejectedError, etree.LxmlError, ValueError) as error:
        raise NoChannelError(url=url) from error
    title = next((_text(node) for node in _with(page, "tgme_channel_info_header_title")), "")
    posts = [one for node in _with(page, "tgme_widget_message") if (one := _post(node))]
    if not posts and next(_with(page, "tgme_channel_history"), None) is None:
        raise NoChannelError(url=url)
    posts = sorted(posts[-MOST_POSTS:], key=lambda post: post[0])
    return ChannelPage(
        clean_title(title),
        tuple(entry for _, entry in posts if entry),
        posts[0][0] if posts else None,
        posts[-1][0] if posts else None,
    )


def _parser() -> html.HTMLParser:
    return html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)


def _post(message: Any) -> tuple[int, Entry | None] | None:  # noqa: ANN401 - lxml has no types
    """Its number, and the entry if there is something to read. None: it is no post."""
    found = _POST.fullmatch(message.get("data-post", ""))
    if found is None:
        return None
    number = int(found[2])
    if "service_message" in message.get("class", "").split():
        return number, None
    origin = next((_text(node) for node in _with(message, _FORWARDED)), None)
    published = _published(message)
    for text in _texts(message):
        entry = post_entry(
            text,
            guid=f"{found[1].lower()}/{number}",
            link=f"{PUBLIC_SITE}/{found[1]}/{number}",
            published=published,
            origin=origin,
        )
        if entry:
            return number, entry
    return number, None


_FORWARDED: Final = "tgme_widget_message_forwarded_from_name"


def _texts(message: Any) -> Iterator[str]:  # noqa: ANN401 - lxml has no types
    """What the post says; where that is a bare link, what the linked page says of itself."""
    for node in _with(message, "js-message_text"):
        for line_end in node.iter("br", "pre", "blockquote"):
            line_end.tail = "\n" + (line_end.tail or "")
            if line_end.tag != "br":  # begins a line too
                line_end.text = "\n" + (line_end.text or "")
        yield "".join(node.itertext())
        break
    preview = [*_with(message, "link_preview_title"), *_with(message, "link_preview_description")]
    yield "\n\n".join(map(_text, preview))


def _published(message: Any) -> datetime | None:  # noqa: ANN401 - lxml has no types
    """The time in the post's footer; videos have times of another kind."""
    for anchor in _with(message, "tgme_widget_message_date"):
        for node in anchor.iter("time"):
            try:
                moment = datetime.fromisoformat(node.get("datetime", ""))
                return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            except (ValueError, OverflowError):  # years beyond what there is, by a zone
                continue
    return None


def _with(node: Any, name: str) -> Iterator[Any]:  # noqa: ANN401 - lxml has no types
    """The elements below that have this class, in document order."""
    wanted = "descendant::*[contains(concat(' ', normalize-space(@class), ' '), $name)]"
    yield from node.xpath(wanted, name=f" {name} ")


def _text(node: Any) -> str:  # noqa: ANN401 - lxml has no types
    return " ".join("".join(node.itertext()).split())
