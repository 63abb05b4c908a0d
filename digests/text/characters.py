"""Takes out of shown text what is no text: control characters, bidi overrides, invisible tags.

Everything a source publishes passes here before it is cleaned, keyed or shown, so that no later
stage has to think of characters that hide, reorder or break a message.
"""

import re
import unicodedata
from typing import Final

TITLE_CHARACTERS: Final = 300

# Kept: tab and line feed; ZWJ and ZWNJ, which emoji and some scripts need.
_UNWANTED: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # C0, C1
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, BOM
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u2061-\u2064\u206a-\u206f\u3164\uffa0"  # blanks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi marks, overrides, isolates
    "\ufff0-\uffff"  # interlinear marks, replacement character, non-characters
    "\ud800-\udfff"  # lone surrogates cannot be sent
    "\U000e0000-\U000e0fff"  # tags and the variation selectors that can hide a message
)
_UNWANTED_RUN = re.compile(f"[{_UNWANTED}]+")
_LINE_BREAK = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_ODD = re.compile(f"[\r\x85\u2028\u2029{_UNWANTED}]")  # of either kind: most texts have none
_BEFORE_CUT = " \t,;:—–-«„“(["


def clean_characters(text: str) -> str:
    """NFC, line breaks as line feeds, nothing invisible; white space is otherwise left alone."""
    if _ODD.search(text):
        text = _UNWANTED_RUN.sub("", _LINE_BREAK.sub("\n", text))
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def clean_title(text: str) -> str:
    """One line of at most 300 characters, cut at a word with "…"."""
    return shortened(" ".join(clean_characters(text).split()), TITLE_CHARACTERS)


def shortened(line: str, limit: int) -> str:
    """`line`, or its first words with "…" so that it has at most `limit` characters."""
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    if not line[limit - 1].isspace():
        cut = head.rfind(" ")
        if cut > limit // 2:
            head = head[:cut]
    return head.rstrip(_BEFORE_CUT) + "…"
