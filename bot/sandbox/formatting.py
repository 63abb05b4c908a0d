"""Text and entities as Telegram keeps them: cleaned, trimmed, sorted, with its own finds added.

The rules and error texts follow TDLib's `fix_formatted_text` (`MessageEntity.cpp`); offsets are
UTF-16 code units everywhere. What Telegram drops without a word becomes a warning here, so that a
test can assert there was none. Formatting that only needs splitting at a link is kept whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.sandbox.model import Json, bad_request

MAX_ENTITIES = 100
MAX_OFFSET = 1_000_000
LAST_OF_ONE_UNIT = 0xFFFF
TRIMMED = " \n"
SPLITTABLE = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
CODE = frozenset({"pre", "code"})
LINK_SCHEMES = frozenset({"http", "https", "tg", "ton", "tonsite"})
_ORDER = ("expandable_blockquote", "blockquote", "pre", "code", "text_link", "text_mention", "url")

_INVISIBLE = re.compile(
    r"[ \n\u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc"
    r"\U000e0000-\U000e007f]*"
)
_FINDS = (
    (
        "url",
        re.compile(
            r"(?<![\w@./-])(?:https?://[^\s<>\"«»]+|(?:[\w-]+\.)+"
            r"(?:ru|com|org|net|info|io|me|su|рф|news|dev|app|uk|de)\b(?:/[^\s<>\"«»]*)?)",
            re.IGNORECASE,
        ),
    ),
    ("email", re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{2,31})?(?![\w/])")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}", re.ASCII)),
    ("hashtag", re.compile(r"(?<![\w#])#\d*[^\W\d]\w*")),
)


@dataclass(slots=True)
class Formatted:
    text: str
    entities: list[Json] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def fix_formatting(text: str, entities: list[Json]) -> Formatted:
    """Return the text as Telegram would keep it; empty text stays for the caller to refuse."""
    for entity in entities:
        _check_arguments(entity)
    cleaned, moved = _clean(text, [dict(e) for e in entities if e["length"] > 0])
    trimmed = _trim(cleaned, _sorted(moved))
    if _INVISIBLE.fullmatch(trimmed.text):
        return Formatted("", [], trimmed.warnings)
    _nest(trimmed)
    _add_found(trimmed)
    _cut_surplus(trimmed)
    return trimmed


def check_url(url: str) -> str | None:
    """Return Telegram's complaint about the URL, None when there is none."""
    if not url:
        return "URL host is empty"
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme.lower() not in LINK_SCHEMES:
        return "Unsupported URL protocol"
    host = parts.hostname or ""
    if parts.scheme.lower() in {"http", "https"} and "." not in host.strip(".") and ":" not in host:
        return "Wrong HTTP URL"
    return None


def _check_arguments(entity: Json) -> None:
    for name in ("offset", "length"):
        if not 0 <= entity[name] <= MAX_OFFSET:
            raise bad_request(f"receive an entity with incorrect {name} {entity[name]}")
    if entity["type"] == "text_link":
        complaint = check_url(entity.get("url") or "")
        if complaint:
            raise bad_request(f"entity URL '{entity.get('url') or ''}' is invalid: {complaint}")


