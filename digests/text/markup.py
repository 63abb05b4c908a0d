"""Turns the HTML fragments of feeds into paragraphs of plain text, separated by blank lines.

Fragments are hostile: unclosed, nested a hundred thousand deep, double-escaped. The parser is used
as a stream of events, so no tree is built and depth costs nothing.
"""

import html
import re
from functools import cache
from typing import Any, Final

from lxml import etree

from digests.text.characters import clean_characters

LIST_MARK: Final = "• "  # what `cleaning` takes for an item of a list

_TAG = re.compile(r"<[a-zA-Z/!?]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_ENDED = re.compile(r"[.!?…:;»”\")\]]$")
_OPENS_PARAGRAPH = re.compile(r"[A-ZА-ЯЁ0-9«“\"„•№—–\-*]")
_MARKED = re.compile(r"[•·▪●*–—-]\s|\d{1,2}[.)]\s")

_WRAPPED_AT_MOST: Final = 100  # letters a line of a hard-wrapped text has
_WRAPPED_AT_LEAST: Final = 50  # and its usual lines have

_BREAKS: Final = frozenset(
    """address article aside blockquote body caption center dd details dialog div dl dt fieldset
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main nav ol p pre section
    summary table tbody tfoot thead tr ul""".split()  # noqa: SIM905
)
_DROPPED: Final = frozenset(
    """applet audio button canvas datalist embed figcaption frame frameset head iframe img input
    map math noembed noframes noscript object optgroup option param picture script select source
    style svg template textarea title track video""".split()  # noqa: SIM905
)
# Elements without content: the parser sends no text inside them.
_VOID: Final = frozenset("embed frame img input param source track".split())  # noqa: SIM905
_CELLS: Final = frozenset({"td", "th"})
_LISTS: Final = frozenset({"ol", "ul"})


def plain_text(fragment: str) -> str:
    """Paragraphs separated by blank lines; items of lists open with "• ".

    Text without tags keeps its words and loses only entities and white space.
    """
    fragment = clean_characters(fragment)
    text = _without_tags(fragment) if _TAG.search(fragment) else _unescaped(fragment)
    return "\n\n".join(paragraphs_of(clean_characters(text)))


def paragraphs_of(text: str) -> list[str]:
    """Paragraphs of plain text, each one line: blank lines part them, and line ends that are not
    a wrapped line's."""
    paragraphs: list[str] = []
    for block in _BLANK_LINES.split(text):
        lines = [line for line in (" ".join(raw.split()) for raw in block.split("\n")) if line]
        paragraphs += _unwrapped(lines) if len(lines) > 1 else lines
    return paragraphs


def _unwrapped(lines: list[str]) -> list[str]:
    """Lines put together where they are one paragraph that somebody wrapped."""
    longest = max(map(len, lines))
    usual = sorted(map(len, lines[:-1]))[len(lines[:-1]) // 2]
    wrapped = longest <= _WRAPPED_AT_MOST and usual >= _WRAPPED_AT_LEAST
    paragraphs = [lines[0]]
    before = lines[0]
    for line in lines[1:]:
        if wrapped:
            breaks = bool(_ENDED.search(before)) and len(before) < 0.8 * longest
        else:
            breaks = bool(_ENDED.search(before) or _OPENS_PARAGRAPH.match(line))
        if breaks or _MARKED.match(line):
            paragraphs.append(line)
        else:
            paragraphs[-1] += " " + line
        before = line
    return paragraphs


def _unescaped(text: str) -> str:
    # Only entities with their semicolon: "?a=1&copy=2" is an address.
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


class _Text:
    """Collects text from the parser's events."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.pieces: list[str] = []
        self.dropped = 0  # how many dropped elements are open
        self.preformatted = 0
        self.item_opened = False  # an item of a list waits for its first words

    def start(self, tag: str, _attributes: object) -> None:
        if tag in _DROPPED:
            self.dropped += tag not in _VOID
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _CELLS:
            self.pieces.append(" ")
        elif tag in _BREAKS:
            self.preformatted += tag == "pre"
            self.item_opened = tag == "li" or (self.item_opened and tag not in _LISTS)
            self.pieces.append("\n\n")

    def end(self, tag: str) -> None:
        if tag in _DROPPED:
            self.dropped -= tag not in _VOID and self.dropped > 0
        elif tag in _BREAKS:
            self.preformatted -= tag == "pre" and self.preformatted > 0
            self.item_opened = self.item_opened and tag != "li" and tag not in _LISTS
            self.pieces.append("\n\n")

    def data(self, text: str) -> None:
        if not self.dropped:
            if self.item_opened and not text.isspace():
                self.pieces.append(LIST_MARK)
                self.item_opened = False
            self.pieces.append(text if self.preformatted else text.replace("\n", " "))

    def comment(self, text: str) -> None:
        """Comments are no text."""

    def pi(self, target: str, text: str | None = None) -> None:
        """Nor are processing instructions."""

    def close(self) -> str:
        return "".join(self.pieces)


def _without_tags(fragment: str) -> str:
    target, parser = _parser()
    target.clear()
    try:
        # The wrapper keeps the parser from taking leading text for a broken head.
        parser.feed("<html><body><div>")
        parser.feed(fragment)
        return str(parser.close())
    except (etree.LxmlError, AssertionError):
        _parser.cache_clear()  # whatever state it was left in
        return target.close()


@cache
def _parser() -> tuple[_Text, Any]:
    """One for all fragments: to make one costs as much as most fragments."""
    target = _Text()
    options = {"huge_tree": True, "recover": True, "no_network": True}
    return target, etree.HTMLParser(target=target, **options)
