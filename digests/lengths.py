"""Lengths: how much room what a digest tells takes, counted on plain text.

Rendering makes entities of it; what is counted here is never less than what is sent.
"""

from typing import Final

from digests.models import Item, Line, Section

LETTERS_A_MINUTE: Final = 1_500  # about 220 words
PART_LETTERS: Final = 3_800  # visible characters of one message; Telegram takes 4,096
PART_LINKS: Final = 100  # links and folds of one message; Telegram drops those beyond
NAMED_HOSTS: Final = 3
HOST_LETTERS: Final = 40
HEADER_LETTERS: Final = 160
SECTION_LETTERS: Final = 70
ITEM_LETTERS: Final = 64  # the number, line ends, «12 источников:», «и ещё 9»
UNHELD: Final = 1_000


def item_letters(item: Item) -> int:
    """Visible characters of an item unfolded no further than it is sent; never too few."""
    titles = {article.host: article.outlet for article in reversed(item.story.articles)}
    named = [titles[host] for host in item.story.hosts[:NAMED_HOSTS]]
    names = sum(min(len(name), HOST_LETTERS) + 2 for name in named)
    return (
        ITEM_LETTERS
        + len(item.story.lead.title)
        + names
        + sum(line_letters(item, line) for line in item.sentences)
    )


def folded_letters(item: Item) -> int:
    return sum(line_letters(item, line) for line in item.details)


def line_letters(item: Item, line: Line) -> int:
    """A sentence and, where it is not of the lead article, its source in brackets."""
    named = 0 if line.article.id == item.story.lead.id else len(line.article.outlet) + 3
    return len(line.text) + 1 + min(named, HOST_LETTERS + 3)


def item_links(item: Item) -> int:
    """Entities of an item that Telegram counts: title, sources, quoted reports, the fold."""
    quoted = sum(line.article.id != item.story.lead.id for line in (*item.sentences, *item.details))
    return 1 + min(len(item.story.hosts), NAMED_HOSTS) + quoted + bool(item.details)


def visible_letters(sections: tuple[Section, ...]) -> int:
    return HEADER_LETTERS + sum(
        SECTION_LETTERS + sum(item_letters(item) for item in section.items) for section in sections
    )


def parts_of(sections: tuple[Section, ...]) -> int:
    """How many messages the items fill when none is split; `UNHELD`: one is too long for any."""
    parts, used, linked = 1, HEADER_LETTERS, 0
    for section in sections:
        for position, item in enumerate(section.items):
            letters = item_letters(item) + folded_letters(item)
            letters += SECTION_LETTERS if position == 0 else 0
            if letters > PART_LETTERS - HEADER_LETTERS:
                return UNHELD
            links = item_links(item)
            if used + letters > PART_LETTERS or linked + links > PART_LINKS:
                parts, used, linked = parts + 1, SECTION_LETTERS, 0
            used += letters
            linked += links
    return parts
