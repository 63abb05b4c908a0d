"""From an entry as published to an article ready to be stored: cleaned, dated, keyed, summarised.

This is the heaviest step of the pipeline, a few milliseconds an article, and touches foreign text
only: the bot runs it in a worker process.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, tzinfo
from typing import Final

from digests.dedup import article_url, fingerprint, shingles
from digests.errors import ArticleRejectedError, SvodkaError
from digests.models import CleanText, Entry, ParagraphKind, Pick, PreparedArticle
from digests.quoting import best_quote
from digests.sources.channel import parse_channel
from digests.sources.document import is_html, is_opml
from digests.sources.feed import parse_feed
from digests.sources.opml import Outline, parse_opml
from digests.sources.page import page_entry
from digests.sources.post import post_entry
from digests.sources.text_file import parse_text_file
from digests.summarising import summarise
from digests.text.characters import clean_title
from digests.text.cleaning import BOILERPLATE_WORDS, clean, line_key
from digests.text.keys import keys_of
from digests.text.language import language_of

MOST_TEXT_LETTERS: Final = 60_000
MOST_DOCUMENT_LETTERS: Final = 600_000  # all entries together; a few seconds' work
MOST_LINK_LETTERS: Final = 2_000
SENTENCE_LETTERS: Final = 600  # a longer one would fill the digest
NOON: Final = time(12)
FIRST_YEAR: Final = 1990  # an older date is a mistake: the article counts as undated
TITLE_SHARE: Final = 0.4  # of the title's keys that its page must have: a login form has none
REPEATED_LINES: Final = 3  # a line in that many articles of one batch is the source's, not news


@dataclass(frozen=True, slots=True)
class Rejection:
    """An entry or file that is no article, and the error code that says why."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one document or folder of a source held."""

    title: str | None  # None: the source does not name itself
    prepared: tuple[PreparedArticle, ...]
    rejected: tuple[Rejection, ...] = ()
    ttl_minutes: int | None = None  # None: no interval asked for
    skip_hours: frozenset[int] = frozenset()
    dates: tuple[datetime, ...] = ()  # of publication, as far as the entries have any
    posts: tuple[int, int] | None = None  # numbers of a channel page's first and last post
    outlines: tuple[Outline, ...] = ()  # feeds that files list


def prepare_feed(
    data: bytes,
    content_type: str | None,
    url: str,
    now: datetime,
    zone: tzinfo,
    boilerplate: frozenset[str] = frozenset(),
) -> Batch:
    """The articles of a feed document; `boilerplate` was learned from the source's earlier ones.
    Raises NotAFeedError."""
    feed = parse_feed(data, content_type, url)
    batch = prepare_all([(entry.title, entry) for entry in feed.entries], now, zone, boilerplate)
    return replace(
        batch,
        prepared=tuple(told_apart(batch.prepared)),
        title=clean_title(feed.title) or None,
        ttl_minutes=feed.ttl_minutes,
        skip_hours=feed.skip_hours,
        dates=tuple(entry.published for entry in feed.entries if entry.published),
    )


def prepare_channel(
    data: bytes, url: str, now: datetime, zone: tzinfo, boilerplate: frozenset[str] = frozenset()
) -> Batch:
    """The articles of a channel's preview page. Raises NoChannelError."""
    page = parse_channel(data, url)
    batch = prepare_all([(entry.title, entry) for entry in page.entries], now, zone, boilerplate)
    return replace(
        batch,
        title=page.title or None,
        dates=tuple(entry.published for entry in page.entries if entry.published),
        posts=(page.first, page.last) if page.first and page.last else None,
    )


def prepare_page(
    article: PreparedArticle,
    data: bytes,
    content_type: str | None,
    url: str,
    now: datetime,
    zone: tzinfo,
    boilerplate: frozenset[str] = frozenset(),
) -> PreparedArticle | None:
    """The article with the text of its page. None: the page does not tell it, or no more of it."""
    try:
        page = page_entry(data, content_type, url)
    except ArticleRejectedError:
        return None
    entry = replace(
        page,
        title=article.title,
        guid=article.guid,
        link=article.link,
        published=article.published,
        date_only=False,
        origin=article.origin,
    )
    whole = prepare(entry, now, zone, boilerplate)
    told = set(f"{whole.keys.lead} {whole.keys.body}".split())
    named = article.keys.title.split()
    is_about = sum(key in told for key in named) >= TITLE_SHARE * len(named)
    if not is_about or len(whole.text) <= len(article.text):
        return None
    return replace(whole, url=article.url, teaser=article.fingerprint)


def prepare_link(
    data: bytes, content_type: str | None, url: str, now: datetime, zone: tzinfo
) -> Batch:
    """The article of a page somebody points to. Raises ArticleRejectedError."""
    return prepare_all([(url, page_entry(data, content_type, url))], now, zone)


def prepare_post(text: str, facts: Entry, now: datetime, zone: tzinfo) -> Batch:
    """The article of a post, of which all but title and text is known. Empty: nothing to read."""
    entry = post_entry(
        text,
        guid=facts.guid or "",
        link=facts.link,
        published=facts.published,
        origin=facts.origin,
    )
    return prepare_all([(entry.title, entry)] if entry else [], now, zone)


