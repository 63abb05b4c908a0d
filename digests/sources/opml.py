"""Lists of feeds as OPML, in and out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from digests.errors import ArticleRejectedError, NotOpmlError
from digests.sources.addresses import web_address
from digests.text.characters import clean_characters, clean_title
from digests.text.charset import decode

MOST_OUTLINES: Final = 10_000

_DECLARATION_END: Final = "?>"
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_FEED = re.compile(r"^\s*feed:(?://(?!/)|(?=https?:))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed as a list names it."""

    title: str
    address: str


def parse_opml(data: bytes) -> tuple[Outline, ...]:
    """The feeds of all outlines, however deep, each once. Raises NotOpmlError."""
    try:
        text = decode(data).lstrip("\ufeff \t\r\n")
        if text.startswith("<?xml"):  # what it says of a charset is not true any more
            text = text.partition(_DECLARATION_END)[2]
        root = _root(text)
    except (ArticleRejectedError, DefusedXmlException, ParseError, ValueError) as error:
        raise NotOpmlError from error
    if _name(root) != "opml":
        raise NotOpmlError
    found: dict[str, Outline] = {}
    for node in root.iter():
        address = web_address(_FEED.sub(_of_the_web, _value(node, "xmlurl")))
        if _name(node) == "outline" and address and len(found) < MOST_OUTLINES:
            title = clean_title(_value(node, "title") or _value(node, "text"))
            found.setdefault(address, Outline(title or address, address))
    if not found:
        raise NotOpmlError
    return tuple(found.values())


def _root(text: str) -> Any:  # noqa: ANN401 - defusedxml has no types
    """Lists written by hand have ampersands and characters that XML has not."""
    try:
        return fromstring(text)
    except ParseError:
        return fromstring(_BARE.sub("&amp;", clean_characters(text)))


def write_opml(title: str, outlines: Iterable[Outline]) -> bytes:
    rows = "\n".join(
        f'    <outline type="rss" text={quoteattr(one.title)} title={quoteattr(one.title)} '
        f"xmlUrl={quoteattr(one.address)}/>"
        for one in outlines
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head><title>{_escaped(title)}</title></head>\n  <body>\n{rows}\n  </body>\n</opml>\n"
    ).encode()


def _of_the_web(scheme: re.Match[str]) -> str:
    """`feed://host` and `feed:https://host` are addresses of the web."""
    return "http://" if scheme[0].endswith("//") else ""


def _escaped(text: str) -> str:
    return quoteattr(text)[1:-1].replace("<", "&lt;")


def _name(node: Any) -> str:  # noqa: ANN401 - defusedxml has no types
    return str(node.tag).rpartition("}")[2].lower()


def _value(node: Any, name: str) -> str:  # noqa: ANN401 - defusedxml has no types
    """An attribute, however its letters are written: `xmlUrl`, `xmlurl`, `XMLURL`."""
    return next((value for key, value in node.attrib.items() if key.lower() == name), "")
