"""Telegram's HTML (`parse_mode=HTML`) turned into text and entities.

Follows TDLib's `parse_html`: the same tags, the same four named references, the same error texts
with byte offsets.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from bot.sandbox.formatting import utf16_length
from bot.sandbox.model import ApiError, Json, bad_request

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|([a-z]+));?")
_TAG = re.compile(r"<(/?)([^\s<>/]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int
    attributes: dict[str, str]


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return text and entities, or raise "can't parse entities" as Telegram would."""
    text = ""
    entities: list[Json] = []
    stack: list[_Open] = []
    place = 0
    while (start := source.find("<", place)) >= 0:
        text += decode_references(source[place:start])
        match = _TAG.match(source, start)
        if match is None:
            raise _error("Unclosed start tag", source, start)
        if match[1]:
            _close(match[2].lower(), stack, text, entities, (source, start))
        else:
            stack.append(_open(match, source, utf16_length(text)))
        place = match.end()
    if stack:
        raise bad_request(
            f"can't parse entities: Can't find end tag corresponding to start tag "
            f'"{stack[-1].tag}"'
        )
    return text + decode_references(source[place:]), entities


def decode_references(text: str) -> str:
    """Replace numeric references and the four names Telegram knows; leave the rest as it is."""

    def replace(match: re.Match[str]) -> str:
        decimal, hexadecimal, name = match.groups()
        if name:
            return _NAMED.get(name, match[0])
        code = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(code) if 0 < code <= sys.maxunicode else match[0]

    return _REFERENCE.sub(replace, text)


def _open(match: re.Match[str], source: str, offset: int) -> _Open:
    tag = match[2].lower()
    if tag not in _TAGS:
        raise _error(f'Unsupported start tag "{tag}"', source, match.start())
    attributes = {
        found[1].lower(): decode_references(found[2] or found[3] or found[4] or "")
        for found in _ATTRIBUTE.finditer(match[3])
    }
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise _error('Tag "span" must have class "tg-spoiler"', source, match.start())
    return _Open(tag, offset, attributes)


def _close(
    tag: str, stack: list[_Open], text: str, entities: list[Json], at: tuple[str, int]
) -> None:
    if not stack:
        raise _error("Unexpected end tag", *at)
    opened = stack.pop()
    if tag not in {"", opened.tag}:
        place = len(at[0][: at[1]].encode())
        raise bad_request(
            f"can't parse entities: Unmatched end tag at byte offset {place}, "
            f'expected "</{opened.tag}>", found "</{tag}>"'
        )
    length = utf16_length(text) - opened.offset
    entity = _entity(opened, text, length)
    if length > 0 and entity is not None:
        _merge_code(entity, entities)


def _entity(opened: _Open, text: str, length: int) -> Json | None:
    entity: Json = {"type": _TAGS[opened.tag], "offset": opened.offset, "length": length}
    if opened.tag == "a":
        inner = text.encode("utf-16-le")[opened.offset * 2 :].decode("utf-16-le")
        entity["url"] = opened.attributes.get("href") or inner
    elif opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
    elif opened.tag == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    elif opened.tag == "code" and opened.attributes.get("class", "").startswith("language-"):
        entity["language"] = opened.attributes["class"].removeprefix("language-")
    return entity


def _merge_code(entity: Json, entities: list[Json]) -> None:
    """`<pre><code class="language-x">` is one entity."""
    last = entities[-1] if entities else None
    place = (entity["offset"], entity["length"])
    if (
        entity["type"] == "pre"
        and last is not None
        and last["type"] == "code"
        and (last["offset"], last["length"]) == place
    ):
        entities.pop()
        entity |= {key: value for key, value in last.items() if key == "language"}
    entities.append(entity)


def _error(text: str, source: str, index: int) -> ApiError:
    place = len(source[:index].encode())
    return bad_request(f"can't parse entities: {text} at byte offset {place}")