def told_apart(articles: Sequence[PreparedArticle]) -> list[PreparedArticle]:
    """The same articles, each under an identity of its own where a feed gives several the same.

    A guid that stands for different addresses, or for none, names nothing: the address or the
    words do. One address without a guid of its own, shared by many, is a page and no article.
    Repeats of a guid at one address stay: they are one article.
    """
    named: defaultdict[str, set[str | None]] = defaultdict(set)
    counts = Counter(article.guid for article in articles)
    for article in articles:
        named[article.guid].add(article.url)
    apart = []
    for article in articles:
        urls = named[article.guid]
        if counts[article.guid] > 1 and (article.url is None or article.guid == article.url):
            apart.append(replace(article, guid=article.fingerprint))
        elif len(urls) > 1 and article.url:
            apart.append(replace(article, guid=article.url))
        else:
            apart.append(article)
    return apart


def prepare_files(
    files: Sequence[tuple[str, bytes]],
    now: datetime,
    zone: tzinfo,
    boilerplate: frozenset[str] = frozenset(),
) -> Batch:
    """The articles of (name, content) pairs, and the feeds of those that are lists; the name is
    the article's guid, its ending says nothing."""
    entries = []
    rejected = []
    outlines: list[Outline] = []
    for name, data in files:
        try:
            if is_opml(data):
                outlines += parse_opml(data)
                continue
            entry = page_entry(data) if is_html(data) else parse_text_file(data, name)
            if not entry.text.strip():
                raise ArticleRejectedError(name=name)
            entries.append((name, replace(entry, guid=name)))
        except SvodkaError as error:
            rejected.append(Rejection(name, error.code))
    batch = prepare_all(entries, now, zone, boilerplate)
    return replace(batch, rejected=(*rejected, *batch.rejected), outlines=tuple(outlines))


def prepare_all(
    entries: Iterable[tuple[str, Entry]],
    now: datetime,
    zone: tzinfo,
    boilerplate: frozenset[str] = frozenset(),
) -> Batch:
    """(name, entry) pairs of one source; one bad entry never stops the others."""
    entries = _within_measure(list(entries))
    boilerplate |= _repeated_lines(entry for _, entry in entries)
    prepared = []
    rejected = []
    for name, entry in entries:
        try:
            prepared.append(prepare(entry, now, zone, boilerplate))
        except SvodkaError as error:
            rejected.append(Rejection(name[:80], error.code))
    return Batch(None, tuple(prepared), tuple(rejected))


def _within_measure(entries: list[tuple[str, Entry]]) -> list[tuple[str, Entry]]:
    """The same entries, with long texts cut when all of them together are too long."""
    if sum(len(entry.text) for _, entry in entries) <= MOST_DOCUMENT_LETTERS:
        return entries
    share = MOST_DOCUMENT_LETTERS // len(entries)
    return [(name, replace(entry, text=entry.text[:share])) for name, entry in entries]


def _repeated_lines(entries: Iterable[Entry]) -> frozenset[str]:
    # An article that stands in the batch several times does not make its own lines a footer.
    unique = {entry.guid or entry.text: entry.text for entry in entries}
    lines: Counter[str] = Counter()
    for text in set(unique.values()):
        lines.update({line_key(line) for line in text.split("\n") if _may_be_repeated(line)})
    return frozenset(line for line, count in lines.items() if count >= REPEATED_LINES)


def _may_be_repeated(line: str) -> bool:
    return 0 < len(line.split()) <= BOILERPLATE_WORDS  # a longer one is never left out


def prepare(
    entry: Entry, now: datetime, zone: tzinfo, boilerplate: frozenset[str] = frozenset()
) -> PreparedArticle:
    """The article of an entry fetched at `now`; dates without a time mean noon in `zone`, and
    `boilerplate` are keys of lines (`line_key`).

    Raises ArticleRejectedError when nothing is left to tell.
    """
    title = clean_title(entry.title)
    cleaned = clean(title, entry.text[:MOST_TEXT_LETTERS], boilerplate)
    if not cleaned.title:
        raise ArticleRejectedError(title=entry.title[:80])
    text = "\n\n".join(paragraph.text for paragraph in cleaned.paragraphs)
    language = language_of(f"{cleaned.title}\n{text}")
    published = publication_time(entry, now, zone)
    link = entry.link.strip() if entry.link and len(entry.link) <= MOST_LINK_LETTERS else None
    url = article_url(link) if link else None
    print_ = fingerprint(cleaned.title, text)
    return PreparedArticle(
        guid=(entry.guid or url or print_)[:MOST_LINK_LETTERS],
        url=url,
        link=link,
        fingerprint=print_,
        title=cleaned.title,
        text=text,
        language=language,
        published=published,
        keys=keys_of(cleaned.title, _keyed(cleaned)),
        shingles=shingles(cleaned.title, text),
        summary=_summary(cleaned, published, language),
        quote=best_quote(cleaned),
        lines=cleaned.lines,
        origin=entry.origin,
    )


def _summary(cleaned: CleanText, published: datetime, language: str) -> tuple[Pick, ...]:
    picks = summarise(cleaned, published, language)
    return tuple(pick for pick in picks if len(pick.text) <= SENTENCE_LETTERS)


def publication_time(entry: Entry, now: datetime, zone: tzinfo) -> datetime:
    """Never in the future; undated entries count from when they were fetched."""
    published = entry.published
    if published is None or published.year < FIRST_YEAR:
        return now
    if entry.date_only:
        published = datetime.combine(published.date(), NOON, zone).astimezone(UTC)
    return min(published, now).replace(microsecond=0)


def _keyed(cleaned: CleanText) -> list[str]:
    """The lead first, then everything else; headings are found too."""
    body = [p.text for p in cleaned.paragraphs if p.kind is not ParagraphKind.HEADING]
    headings = [p.text for p in cleaned.paragraphs if p.kind is ParagraphKind.HEADING]
    return [*body, *headings]