def _clean(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Replace control characters by spaces, remove what Telegram removes, move the entities."""
    places: dict[int, int] = {}
    kept: list[str] = []
    old = new = 0
    for character in text:
        places[old] = new
        units = 2 if ord(character) > LAST_OF_ONE_UNIT else 1
        old += units
        clean = _clean_character(character)
        kept.append(clean)
        new += units if clean else 0
    places[old] = new
    for entity in entities:
        _move(entity, places, text, old)
    return "".join(kept), [e for e in entities if e["length"] > 0]


def _clean_character(character: str) -> str:
    if character == "\r" or "\u2028" <= character <= "\u202e" or character in "\u0333\u033f\u030a":
        return ""
    return " " if character < " " and character != "\n" else character


def _move(entity: Json, places: dict[int, int], text: str, total: int) -> None:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    if start > total:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {start}")
    if start not in places:
        raise bad_request(
            f"entity begins in a middle of a UTF-16 symbol at byte offset {_bytes(text, start)}"
        )
    head = f"entity beginning at UTF-16 offset {start} ends"
    if end > total:
        raise bad_request(f"{head} after the end of the text at UTF-16 offset {end}")
    if end not in places:
        place = _bytes(text, end)
        raise bad_request(f"{head} in a middle of a UTF-16 symbol at byte offset {place}")
    entity["offset"] = places[start]
    entity["length"] = places[end] - places[start]


def _bytes(text: str, units: int) -> int:
    """Return the UTF-8 length of the text up to the symbol that contains this UTF-16 offset."""
    taken = count = 0
    for character in text:
        if count >= units:
            break
        count += 2 if ord(character) > LAST_OF_ONE_UNIT else 1
        taken += len(character.encode())
    return taken


def _sorted(entities: list[Json]) -> list[Json]:
    def key(entity: Json) -> tuple[int, int, int]:
        kind = entity["type"]
        rank = _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
        return entity["offset"], -entity["length"], rank

    return sorted(entities, key=key)


def _trim(text: str, entities: list[Json]) -> Formatted:
    """Cut white space at the end, and at the start up to the first entity."""
    text = text.rstrip(TRIMMED)
    end = utf16_length(text)
    kept = [e for e in entities if e["offset"] < end]
    for entity in kept:
        entity["length"] = min(entity["length"], end - entity["offset"])
    first = kept[0]["offset"] if kept else end
    start = min(len(text) - len(text.lstrip(TRIMMED)), first)
    for entity in kept:
        entity["offset"] -= start
    return Formatted(text[start:], kept)


def _nest(formatted: Formatted) -> None:
    """Drop links, code and quotes that cross each other, and formatting inside code."""
    solid: list[Json] = []
    kept: list[Json] = []
    for entity in formatted.entities:
        rivals = [other for other in solid if _clash(other, entity)]
        if rivals:
            formatted.warnings.append(f"entity dropped: {entity} clashes with {rivals[0]}")
            continue
        kept.append(entity)
        if entity["type"] not in SPLITTABLE:
            solid.append(entity)
    formatted.entities = kept


def _clash(outer: Json, entity: Json) -> bool:
    if not _overlap(outer, entity):
        return False
    if outer["type"] in CODE:
        return True
    if entity["type"] in SPLITTABLE:
        return False
    inside = entity["offset"] + entity["length"] <= outer["offset"] + outer["length"]
    return not (outer["type"] in QUOTES and entity["type"] not in QUOTES and inside)


def _overlap(one: Json, other: Json) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"]
        and other["offset"] < one["offset"] + one["length"]
    )


def _add_found(formatted: Formatted) -> None:
    solid = [e for e in formatted.entities if e["type"] not in SPLITTABLE | QUOTES]
    for kind, pattern in _FINDS:
        for match in pattern.finditer(formatted.text):
            found = match.group().rstrip(".,;:!?)]}'") if kind == "url" else match.group()
            start = utf16_length(formatted.text[: match.start()])
            entity = {"type": kind, "offset": start, "length": utf16_length(found)}
            if not any(_overlap(entity, other) for other in solid):
                solid.append(entity)
                formatted.entities.append(entity)
    formatted.entities = _sorted(formatted.entities)


def _cut_surplus(formatted: Formatted) -> None:
    """Keep 100 of the entities that cannot be split; Telegram drops further ones silently."""
    counted = [e for e in formatted.entities if e["type"] not in SPLITTABLE]
    surplus = counted[MAX_ENTITIES:]
    if surplus:
        formatted.warnings.append(f"{len(surplus)} entities over {MAX_ENTITIES} dropped")
        formatted.entities = [e for e in formatted.entities if not any(e is s for s in surplus)]
