"""Lists of feeds as OPML, in and out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from digests.errors import ArticleRejectedError, NotOpmlError
from digests.sources.addresses import web_address
from digests.text.characters import clean_title
from digests.text.charset import decode

MOST_OUTLINES: Final = 10_000

_DECLARATION_END: Final = "?>"


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
        root = fromstring(text)
    except (ArticleRejectedError, DefusedXmlException, ParseError, ValueError) as error:
        raise NotOpmlError from error
    if _name(root) != "opml":
        raise NotOpmlError
    found: dict[str, Outline] = {}
    for node in root.iter():
        address = web_address(_value(node, "xmlurl"))
        if _name(node) == "outline" and address and len(found) < MOST_OUTLINES:
            title = clean_title(_value(node, "title") or _value(node, "text"))
            found.setdefault(address, Outline(title or address, address))
    if not found:
        raise NotOpmlError
    return tuple(found.values())


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


def _escaped(text: str) -> str:
    return quoteattr(text)[1:-1].replace("<", "&lt;")


def _name(node: Any) -> str:  # noqa: ANN401 - defusedxml has no types
    return str(node.tag).rpartition("}")[2].lower()


def _value(node: Any, name: str) -> str:  # noqa: ANN401 - defusedxml has no types
    """An attribute, however its letters are written: `xmlUrl`, `xmlurl`, `XMLURL`."""
    return next((value for key, value in node.attrib.items() if key.lower() == name), "")
